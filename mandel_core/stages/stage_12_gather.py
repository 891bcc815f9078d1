"""Stage 12, beyond the tutorial: compaction of the live points, and few, long calls for them.

A chunk of all points goes on with most of them long gone. Here rounds of chunks are separated by
a look at the counters: once half of the points have left, or the steps wasted on those that have
would have paid for it, those still alive are gathered into shorter planes, and the others put back
to where they belong in the picture. The look is eager torch code, since its result has a size that
depends on the data; the steps are stage 11's, now in tensors and in place.

    while points are alive:
        chunks of free-running blocks (stage 11):
            z1 = FREE bare steps z -> z² + c from z
            z, N = where(|z1| < horizon, (z1, N + FREE), (z, N))
        if most have escaped: write those back, gather the live ones into shorter planes
    replay: up to FREE tested steps for all that have escaped, to the exact count

A call costs tens of microseconds whatever it does, and reads and writes all planes, so a chunk has
many blocks. The planes' length is data to the kernel (`dynamic=True`): one kernel serves every
number of live points, viewport, size and number of iterations, in one call. The last blocks may
reach beyond the last iteration; what has no room for another whole block is rolled back like what
has escaped, and the replay ends it. This module's `rounds` is stage 13's as well.

On the tutorial's scene it is about 26 times NumPy. With 200 iterations most of the time is the
first steps of all points, which stage 13 mends; what long calls gain shows in the seahorse valley
(docs/performance.md, "What each way gave").
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mandel_core.compilers.torch_compile import compile_step
from mandel_core.model.job import Job
from mandel_core.model.stage import ZN, Stage, Step
from mandel_core.stages import planes, stage_11_free
from mandel_core.stages.applying import planes_step
from mandel_core.stages.planes import Planes
from mandel_core.stages.stage_11_free import FREE, OPTIONS, square_plus_c

MULTIPLE = 64  # planes are padded to one: no kernel of its own for the length 1, no ragged end
AT_ONCE = 2**18  # points a call, so that cancelling is soon heard
BLOCKS = 8
CHUNK = BLOCKS * FREE
# A small first call must not make serial code of it for all.
ANY_LENGTH = OPTIONS | {"cpp.dynamic_threads": True}
# A round is longer the more steps lie behind it; points that have lived long will live on.
ROUND = 0.25
# To gather points costs about as much as so many steps of theirs.
GATHER_STEPS = 100


def step(
    cx: Any, cy: Any, re: Any, im: Any, N: Any, horizons: Any, f: Step = square_plus_c
) -> None:
    """The planes of live points, as in stage 9; z and N are written in place.

    Each block is FREE bare steps, after which a point that is beyond the horizon goes back to where
    it was before the block, with its count.

    horizons : (BLOCKS,) the squared escape radius for each block; with 0 none of it stays.
    """
    z = re, im, N
    for k in range(BLOCKS):
        z = stage_11_free.step(cx, cy, *z, horizons[k], 1, f)
    overwrite((re, im, N), z)


def replay(
    cx: Any, cy: Any, re: Any, im: Any, N: Any, horizon2: Any, limit: Any, f: Step = square_plus_c
) -> None:
    """The planes of points that went back to before a block; z and N are written in place.

    Up to FREE steps, each tested before it is done, lead to the exact one at which a point left.
    horizon2 : the squared escape radius. limit : N stays at most this, a tensor with one number.
    """
    overwrite((re, im, N), stage_11_free.replay(cx, cy, re, im, N, horizon2, limit, f))


def overwrite(planes: tuple[Any, Any, Any], values: tuple[Any, Any, Any]) -> None:
    """Write in place, after all has been read."""
    for plane, value in zip(planes, values, strict=True):
        plane.copy_(value)


def run(job: Job) -> ZN:
    picture = planes.begin(job, multiple=MULTIPLE)
    rounds(job, picture, job.view.nx * job.view.ny)
    return planes.end(job, *picture[2:])


def rounds(job: Job, picture: Planes, points: int, done: int = 0, where: Any = None) -> None:
    """Carry the planes in place from step `done` to the end.

    points : how many there are in the picture, whose planes may be longer.
    where : the indices of the points alive after `done` steps; None for all. The others stay.
    """
    import torch

    maxiter, horizon2 = job.settings.maxiter, planes.horizon2(job)
    horizons = horizon2.repeat(BLOCKS)
    alive = picture
    if where is not None:
        points, alive = where.numel(), _gathered(picture, where)
    first, executed, wasted = where, 0, 0
    while points and (blocks := (maxiter - done) // FREE):
        chunks = max(1, min(round(done * ROUND / CHUNK), blocks // BLOCKS))
        if blocks < BLOCKS:
            horizons[blocks:] = 0
        executed += CHUNK * in_parts(job, step, alive, points, horizons, times=chunks)
        steps = min(chunks * BLOCKS, blocks) * FREE
        done += steps
        stays = alive[4][:points] == done
        gone = points - int(stays.count_nonzero())
        wasted += gone * steps
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
    executed += FREE * in_parts(job, replay, last, last[0].numel(), horizon2, limit)
    if few:
        _put_back(picture, first, last, torch.arange(first.numel(), device=first.device))
    job.executed = (job.executed or 0) + executed


def in_parts(
    job: Job, step: Callable[..., None], arrays: Planes, points: int, *more: Any, times: int = 1
) -> int:
    """Call `step` on the planes, `times` each; returns for how many points in all."""
    length = points + -points % MULTIPLE
    kernel = compile_step(
        *(job, planes_step(job, step)), fullgraph=True, any_length=True, options=ANY_LENGTH
    )
    for start in range(0, length, AT_ONCE):
        part = [_part(plane, start, min(start + AT_ONCE, length)) for plane in arrays]
        for _ in range(times):
            job.checkpoint()
            kernel(*part, *more)
    return length * times


def _part(plane: Any, start: int, stop: int) -> Any:
    """A slice that is no view: of a view torch.compile guards on the length of the whole, too."""
    where = plane.storage_offset() + start
    return plane.new_empty(0).set_(plane.untyped_storage(), where, (stop - start,), (1,))


def _gathered(arrays: Planes, keep: Any) -> Planes:
    """The points of these indices, in planes that are a multiple of MULTIPLE long."""
    import torch

    length = keep.numel() + -keep.numel() % MULTIPLE
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
