"""Stage 11, beyond the tutorial: free-running blocks, rolled back and replayed.

Testing and masking every step takes longer than the step. Here FREE bare steps are done at a time:
three fused multiply-adds and one addition each. Then the horizon is looked at once. A point found
beyond it goes back to where it was before the block and stays there, with its count; whatever the
block did to it, overflow included, is thrown away. After the last chunk each point is replayed with
tested steps, FREE at most, up to the exact one at which it left. From here on the code is written
for tensors: stages 12 and 13 gather them, which NumPy's functions in torch.compile cannot.

    for block in blocks:
        z1 = FREE bare steps from z
        z, N = where(|z1| < horizon, (z1, N + FREE), (z, N))  # roll back what has escaped
    replay: up to FREE tested steps from z, to the exact count

Contraction to multiply-adds is a flag for the C++ compiler that Inductor does not set by default.
A chunk holds as many blocks as fit into the chunk size, and one at least. On the tutorial's scene
it is about 23 times NumPy with one block a chunk.
"""

from __future__ import annotations

from typing import Any

from mandel_core.compilers.torch_compile import CHEAP, FUSED_MULTIPLY_ADD, compile_step
from mandel_core.model.job import Job
from mandel_core.model.stage import ZN, Stage, Step
from mandel_core.stages import planes
from mandel_core.stages.applying import planes_step

FREE = 8
OPTIONS = CHEAP | FUSED_MULTIPLY_ADD


def square_plus_c(a: Any, b: Any, cx: Any, cy: Any) -> Any:
    return a * a + (cx - b * b), (a + a) * b + cy


def step(
    cx: Any,
    cy: Any,
    re: Any,
    im: Any,
    N: Any,
    horizon2: Any,
    blocks: int,
    f: Step = square_plus_c,
) -> tuple[Any, Any, Any]:
    """The planes of stage 9, FREE steps for each of the blocks."""
    import torch

    for _ in range(blocks):
        a, b = re, im
        for _ in range(FREE):
            a, b = f(a, b, cx, cy)
        I = a * a + b * b < horizon2  # False for what has overflowed, too
        re, im, N = (torch.where(I, *pair) for pair in ((a, re), (b, im), (N + FREE, N)))
    return re, im, N


def replay(
    cx: Any,
    cy: Any,
    re: Any,
    im: Any,
    N: Any,
    horizon2: Any,
    limit: Any,
    f: Step = square_plus_c,
) -> tuple[Any, Any, Any]:
    """The planes of stage 9, up to FREE tested steps; N stays at most `limit`."""
    import torch

    for _ in range(FREE):
        # Not "and": Inductor makes slow code of masks that are combined.
        I = torch.where(limit > N, re * re + im * im, horizon2) < horizon2
        a, b = f(re, im, cx, cy)
        re, im, N = (torch.where(I, *pair) for pair in ((a, re), (b, im), (N + 1, N)))
    return re, im, N


def run(job: Job) -> ZN:
    settings, horizon2 = job.settings, planes.horizon2(job)
    cx, cy, *z = planes.begin(job)
    bare, tested = planes_step(job, step), planes_step(job, replay)
    whole = settings.maxiter // FREE
    per_chunk = max(1, settings.chunksize // FREE)
    for block in range(0, whole, per_chunk):
        job.checkpoint()
        size = min(per_chunk, whole - block)
        kernel = compile_step(job, bare, fullgraph=True, size=size, options=OPTIONS)
        z = kernel(cx, cy, *z, horizon2, size)
    kernel = compile_step(job, tested, fullgraph=True, options=OPTIONS)
    z = kernel(cx, cy, *z, horizon2, planes.scalar(job, settings.maxiter))
    job.executed = cx.numel() * FREE * (whole + 1)
    return planes.end(job, *z)


STAGE = Stage(
    name="free",
    title="Free-running blocks",
    section="Beyond the tutorial",
    step=step,
    run=run,
    varies=frozenset({"chunksize", "device", "threads"}),
)
