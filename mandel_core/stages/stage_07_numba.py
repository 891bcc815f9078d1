"""Stage 7, the tutorial's open bonus: the same iteration in Numba, one pixel at a time.

The loop over n moves inside the loop over pixels, so a pixel stops as soon as it has left, z
stays in registers, and nothing is read but c. Bands of rows are shared out among threads; the
kernel releases the interpreter lock. This is what most Python fractal programs do; here it is
about 6 times NumPy on two threads, after a compilation of about a second that Numba keeps on disk.

`fastmath` lets LLVM contract multiplications and additions, so a few counts near the boundary
differ from NumPy's by rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mandel_core.model.job import Job
from mandel_core.model.stage import ZN, Stage
from mandel_core.runtime.threads import cores, shared

BAND = 8  # rows; small enough to share out evenly,
MOST_ITERATIONS = 5e7  # and fewer where 8 could take so many that cancelling is not at once


def step(x: Any, y: Any, horizon2: Any, maxiter: int, Z: Any, N: Any) -> int:
    executed = 0
    for row in range(y.size):
        for column in range(x.size):
            re = im = x.dtype.type(0)
            last = 0
            for n in range(maxiter):
                re2, im2 = re * re, im * im
                if re2 + im2 >= horizon2:
                    break
                re, im = re2 - im2 + x[column], (re + re) * im + y[row]
                last = n
            Z[row, column] = complex(re, im)
            N[row, column] = last if last < maxiter - 1 else 0
            executed += last + 1
    return executed


def run(job: Job) -> ZN:
    return in_bands(job, step)


def in_bands(job: Job, step: Callable[..., int]) -> ZN:
    """Run a Numba step with this stage's signature over bands of rows, on all threads."""
    settings = job.settings
    x, y = job.view.axes(settings.dtype)
    Z = np.empty((y.size, x.size), dtype=np.result_type(x, np.complex64))
    N = np.empty(Z.shape, dtype=int)
    horizon2 = x.dtype.type(settings.horizon) ** 2
    kernel = compiled(job, step)

    size = int(np.clip(MOST_ITERATIONS / (x.size * settings.maxiter), 1, BAND))
    bands = iter(range(0, y.size, size))

    def work(_: int) -> int:
        executed = 0
        for start in bands:
            job.checkpoint()
            rows = slice(start, start + size)
            executed += kernel(x, y[rows], horizon2, settings.maxiter, Z[rows], N[rows])
        return executed

    job.executed = sum(shared(work, settings.threads or cores()))
    return Z, N


_kernels: dict[tuple[Callable[..., int], str], Callable[..., int]] = {}


def compiled(job: Job, step: Callable[..., int]) -> Callable[..., int]:
    """`step` as machine code for the job's number type, made on the first call."""
    key = (step, job.settings.dtype)
    if key not in _kernels:
        with job.compiling():
            from mandel_core.compilers.numba_cache import kept
            from mandel_core.compilers.numba_import import numba

            kernel: Callable[..., int] = kept(numba.njit(nogil=True, fastmath=True)(step))
            one = np.zeros(1, job.settings.dtype)
            z = np.zeros((1, 1), np.result_type(one, np.complex64))
            kernel(one, one, one[0], 1, z, np.zeros((1, 1), int))
        _kernels[key] = kernel
    return _kernels[key]


STAGE = Stage(
    name="numba",
    title="Numba",
    section="Bonus: compare to Numba",
    step=step,
    run=run,
    varies=frozenset({"threads"}),
    needs_torch=False,
    any_size=True,
)
