"""Stage 1, tutorial section 1: take the inner iteration out and compile it as it is.

The loop over n stays in Python, since Dynamo would unroll it; the body is compiled with
`fullgraph=True`, which makes a failure visible instead of falling back to NumPy in silence.

The tutorial reported a graph break: boolean indexing has a data-dependent shape. Today's Dynamo
turns `Z[I] = ...` into masked assignments and traces all of it. It fails one obstacle later: `n`
is stored into N, so Dynamo takes each n for a constant, compiles the step for n = 0, 1, 2, ...
and stops at its recompile limit of 8. (Given `n` as a zero-dimensional array the step compiles
once and runs, about ten times slower than NumPy, as complex operators fall back to eager ones.)
"""

from __future__ import annotations

from mandel_core.compilers.arrays import location_for
from mandel_core.compilers.torch_compile import compile_step
from mandel_core.model.job import Job
from mandel_core.model.stage import ZN, Stage
from mandel_core.stages.applying import complex_step
from mandel_core.stages.loops import complex_loop
from mandel_core.stages.stage_00_numpy import step


def run(job: Job) -> ZN:
    location = location_for(job)
    kernel = compile_step(job, complex_step(job, step), location=location, fullgraph=True)
    return complex_loop(job, kernel, location)


STAGE = Stage(
    name="as_is",
    title="Compiled as is",
    section="1. Extract the inner iteration and only compile it",
    step=step,
    run=run,
    varies=frozenset({"device", "threads"}),
)
