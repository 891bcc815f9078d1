"""Stage 10, beyond the tutorial: chunks of stage 9's step, compiled cheaply.

Chunking keeps z in registers between steps, as long as all steps become one loop. Inductor inlines
what a node reads once per use, so that each z -> z * z doubles it, until a threshold makes it put
an intermediate into memory, and splits what grows too large. Four settings of Inductor
(`torch_compile.CHEAP`) make it keep every intermediate as a local variable of the one loop instead:
`realize_opcount_threshold` and `realize_reads_threshold` are 0, which names every intermediate, and
`max_fusion_size` is 4096, which lets all of them into one loop; the last bounds how many pairs it
tries. They are passed to this kernel only. Off, 10 or 20 steps still compile as well; 50 took a
third longer to compile and 15 times as long to run, and 8 of the bare steps of stage 11 took 95 s
instead of 13 to compile. The tutorial's own chunks (stage 4) do not profit: with the settings on,
their strided pairs are no longer fused.

The step is stage 9's, on flat planes:

    for _ in range(chunksize):  # unrolled into one vector loop over the points
        inside = re² + im² < horizon²
        re, im = where(inside, (re² - im² + cx, 2 re im + cy), (re, im))
        N = N + inside

On the tutorial's scene it is about 14 times NumPy, nearly 3 times stage 9.
"""

from __future__ import annotations

from typing import Any

from mandel_core.compilers.arrays import tensors_on
from mandel_core.compilers.torch_compile import CHEAP, compile_step
from mandel_core.model.job import Job
from mandel_core.model.stage import ZN, Stage, Step
from mandel_core.stages import planes, stage_09_planes
from mandel_core.stages.applying import planes_step
from mandel_core.stages.stage_09_planes import square_plus_c


def step(
    cx: Any,
    cy: Any,
    re: Any,
    im: Any,
    N: Any,
    horizon2: Any,
    chunksize: int,
    f: Step = square_plus_c,
) -> tuple[Any, Any, Any]:
    """The planes of stage 9, `chunksize` steps."""
    for _ in range(chunksize):
        re, im, N = stage_09_planes.step(cx, cy, re, im, N, horizon2, f)
    return re, im, N


def run(job: Job) -> ZN:
    settings, horizon2 = job.settings, planes.horizon2(job)
    cx, cy, *z = planes.begin(job)
    chunk = planes_step(job, step)
    for n0 in range(0, settings.maxiter, settings.chunksize):
        job.checkpoint()
        size = min(settings.chunksize, settings.maxiter - n0)
        location = tensors_on(settings.device)
        kernel = compile_step(
            job, chunk, location=location, fullgraph=True, size=size, options=CHEAP
        )
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
