"""The smooth (continuous) iteration count."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mandel_core.formulas import FORMULAS
from mandel_core.formulas.formula import Formula
from mandel_core.model.results import Frame

Floats = NDArray[np.floating]

# The count is continuous up to a relative error of |c| / |z|**2; at this radius that is below
# float32's.
SMOOTH_RADIUS = 2.0**14
# Ample, for z² + c: what has reached 2 and leaves at all has its distance from 2 quadrupled by
# each step.
FURTHER_STEPS = 64


def continuous_count(frame: Frame) -> Floats:
    """Iterations until escape as a real number, shape (ny, nx), float32 or float64 as the frame.

    With n the step at which z passed the horizon h, this is n + log2(log h / log |z|): at |z| = h
    it equals n, and bands of equal n meet without a step. That holds only for |z| >> |c|, so after
    a small horizon the orbit is followed a few steps further, except for formulas that need the z
    before, which a frame does not keep. It is the tutorial's `visualize` but for its offset, which
    is log2(h) there. Points that did not escape are nan.

    Where a step makes |z|**d of |z|, the logarithm is to the base d: it multiplies log |z| by d, so
    that a point whose |z| is h**d after n + 1 steps, and h after n, gets n either way.
    """
    horizon = frame.settings.horizon
    real = frame.z.real.dtype
    size = np.abs(frame.z)
    n = frame.iterations.astype(real)
    outside = (frame.iterations > 0) | (size >= horizon)
    _restore_last_step(frame, n, size, outside)
    if horizon < SMOOTH_RADIUS and not _formula(frame).needs_previous_z:
        _iterate_further(frame, n, size, outside)
    # Wherever log|z| makes no sense the point is inside, and nan is what it gets.
    with np.errstate(divide="ignore", invalid="ignore"):
        doublings = math.log2(_formula(frame).exponent)
        logarithm = np.log2(np.log(size))
        if doublings != 1:
            logarithm /= doublings
        count = n + (1 + math.log2(math.log(horizon)) / doublings) - logarithm
    count[~outside] = np.nan
    return np.asarray(count, dtype=real)


def _formula(frame: Frame) -> Formula:
    return FORMULAS.find(frame.settings.formula)


def _restore_last_step(frame: Frame, n: Floats, size: Floats, outside: NDArray[np.bool_]) -> None:
    """Points that escaped at the very last step have n = 0 in the listing; give it back to them."""
    zero = np.nonzero(outside & (frame.iterations == 0))
    if zero[0].size:
        x, y = frame.view.axes(frame.settings.dtype)
        settings = frame.settings
        at_once = _formula(frame).leaves_at_once(
            x[zero[1]], y[zero[0]], settings.formula_c, settings.horizon
        )
        n[zero] = np.where(at_once, 0, frame.settings.maxiter - 1)


def _iterate_further(frame: Frame, n: Floats, size: Floats, outside: NDArray[np.bool_]) -> None:
    x, y = frame.view.axes(frame.settings.dtype)
    rows, columns = np.nonzero(outside & (size < SMOOTH_RADIUS))
    formula, constant = _formula(frame), frame.settings.formula_c
    z = frame.z[rows, columns]
    a, b = z.real, z.imag
    x, y = x[columns], y[rows]
    for _ in range(FURTHER_STEPS):
        _, _, cx, cy = formula.begin(x, y, constant)
        a, b = formula.next(a, b, 0, 0, cx, cy)
        n[rows, columns] += 1
        size[rows, columns] = distance = np.hypot(a, b)
        on = distance < SMOOTH_RADIUS
        rows, columns, a, b, x, y = (part[on] for part in (rows, columns, a, b, x, y))
        if not rows.size:
            return
    # c = -2, whose orbit lies at 2 for ever, and belongs to the set.
    outside[rows, columns] = False
