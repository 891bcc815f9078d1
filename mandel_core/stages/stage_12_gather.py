"""Stage 12, beyond the tutorial: compaction of the live points, in tiles.

A chunk of all points goes on with most of them long gone. Here rounds of chunks are separated by
a look at the counters: once half of the points have left, or the steps wasted on those that have
would have paid for it, those still alive are gathered into shorter planes, and the others put back
to where they belong in the picture. The look is eager torch code, since its result has a size that
depends on the data; the steps are stage 11's, now in tensors and in place.

    while points are alive:
        for tile in tiles of the live points:
            chunks of free-running blocks (stage 11)
        if most have escaped: write those back, gather the live ones into shorter planes
    replay the last block of all that have escaped

Kernels are compiled for tiles of two sizes, not for the picture's: large ones, so that their calls
cost little, and small ones, so that the last few points do not drag a large tile to the end. They
serve every viewport, size and number of iterations. This module's `rounds` is stage 13's as well.

On the tutorial's scene, with its 200 iterations, it is 22 times NumPy, and stage 11 is 19; with
2000 iterations it is 75 times NumPy, and stage 11 is 24.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mandel_core.compilers.torch_compile import compiled
from mandel_core.model.job import Job
from mandel_core.model.stage import ZN, Stage, Step
from mandel_core.stages import planes, stage_11_free
from mandel_core.stages.applying import planes_step
from mandel_core.stages.planes import Planes
from mandel_core.stages.stage_11_free import FREE, OPTIONS, square_plus_c

LARGE, SMALL = 2**16, 2**13
BLOCKS = 3
CHUNK = BLOCKS * FREE
# A round is longer the more steps lie behind it; points that have lived long will live on.
ROUND = 0.25
# To gather points costs about as much as so many steps of theirs.
GATHER_STEPS = 200


def step(
    cx: Any, cy: Any, re: Any, im: Any, N: Any, horizon2: Any, f: Step = square_plus_c
) -> None:
    """The planes of a tile, as in stage 9; z and N are written in place."""
    overwrite((re, im, N), stage_11_free.step(cx, cy, re, im, N, horizon2, BLOCKS, f))


def replay(
    cx: Any, cy: Any, re: Any, im: Any, N: Any, horizon2: Any, limit: Any, f: Step = square_plus_c
) -> None:
    overwrite((re, im, N), stage_11_free.replay(cx, cy, re, im, N, horizon2, limit, f))


def overwrite(planes: tuple[Any, Any, Any], values: tuple[Any, Any, Any]) -> None:
    """Write in place, after all has been read."""
    for plane, value in zip(planes, values, strict=True):
        plane.copy_(value)


def run(job: Job) -> ZN:
    picture = planes.begin(job, multiple=SMALL)
    rounds(job, picture, job.view.nx * job.view.ny)
    return planes.end(job, *picture[2:])


def rounds(job: Job, picture: Planes, points: int, done: int = 0, where: Any = None) -> None:
    """Carry the planes in place from step `done` to the end.

    points : how many there are in the picture, whose planes may be longer.
    where : the indices of the points alive after `done` steps; None for all. The others stay.
    """
    import torch

    maxiter, horizon2 = job.settings.maxiter, planes.horizon2(job)
    alive = picture
    if where is not None:
        points, alive = where.numel(), _gathered(picture, where)
    first, executed, wasted = where, 0, 0
    while points and maxiter - done >= CHUNK:
        chunks = max(1, min(round(done * ROUND / CHUNK), (maxiter - done) // CHUNK))
        executed += in_tiles(job, step, alive, points, horizon2, times=chunks)
        done += chunks * CHUNK
        stays = alive[4][:points] == done
        gone = points - int(stays.sum())
        wasted += gone * chunks * CHUNK
        if 2 * gone < points and wasted < GATHER_STEPS * points:
            continue
        wasted = 0
        keep = stays.nonzero().view(-1)
        if where is None:
            where = keep
        else:
            left = stays.logical_not_().nonzero().view(-1)
            _put_back(picture, where[left], alive, left)
            where = where[keep]
        points = keep.numel()
        alive = _gathered(alive, keep)
    if where is not None:
        _put_back(picture, where, alive, torch.arange(points, device=where.device))
    few = first is not None and 4 * first.numel() < picture[0].numel()
    last = _gathered(picture, first) if few else picture
    limit = planes.scalar(job, maxiter)
    for _ in range(done, max(maxiter, done + 1), FREE):
        executed += in_tiles(job, replay, last, last[0].numel(), horizon2, limit)
    if few:
        _put_back(picture, first, last, torch.arange(first.numel(), device=first.device))
    job.executed = (job.executed or 0) + executed


def in_tiles(
    job: Job, step: Callable[..., None], arrays: Planes, points: int, *more: Any, times: int = 1
) -> int:
    """Call `step` on tile after tile, `times` each; returns the iterations executed."""
    start = 0
    while start < points:
        job.checkpoint()
        size = LARGE if arrays[0].numel() - start >= LARGE and points - start > LARGE / 2 else SMALL
        tile = [plane[start : start + size] for plane in arrays]
        kernel = compiled(job, planes_step(job, step), fullgraph=True, points=size, options=OPTIONS)
        for _ in range(times):
            kernel(*tile, *more)
        start += size
    return start * times * (CHUNK if step is not replay else FREE)


def _gathered(arrays: Planes, keep: Any) -> Planes:
    """The points of these indices, in planes that are a multiple of SMALL long."""
    import torch

    length = keep.numel() + -keep.numel() % SMALL
    out = planes.zeros(length, like=arrays[0])
    for plane, source in zip(out, arrays, strict=True):
        torch.index_select(source, 0, keep, out=plane[: keep.numel()])
    return out


def _put_back(picture: Planes, where: Any, arrays: Planes, which: Any) -> None:
    for target, source in zip(picture[2:], arrays[2:], strict=True):
        target.scatter_(0, where, source.index_select(0, which))


STAGE = Stage(
    name="gather",
    title="Points still alive",
    section="Beyond the tutorial",
    step=step,
    run=run,
    varies=frozenset({"device", "threads"}),
    any_size=True,
)
