"""Stage 2, tutorial section 2: no data dependence, `np.where` instead of boolean indexing.

The arrays keep their shapes whatever the mask says, so nothing is dynamic any more.

The tutorial reported that Inductor warns about complex operators and falls back to eager ones.
It still does. It also specialises on `n` as in stage 1, and without `fullgraph` the recompile
limit only means that the remaining iterations run uncompiled: correct, and far slower than NumPy,
because every step computes Z**2 for all points and copies them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mandel_core.compiling import compiled
from mandel_core.job import Job
from mandel_core.loops import complex_loop, place_for
from mandel_core.stage import ZN, Stage


def step(n: int, C: Any, Z: Any, N: Any, horizon: float) -> tuple[Any, Any]:
    I = np.abs(Z) < horizon
    N = np.where(I, n, N)  # N[I] = n
    Z = np.where(I, Z**2 + C, Z)  # Z[I] = Z[I]**2 + C[I]
    return Z, N


def run(job: Job) -> ZN:
    place = place_for(job)
    return complex_loop(job, compiled(job, step, place=place), place)


STAGE = Stage(
    name="where",
    title="np.where",
    section="2. Remove data dependence from boolean indexing",
    step=step,
    run=run,
    varies=frozenset({"device", "threads"}),
)
