"""Stage 3, tutorial section 3: pairs of real numbers instead of complex ones.

Inductor generates no code for complex numbers. Real and imaginary part go into a last dimension
of two, |z| and z**2 are written out, and the whole step becomes one C++ kernel.

The tutorial reported 40 times NumPy on 32 cores and 4.5 times on two. Today NumPy itself is five
times faster, and the kernel hardly vectorises (every load has a stride of two, the counter is
int64). On the tutorial's scene it is about 1.3 times NumPy on two threads.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mandel_core.compilers.arrays import location_for
from mandel_core.compilers.torch_compile import compile_step
from mandel_core.model.job import Job
from mandel_core.model.stage import ZN, Stage, Step
from mandel_core.stages.applying import pairs_step
from mandel_core.stages.loops import pairs_loop


def abs2(a: Any) -> Any:
    return a[..., 0] ** 2 + a[..., 1] ** 2


def sq2(a: Any) -> Any:
    z = np.empty_like(a)
    z[..., 0] = a[..., 0] ** 2 - a[..., 1] ** 2
    z[..., 1] = 2 * a[..., 0] * a[..., 1]
    return z


def square_plus_c(Z: Any, c: Any) -> Any:
    return sq2(Z) + c  # Z**2 + C


def step(
    n: int, c: Any, Z: Any, N: Any, horizon: float, f: Step = square_plus_c
) -> tuple[Any, Any]:
    """Step n. c, Z : (ny, nx, 2) float32 or float64; N : (ny, nx) int64."""
    I = abs2(Z) < horizon**2  # np.abs(Z) < horizon
    N = np.where(I, n, N)
    Z = np.where(I[..., None], f(Z, c), Z)
    return Z, N


def run(job: Job) -> ZN:
    location = location_for(job)
    kernel = compile_step(job, pairs_step(job, step), location=location, fullgraph=True, any_n=True)
    return pairs_loop(job, kernel, location)


STAGE = Stage(
    name="pairs",
    title="Real pairs",
    section="3. Work around the lack of complex numbers support",
    step=step,
    run=run,
    varies=frozenset({"device", "threads"}),
)
