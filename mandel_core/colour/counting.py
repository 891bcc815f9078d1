"""The smooth iteration count of a frame's points, compiled; `smooth.continuous_count` quickly.

The tests hold one against the other. Importing this module imports Numba.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mandel_core.colour.smooth import FURTHER_STEPS, SMOOTH_RADIUS
from mandel_core.compilers.numba_formula import (
    begin,
    following,
    leaps,
    needs_previous_z,
)
from mandel_core.compilers.numba_jit import jit_borrowing
from mandel_core.compilers.numba_parts import jit_borrowing_part
from mandel_core.formulas import FORMULAS
from mandel_core.formulas.formula import Formula
from mandel_core.model.results import Frame
from mandel_core.runtime.threads import COLOURING, shared

ROWS_AT_ONCE = 32
BLOCK = 512  # points; the scratch of a block stays in the first-level cache
STEPS, INSIDE, COUNT = 4, 5, 6  # in it

# What kernels of colouring may do: fuse a product with a sum, and divide by 0 as NumPy does.
ARITHMETIC = {"fastmath": {"contract"}, "error_model": "numpy"}


def _log2_1p(t: Any) -> Any:
    """log2(1 + t) for 0 <= t < 1 within 1e-6, and exact at both ends, so that octaves meet."""
    f = np.float32
    q = f(0.06379893) - f(0.01519822) * t
    q = f(0.19609948) - (f(0.13067898) - q * t) * t
    q = f(0.44267967) - (f(0.27805939) - q * t) * t
    return t + t * (f(1) - t) * q


def _further(f: Any, re: float, im: float, x: float, y: float, k: Any) -> tuple[int, float]:
    """How many steps it is from here to SMOOTH_RADIUS, and |z|**2 there."""
    _, _, cx, cy = begin(f, x, y, k[0], k[1])
    steps = 0
    while re * re + im * im < SMOOTH_RADIUS**2 and steps < FURTHER_STEPS:
        re, im, _, _ = following(f, re, im, 0.0, 0.0, cx, cy)
        steps += 1
    return steps, re * re + im * im


def _leaves_at_once(f: Any, x: float, y: float, k: Any, horizon: float) -> bool:
    """What `Formula.leaves_at_once` says."""
    if leaps(f):
        return bool(x * x + y * y >= horizon * horizon)
    a, b, cx, cy = begin(f, x, y, k[0], k[1])
    re, im, _, _ = following(f, a, b, 0.0, 0.0, cx, cy)
    return bool(max(a * a + b * b, re * re + im * im) >= horizon * horizon)


def counting_scratch() -> tuple[NDArray[Any], ...]:
    """What `count_block` works in, for one thread; its last three are STEPS, INSIDE and COUNT."""
    size2, log = np.empty(BLOCK), np.empty(BLOCK, np.float32)
    own = size2, size2.view(np.int64), log, log.view(np.int32)
    return *own, np.empty(BLOCK), np.empty(BLOCK, np.bool_), np.empty(BLOCK)


def count_block(
    last: Any,
    left: Any,
    cx: Any,
    cy: float,
    horizon: float,
    maxiter: int,
    margin: float,
    scratch: Any,
    per_step: float,
    f: Any,
    constant: Any,
) -> None:
    """Write the continuous counts, plus `margin`, of up to BLOCK points of a row to scratch[COUNT].

    last, left : their iterations and z; cx, cy : where they are.
    scratch : what `counting_scratch` makes. scratch[INSIDE] becomes whether a point did not escape;
        its count means nothing. scratch[STEPS] is of no use afterwards.
    per_step, f, constant : what `Points.formula_for_counts` says.

    The continuous count is 1 + n + log2(log2 h / log2 |z|), with the logarithm to the base d in
    place of the outer one where the formula makes |z|**d of |z|. |z|**2 is taken in float64 and of
    z / 2**exponent, so that it cannot overflow; of its logarithm, 20 bits of the mantissa are
    enough, since there are at least 13 before the point that it is added to.
    """
    size2, size2_bits, log, log_bits, steps, inside, count = scratch
    exponent = math.floor(math.log2(horizon))
    shrink = 2.0**-exponent
    horizon2 = (horizon * shrink) ** 2
    offset = 1 + math.log2(math.log2(horizon)) * per_step + margin
    points = cx.size
    # Slices, since LLVM makes vector instructions of loops whose indices begin at 0.
    for i in range(points):
        re = np.float64(left[i].real) * shrink
        im = np.float64(left[i].imag) * shrink
        # 0 also stands for the last step: a frame cannot tell it from the interior.
        at_zero = maxiter - 1.0
        if f is not None:
            at_zero = 0.0 if _leaves_at_once(f, cx[i], cy, constant, horizon) else at_zero
        steps[i] = np.float64(np.int32(last[i])) if last[i] > 0 else at_zero
        size2[i] = re * re + im * im
        inside[i] = (last[i] == 0) & (size2[i] < horizon2)
    if f is not None and horizon < SMOOTH_RADIUS and not needs_previous_z(f):
        for i in range(points):
            if not inside[i]:
                a, b = np.float64(left[i].real), np.float64(left[i].imag)
                more, abs2 = _further(f, a, b, cx[i], cy, constant)
                steps[i] += more
                size2[i] = abs2 * shrink * shrink
                # c = -2, whose orbit lies at 2 for ever, and belongs to the set.
                inside[i] = abs2 < SMOOTH_RADIUS**2
    for i in range(points):
        high = np.int32(size2_bits[i] >> 32)
        mantissa = np.float32(high & 0xFFFFF) * np.float32(2.0**-20)
        log2 = np.float32((high >> 20) - 1023) + _log2_1p(mantissa)
        log[i] = np.float32(exponent) + np.float32(0.5) * log2
    for i in range(points):
        bits = log_bits[i]
        mantissa = np.float32(bits & 0x7FFFFF) * np.float32(2.0**-23)
        log2 = np.float32((bits >> 23) - 127) + _log2_1p(mantissa)
        count[i] = steps[i] + (offset - log2 * np.float32(per_step))


def _count_rows(
    n: Any,
    z: Any,
    x: Any,
    y: Any,
    horizon: float,
    maxiter: int,
    start: int,
    stop: int,
    out: Any,
    scratch: Any,
    per_step: float,
    f: Any,
    constant: Any,
) -> None:
    inside, count = scratch[INSIDE], scratch[COUNT]
    for row in range(start, stop):
        for first in range(0, x.size, BLOCK):
            block = slice(first, min(first + BLOCK, x.size))
            cx, last, left, counts = x[block], n[row, block], z[row, block], out[row, block]
            formula = per_step, f, constant
            count_block(last, left, cx, y[row], horizon, maxiter, 0.0, scratch, *formula)
            for i in range(cx.size):
                counts[i] = np.nan if inside[i] else count[i]


_log2_1p = jit_borrowing_part(_log2_1p)
_further = jit_borrowing_part(_further)
_leaves_at_once = jit_borrowing_part(_leaves_at_once)
count_block = jit_borrowing_part(count_block, **ARITHMETIC)
_count_rows = jit_borrowing(_count_rows, **ARITHMETIC)


class Points:
    """A frame's points as the kernels of colouring take them, in float64.

    step : only every so many-th row and column of it.
    x, y, n, z : their coordinates, (nx,) and (ny,), iterations and z, (ny, nx).
    constants : the horizon and maxiter. formula : it, and its c in two parts.
    """

    def __init__(self, frame: Frame, step: int = 1) -> None:
        settings = frame.settings
        axes = frame.view.axes(settings.dtype)
        self.x, self.y = (axis[::step].astype(np.float64) for axis in axes)
        self.n = np.ascontiguousarray(frame.iterations[::step, ::step])
        self.z = np.ascontiguousarray(frame.z[::step, ::step])
        self.constants = float(settings.horizon), settings.maxiter
        c = settings.formula_c or 0j
        self.formula = FORMULAS.find(settings.formula), (c.real, c.imag)

    @cached_property
    def formula_for_counts(self) -> tuple[float, Formula | None, tuple[float, float]]:
        """How many steps double log |z| far outside, the formula, and its c.

        No formula where all of its points are followed far enough and none leaves at once, as
        nearly always: kernels are then the same for all.
        """
        formula, c = self.formula
        horizon, _ = self.constants
        farthest = math.hypot(*(np.abs(axis).max() for axis in (self.x, self.y)))
        same = horizon >= SMOOTH_RADIUS and formula.leap and farthest < horizon
        return 1 / math.log2(formula.exponent), None if same else formula, c


def counts(frame: Frame, step: int = 1) -> NDArray[np.float32]:
    """The continuous counts, (ny, nx) float32, nan for points that did not escape.

    step : take only every so many-th row and column.

    Compiles for a second or two the first time a machine sees a frame of this number type.
    """
    points = Points(frame, step)
    out = np.empty(points.n.shape, np.float32)
    given = points.n, points.z, points.x, points.y, *points.constants

    def count(_: int, start: int, stop: int) -> None:
        _count_rows(*given, start, stop, out, counting_scratch(), *points.formula_for_counts)

    share_rows(points.y.size, count)
    return out


def share_rows(rows: int, work: Callable[[int, int, int], None]) -> None:
    """Call `work` with a thread's number and the band it is to do, (start, stop), until all are."""
    bands = iter(range(0, rows, ROWS_AT_ONCE))

    def work_bands(number: int) -> None:
        for start in bands:
            work(number, start, min(start + ROWS_AT_ONCE, rows))

    shared(work_bands, COLOURING)
