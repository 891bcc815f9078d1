"""Stage 0, the tutorial's starting point: the NumPy listing, after N. Rougier's book.

Every step goes over all points with a boolean mask. The tutorial measured 2.1 s. With NumPy 2 the
same listing takes about a fifth of that, because complex64 arithmetic with Python scalars stays
complex64. This is the reference for all other stages: element by element the listing's result.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mandel_core.model.job import Job
from mandel_core.model.stage import ZN, Stage
from mandel_core.stages.loops import complex_loop


def step(n: int, C: Any, Z: Any, N: Any, horizon: float) -> tuple[Any, Any]:
    I = np.abs(Z) < horizon
    N[I] = n
    Z[I] = Z[I] ** 2 + C[I]
    return Z, N


def run(job: Job) -> ZN:
    return complex_loop(job, step)


STAGE = Stage(
    name="numpy",
    title="NumPy listing",
    section="The Mandelbrot fractal",
    step=step,
    run=run,
    needs_torch=False,
    any_size=True,
)
