"""Stage 6, tutorial section 5, second form: trampolines keep the tensors on the device.

`torch.compiler.wrap_numpy` makes of the NumPy step a function from tensors to tensors. The arrays
travel to the device once before the loop and back once after it. The tutorial only mentions this
form and measures nothing.

It works on torch 2.13, and with CUDA on 2.11. All other torch stages run this way as soon as their
device is not the CPU; this one does so on the CPU as well, where it saves the conversion of arrays
at each call. On the tutorial's scene it is about 2.5 times NumPy, as stage 4 is.
"""

from __future__ import annotations

from mandel_core.compilers.arrays import tensors_on
from mandel_core.compilers.torch_compile import compile_step
from mandel_core.model.job import Job
from mandel_core.model.stage import ZN, Stage
from mandel_core.stages.applying import pairs_step
from mandel_core.stages.loops import chunk_loop
from mandel_core.stages.stage_04_chunked import step


def run(job: Job) -> ZN:
    location = tensors_on(job.settings.device)
    chunk = pairs_step(job, step)
    return chunk_loop(
        job,
        lambda size: compile_step(
            job, chunk, location=location, fullgraph=True, size=size, any_n=True
        ),
        location,
    )


STAGE = Stage(
    name="trampoline",
    title="Trampoline",
    section="5. Run your NumPy code on CUDA (trampolines)",
    step=step,
    run=run,
    varies=frozenset({"chunksize", "device", "threads"}),
)
