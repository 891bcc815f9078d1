"""Stage 14, beyond the tutorial: everything that pays, in the fastest compiled Python here.

The ideas of stages 8 to 13 in Numba, without the compiler between two steps: lanes, free-running
blocks with an exact replay, gathering of the points still alive, the outlines known in closed
form, mirrored rows. Two more are possible because the loop over n is compiled as well: an orbit
that comes back to where it was is inside (Brent), and from DISCS_PAY iterations on whole discs are
proven to be inside at once.

    for band of rows, on each thread:
        inside = in the cardioid, the disc, or a disc around a point found to be inside
        for block of as many points as the vector registers hold, in these registers:
            z after DENSE bare steps, again and again, at most DENSE_PHASE; roll back, replay
        while points are alive:
            rounds of FREE bare steps on the live points, gathered into dense blocks
            inside = those whose orbit came back to where the round began (periodicity checking)
    copy the rows of the other sign, if the view is symmetric

Outlines and discs are those of z² + c; mirrored rows are for all symmetric formulas, and everything
else for all.

On the tutorial's scene it is about 320 times NumPy, with 2000 iterations 1300 times.

It needs no C++ compiler: LLVM comes with Numba. Its kernels are compiled once a machine and number
type, for every size, viewport and number of iterations, and release the interpreter lock. On a
CUDA device it is one Triton kernel (`mandel_core.kernels.triton_blocks`), and on others stage 13.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mandel_core.formulas import FORMULAS, MANDELBROT
from mandel_core.formulas.formula import Formula
from mandel_core.model.job import Job
from mandel_core.model.settings import Settings
from mandel_core.model.stage import ZN, Stage
from mandel_core.runtime.threads import cores, shared
from mandel_core.stages import fast_on_device
from mandel_core.stages.applying import formula_of, numba_trouble

ROWS_AT_ONCE = 32  # that a thread takes at a time,
ITERATIONS_PER_BAND = 5e8  # and as many of them in one go as a cancelled picture may still cost
DISCS_PAY = 500


def step(
    x: Any,
    y: Any,
    horizon2: Any,
    maxiter: int,
    known: Any,
    Z: Any,
    N: Any,
    scratch: Any,
    checkpoint: Callable[[], None],
    formula: Formula = MANDELBROT,
    c: tuple[Any, Any] = (0, 0),
) -> int:
    """Iterate some rows of a frame; returns how many iterations were executed.

    x, y : samples, float32 or float64; x repeats its last up to whole blocks of lanes.
    horizon2 : the escape radius, squared, of their type.
    known : (rows or more, x.size) uint8, room for which points are known to be inside.
    Z, N : (rows, columns) complex and int32, written to.
    scratch : what `simd_blocks.scratch` makes.
    checkpoint : called now and then between two kernels; what it raises ends the step.
    formula, c : what is iterated, and the two parts of its own c, of the samples' type, where it
        has one; (0, 0) where each pixel is its c.
    """
    from mandel_core.kernels import interior, simd_blocks

    if formula.outlines:
        interior.bulbs(x, y, known)
    else:
        known[:] = 0
    if formula.outlines and maxiter >= DISCS_PAY:
        checkpoint()
        interior.discs(x[: N.shape[1]].astype(np.float64), y.astype(np.float64), maxiter, known)
    executed = 0
    # Discs want many rows; the iterations after them are done in few where they are long.
    size = max(1, min(y.size, int(ITERATIONS_PER_BAND / (x.size * maxiter))))
    for start in range(0, y.size, size):
        checkpoint()
        rows = slice(start, start + size)
        todo = x, y[rows], horizon2, maxiter, known[rows], Z[rows], N[rows]
        executed += simd_blocks.band(*todo, scratch, formula, c)
    return executed


def run(job: Job) -> ZN:
    formula = formula_of(job)
    if job.settings.device != "cpu":
        return fast_on_device.run_elsewhere(job)
    key = job.settings.stage, job.settings.dtype, formula
    if key not in _ready:  # whoever is told of compiling shows it, which takes its time
        with job.compiling():
            _compiled(*key)
        _ready.add(key)
    from mandel_core.compilers.numba_vectors import lanes_of
    from mandel_core.kernels import simd_blocks

    x, y = job.view.axes(job.settings.dtype)
    columns, maxiter = x.size, job.settings.maxiter
    Z = np.empty((y.size, columns), np.result_type(x, np.complex64))
    N = np.empty(Z.shape, np.int32)
    parts = Z.view(x.dtype)
    x = np.pad(x, (0, -columns % lanes_of(x.dtype)), mode="edge")
    horizon2 = x.dtype.type(job.settings.horizon) ** 2
    half = job.view.mirrored_rows(job.settings.dtype) if formula.symmetric else 0
    constant = job.settings.formula_c or 0j
    c = x.dtype.type(constant.real), x.dtype.type(constant.imag)
    bands = iter(range(0, y.size - half, ROWS_AT_ONCE))

    def work(_: int) -> int:
        scratch = simd_blocks.scratch(ROWS_AT_ONCE, columns, x.dtype, formula.needs_previous_z)
        known = np.empty((ROWS_AT_ONCE, x.size), np.uint8)
        executed = 0
        for start in bands:
            stop = min(start + ROWS_AT_ONCE, y.size - half)
            rows = slice(start, stop)
            todo = x, y[rows], horizon2, maxiter, known, Z[rows], N[rows], scratch
            executed += step(*todo, job.checkpoint, formula, c)
            if start < half:
                rows = slice(start, min(stop, half))
                there = slice(y.size - rows.stop, y.size - rows.start)
                simd_blocks.mirror(parts[rows], N[rows], parts[there], N[there])
        return executed

    job.executed = sum(shared(work, job.settings.threads or cores()))
    return Z, N


_ready: set[tuple[str, str, Formula]] = set()


def _compiled(stage: str, dtype: str, formula: Formula) -> None:
    """Have Numba compile, or load, what `step` calls for this number type and formula."""
    from mandel_core.compilers.numba_vectors import lanes_of
    from mandel_core.kernels import simd_blocks

    x = np.ones(lanes_of(dtype), dtype)
    Z = np.empty((1, 1), np.result_type(x, np.complex64))
    N = np.empty(Z.shape, np.int32)
    known = np.zeros((1, x.size), np.uint8)
    scratch = simd_blocks.scratch(1, 1, x.dtype, formula.needs_previous_z)
    todo = x, x[:1], x[0], DISCS_PAY, known, Z, N, scratch, lambda: None
    with numba_trouble(stage, formula):
        step(*todo, formula, (x[0], x[0]))
    parts = Z.view(dtype)
    simd_blocks.mirror(parts, N, parts, N)


def kernels(settings: Settings) -> list[Any]:
    """What `step` calls."""
    from mandel_core.kernels import interior, simd_blocks

    outlines = FORMULAS.find(settings.formula).outlines
    return [simd_blocks.band, *([interior.bulbs, interior.discs] if outlines else [])]


STAGE = Stage(
    name="fast",
    title="Fast",
    section="Beyond the tutorial",
    step=step,
    run=run,
    varies=frozenset({"device", "threads"}),
    needs_torch=False,
    any_size=True,
    kernels=kernels,
    elsewhere=fast_on_device.compute_elsewhere,
)
