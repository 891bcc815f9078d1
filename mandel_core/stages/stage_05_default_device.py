"""Stage 5, tutorial section 5, first form: the NumPy program unchanged, on the default device.

`torch.set_default_device(device)` is all that is added; arrays go in and out of every compiled
chunk as NumPy arrays. The tutorial reported that it works and that the transfers cost time.

On torch 2.11 with CUDA and on 2.13 it does not trace, whatever the device, even "cpu": the mode
that sets the default device takes part in tracing and meets NumPy arrays where it expects tensors.
The stage compiles with `fullgraph=True`, since otherwise Dynamo may silently leave the step to
NumPy.
"""

from __future__ import annotations

from mandel_core.compilers.torch_compile import compile_step
from mandel_core.model.job import Job
from mandel_core.model.stage import ZN, Stage
from mandel_core.stages.applying import pairs_step
from mandel_core.stages.loops import chunk_loop
from mandel_core.stages.stage_04_chunked import step


def run(job: Job) -> ZN:
    import torch

    chunk = pairs_step(job, step)
    torch.set_default_device(job.settings.device)
    try:
        return chunk_loop(job, lambda size: compile_step(job, chunk, fullgraph=True, size=size))
    finally:
        torch.set_default_device(None)


STAGE = Stage(
    name="default_device",
    title="Default device",
    section="5. Run your NumPy code on CUDA (default device)",
    step=step,
    run=run,
    varies=frozenset({"chunksize", "device", "threads"}),
)
