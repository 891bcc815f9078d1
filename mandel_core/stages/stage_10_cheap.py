"""Stage 10, beyond the tutorial: chunks of stage 9's step, compiled cheaply.

Chunking keeps z in registers between steps, but on planes it makes compiling explode: Inductor
inlines what it reads once per use, so z -> z * z doubles with each step until a threshold stops
it. Three settings (`compiling.CHEAP`) make it keep every intermediate instead. The kernel is no
slower, and the time to compile grows with the chunk as one would expect. They are passed to this
kernel only; off, on the same step, is in docs/performance.md. The tutorial's own chunks (stage 4)
do not profit: with the settings on, their strided pairs are no longer fused.

On the tutorial's scene it is about 11 times NumPy, 3 times stage 9.
"""

from __future__ import annotations

from typing import Any

from mandel_core import planes
from mandel_core.compiling import CHEAP, compiled
from mandel_core.job import Job
from mandel_core.loops import tensors_on
from mandel_core.stage import ZN, Stage
from mandel_core.stages import stage_9_planes


def step(
    cx: Any, cy: Any, re: Any, im: Any, N: Any, horizon2: Any, chunksize: int
) -> tuple[Any, Any, Any]:
    for _ in range(chunksize):
        re, im, N = stage_9_planes.step(cx, cy, re, im, N, horizon2)
    return re, im, N


def run(job: Job) -> ZN:
    settings, horizon2 = job.settings, planes.horizon2(job)
    cx, cy, *z = planes.begin(job)
    for n0 in range(0, settings.maxiter, settings.chunksize):
        job.checkpoint()
        size = min(settings.chunksize, settings.maxiter - n0)
        place = tensors_on(settings.device)
        kernel = compiled(job, step, place=place, fullgraph=True, size=size, options=CHEAP)
        z = kernel(cx, cy, *z, horizon2, size)
    job.executed = cx.numel() * settings.maxiter
    return planes.end(job, *z)


STAGE = Stage(
    name="cheap",
    title="Compiled cheaply",
    section="Beyond the tutorial",
    step=step,
    run=run,
    varies=frozenset({"chunksize", "device", "threads"}),
)
