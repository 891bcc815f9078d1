"""Stage 0, the tutorial's starting point: the NumPy listing, after N. Rougier's book.

Every step goes over all points with a boolean mask. The tutorial measured 2.1 s. With NumPy 2 the
same listing takes about a fifth of that, because complex64 arithmetic with Python scalars stays
complex64. This is the reference for all other stages: element by element the listing's result.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mandel_core.model.job import Job
from mandel_core.model.stage import ZN, Stage, Step
from mandel_core.stages.applying import complex_step, formula_of
from mandel_core.stages.loops import complex_loop


def square_plus_c(Z: Any, C: Any) -> Any:
    return Z**2 + C


def step(
    n: int, C: Any, Z: Any, N: Any, horizon: float, f: Step = square_plus_c
) -> tuple[Any, Any]:
    """Step n. C, Z : (ny, nx) complex64 or complex128; N : (ny, nx) int64.

    Z and N are written in place. horizon : the escape radius (bailout).
    """
    I = np.abs(Z) < horizon
    N[I] = n
    Z[I] = f(Z[I], C[I])
    return Z, N


def run(job: Job) -> ZN:
    if formula_of(job).needs_previous_z:
        return _run_with_previous_z(job)
    return complex_loop(job, complex_step(job, step))


def _run_with_previous_z(job: Job) -> ZN:
    """The same with the z before of each point kept beside Z."""
    formula = formula_of(job)
    before = np.zeros((job.view.ny, job.view.nx), np.result_type(job.settings.dtype, np.complex64))

    def step(n: int, C: Any, Z: Any, N: Any, horizon: float) -> tuple[Any, Any]:
        I = np.abs(Z) < horizon
        N[I] = n
        z, w, c = Z[I], before[I], C[I]
        before[I] = z
        Z.real[I], Z.imag[I] = formula.next(z.real, z.imag, w.real, w.imag, c.real, c.imag)
        return Z, N

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
