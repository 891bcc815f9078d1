"""What rounding can do to a count, and what it cannot.

The orbit is followed in float64 together with a bound on how far rounding may have taken another
computation of it: each step adds a few units in the last place of its largest term, and the map
stretches what is there already by its derivative, 2|z| for z² + c (running error analysis, which in
the plane is the arithmetic of balls). As long as the bound is small the count is certain; where the
orbit has magnified rounding to its own size, any later count can be had by rounding.

Importing this module imports Numba.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mandel_core.compilers.numba_formula import (
    begin,
    error_bound,
    following,
    grown,
    needs_previous_z,
)
from mandel_core.compilers.numba_jit import jit

# What one step may round by, in units of |z|**2 + |c|: complex multiplication and addition with the
# rounding of c take 4 at worst; a step may be written in other ways. Higher powers take more
# multiplications, one less than the exponent at most.
UNITS = 8


def unit(dtype: str, exponent: float = 2) -> float:
    """How far one step may be from exact, and the float64 orbit beside it, where |z|**d is 1."""
    share = UNITS * exponent / 2
    return share * float(np.finfo(dtype).eps + np.finfo(np.float64).eps) / 2


@jit
def counts(
    f: Any,
    k: Any,
    x: Any,
    y: Any,
    horizon: float,
    maxiter: int,
    unit: float,
    own: Any,
    lowest: Any,
    highest: Any,
) -> None:
    """The last step at which each orbit is below the horizon, and what rounding can make of it.

    f : the formula, a `Formula`; k : the parts of its c, float64, where pixels are z.
    x, y : (n,) float64, the points.
    own, lowest, highest : (n,) int64, written to: the step by this orbit, and the first and the
        last that it can be with rounding by `unit`; maxiter - 1 where the point does not leave,
        0 where it is outside from the beginning.
    """
    for i in range(x.size):
        a, b, cx, cy = begin(f, x[i], y[i], k[0], k[1])
        p = q = error = before = error_before = 0.0
        added, size = np.sqrt(cx * cx + cy * cy), np.sqrt(a * a + b * b)
        own[i] = lowest[i] = highest[i] = 0
        if size >= horizon:
            continue
        own[i] = lowest[i] = highest[i] = maxiter - 1
        may_have_left = has_left = lost = False
        for n in range(1, maxiter):
            largest = grown(f, size + error) + added
            if needs_previous_z(f):
                largest += added * (before + error_before)
            apart = error_bound(f, size, error, error_before, cx, cy) + unit * largest
            before, error_before, error = size, error, apart
            a, b, p, q = following(f, a, b, p, q, cx, cy)
            size = np.sqrt(a * a + b * b)
            if not may_have_left and size + error >= horizon * (1 - unit):
                may_have_left = True
                lowest[i] = n - 1
            if not has_left and size >= horizon:
                has_left = True
                own[i] = n - 1
            if may_have_left:
                lost |= not error < size
                if has_left and (lost or size - error >= horizon * (1 + unit)):
                    if not lost:
                        highest[i] = n - 1
                    break
