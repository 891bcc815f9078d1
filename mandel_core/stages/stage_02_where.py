"""Stage 2, tutorial section 2: no data dependence, `np.where` instead of boolean indexing.

The arrays keep their shapes whatever the mask says, so nothing is dynamic any more.

The tutorial reported that Inductor warns about complex operators and falls back to eager ones.
It still does: of each step 18 calls of ready-made operators remain, each of which reads and writes
whole arrays. Correct, and far slower than NumPy, which at least leaves out the points that have
left. By itself Dynamo compiles twice, for n = 0 and then for any n; here, and in the stages after
this one, it is told beforehand that n varies.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mandel_core.compilers.arrays import location_for
from mandel_core.compilers.torch_compile import compile_step
from mandel_core.model.job import Job
from mandel_core.model.stage import ZN, Stage, Step
from mandel_core.stages.applying import complex_step
from mandel_core.stages.loops import complex_loop
from mandel_core.stages.stage_00_numpy import square_plus_c


def step(
    n: int, C: Any, Z: Any, N: Any, horizon: float, f: Step = square_plus_c
) -> tuple[Any, Any]:
    """As in stage 0, but Z and N are made anew."""
    I = np.abs(Z) < horizon
    N = np.where(I, n, N)  # N[I] = n
    Z = np.where(I, f(Z, C), Z)  # Z[I] = f(Z[I], C[I])
    return Z, N


def run(job: Job) -> ZN:
    location = location_for(job)
    kernel = compile_step(job, complex_step(job, step), location=location, any_n=True)
    return complex_loop(job, kernel, location)


STAGE = Stage(
    name="where",
    title="np.where",
    section="2. Remove data dependence from boolean indexing",
    step=step,
    run=run,
    varies=frozenset({"device", "threads"}),
)
