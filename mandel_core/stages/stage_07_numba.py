"""Stage 7, the tutorial's open bonus: the same iteration in Numba, one pixel at a time.

The loop over n moves inside the loop over pixels, so a pixel stops as soon as it has left, z
stays in registers, and nothing is read but c. Bands of rows are shared out among threads; the
kernel releases the interpreter lock. This is what most Python fractal programs do. On the
tutorial's scene it is about 9 times NumPy on two threads, after a compilation of about a second
that Numba keeps on disk.

`fastmath` lets LLVM contract multiplications and additions, so a few counts near the boundary
differ from NumPy's by rounding.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy as np

from mandel_core.formulas import FORMULAS, MANDELBROT
from mandel_core.formulas.formula import Formula
from mandel_core.model.job import Job
from mandel_core.model.settings import Settings
from mandel_core.model.stage import ZN, Stage
from mandel_core.runtime.threads import cores, shared
from mandel_core.stages.applying import formula_of, numba_trouble

ROWS_AT_ONCE = 8  # small enough to share out evenly,
ITERATIONS_PER_BAND = 5e7  # and fewer where 8 could take so many that cancelling is not at once


def start(x: Any, y: Any, k: Any) -> tuple[Any, Any, Any, Any]:
    """Where z begins, and c, for the pixel x + iy; k is the c of formulas that have but one."""
    return x - x, y - y, x, y


def square_plus_c(re: Any, im: Any, cx: Any, cy: Any) -> tuple[Any, Any]:
    return re * re - im * im + cx, (re + re) * im + cy


def step(x: Any, y: Any, horizon2: Any, maxiter: int, Z: Any, N: Any, k: Any) -> int:
    """Some rows of the picture; returns the iterations executed.

    x, y : (columns,) and (rows,) float32 or float64. horizon2 : the squared escape radius.
    Z, N : (rows, columns) complex and int64, written to. k : the parts of a formula's own c.
    """
    executed = 0
    for row in range(y.size):
        for column in range(x.size):
            re, im, cx, cy = start(x[column], y[row], k)
            last = 0
            for n in range(maxiter):
                if re * re + im * im >= horizon2:
                    break
                re, im = square_plus_c(re, im, cx, cy)
                last = n
            Z[row, column] = complex(re, im)
            N[row, column] = last if last < maxiter - 1 else 0
            executed += last + 1
    return executed


def step_with_previous_z(
    x: Any, y: Any, horizon2: Any, maxiter: int, Z: Any, N: Any, k: Any
) -> int:
    """The same for a formula that needs the z before as well, p + iq, which begins as 0."""
    executed = 0
    for row in range(y.size):
        for column in range(x.size):
            re, im, cx, cy = start(x[column], y[row], k)
            p, q, last = re - re, im - im, 0
            for n in range(maxiter):
                if re * re + im * im >= horizon2:
                    break
                re, im, p, q = after(re, im, p, q, cx, cy)
                last = n
            Z[row, column] = complex(re, im)
            N[row, column] = last if last < maxiter - 1 else 0
            executed += last + 1
    return executed


def after(re: Any, im: Any, p: Any, q: Any, cx: Any, cy: Any) -> tuple[Any, Any, Any, Any]:
    """Stands for such a formula: the next z, and the z that is then the one before."""
    raise NotImplementedError("for kernels only")


def run(job: Job) -> ZN:
    return run_in_bands(job, step, step_with_previous_z)


def run_in_bands(
    job: Job, step: Callable[..., int], step_with_previous_z: Callable[..., int]
) -> ZN:
    """Run a Numba step with this stage's signature over bands of rows, on all threads.

    step_with_previous_z : the one for formulas that need the z before.

    What they call `start`, `square_plus_c` and `after` is that of the job's formula.
    """
    settings = job.settings
    if formula_of(job).needs_previous_z:
        step = step_with_previous_z
    x, y = job.view.axes(settings.dtype)
    Z = np.empty((y.size, x.size), dtype=np.result_type(x, np.complex64))
    N = np.empty(Z.shape, dtype=int)
    horizon2 = x.dtype.type(settings.horizon) ** 2
    kernel = numba_kernel(job, step)
    constant = settings.formula_c or 0j
    k = x.dtype.type(constant.real), x.dtype.type(constant.imag)

    size = int(np.clip(ITERATIONS_PER_BAND / (x.size * settings.maxiter), 1, ROWS_AT_ONCE))
    bands = iter(range(0, y.size, size))

    def work(_: int) -> int:
        executed = 0
        for start in bands:
            job.checkpoint()
            rows = slice(start, start + size)
            executed += kernel(x, y[rows], horizon2, settings.maxiter, Z[rows], N[rows], k)
        return executed

    job.executed = sum(shared(work, settings.threads or cores()))
    return Z, N


_kernels: dict[tuple[Callable[..., int], str, Formula], Callable[..., int]] = {}


def numba_kernel(job: Job, step: Callable[..., int]) -> Callable[..., int]:
    """`step` as machine code for the job's number type and formula, made on the first call."""
    formula = formula_of(job)
    key = (step, job.settings.dtype, formula)
    if key not in _kernels:
        with job.compiling(), numba_trouble(job.settings.stage, formula):
            kernel = _kernel(step, formula)
            one = np.zeros(1, job.settings.dtype)
            z = np.zeros((1, 1), np.result_type(one, np.complex64))
            kernel(one, one, one[0], 1, z, np.zeros((1, 1), int), (one[0], one[0]))
        _kernels[key] = kernel
    return _kernels[key]


def kernels(*steps: Callable[..., int]) -> Callable[[Settings], list[Any]]:
    """What `numba_kernel` has made of these steps for given settings."""
    return lambda settings: [
        kernel
        for key, kernel in _kernels.items()
        if key[0] in steps and key[1:] == (settings.dtype, FORMULAS.find(settings.formula))
    ]


def _kernel(step: Callable[..., int], formula: Formula) -> Callable[..., int]:
    from mandel_core.compilers.numba_cache import kept
    from mandel_core.compilers.numba_formula import bare_step
    from mandel_core.compilers.numba_import import numba
    from mandel_core.compilers.numba_parts import jit_part

    assert isinstance(step, types.FunctionType)
    kernel = numba.njit(nogil=True, no_cfunc_wrapper=True, fastmath=True)
    begin, following = start, square_plus_c
    if formula is not MANDELBROT:
        following = bare_step(formula, fastmath=True)
        begin = from_pixel if formula.plane == "z" else start
    calls = "after" if formula.needs_previous_z else "square_plus_c"
    names = {"start": jit_part(begin, fastmath=True), calls: jit_part(following, fastmath=True)}
    own = types.FunctionType(step.__code__, step.__globals__ | names)
    made: Callable[..., int] = kernel(own)
    # On disk all formulas' would have one name.
    return kept(made) if formula is MANDELBROT else made


def from_pixel(x: Any, y: Any, k: Any) -> tuple[Any, Any, Any, Any]:
    """`start` of a formula whose pixels are where z starts."""
    return x, y, k[0], k[1]


STAGE = Stage(
    name="numba",
    title="Numba",
    section="Bonus: compare to Numba",
    step=step,
    run=run,
    varies=frozenset({"threads"}),
    needs_torch=False,
    any_size=True,
    kernels=kernels(step, step_with_previous_z),
)
