"""What an orbit says beyond how long it stays: how far its point is from the set, its cycle.

Orbits are followed anew from their pixels, in float64. The distance of a point that escapes from
the set's boundary is within a factor of 2 of |z| log |z| / |z'|, where z' is the derivative by the
pixel (J. Milnor, "Dynamics in One Complex Variable", appendix H); of formulas that are not complex
differentiable it is estimated in the same way by the gradient of log |z|.

The cycle that attracts an orbit is looked for where the orbit comes closer to an earlier point than
before, by Newton's method. Of z^d + c the point's distance from the boundary of its component
follows from the derivatives at the cycle (C. Heiland-Allen, "Interior coordinates in the Mandelbrot
set").

Each kernel goes on from pixel `start`, counted along the rows, until it is done or has taken so
many steps, and returns where. Importing this module imports Numba.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mandel_core.compilers.numba_formula import (
    begin,
    following,
    following_with_tangent,
    pixel_is_c,
)
from mandel_core.compilers.numba_jit import jit
from mandel_core.compilers.numba_parts import jit_part

# |z| from which on the estimate's error, about 1 / |z|, cannot be seen.
FAR = 1e6
# Steps from a frame's horizon, 2 at least, to FAR; and how much longer rounding may let one stay.
MARGIN = 64

_NEWTON_STEPS = 16
_SAME = 1e-18  # squared distance of two points that are one
_LONGEST = 16_384  # the longest cycle that is looked for
_LOWER = 0.98  # of the squared size: by how much a new lowest must be lower
_CONVERGED = 1e-24  # squared distance at which an orbit repeats itself


@jit
def distances(
    n: Any,
    inside: Any,
    x: Any,
    y: Any,
    maxiter: int,
    steps: int,
    start: int,
    out: Any,
    f: Any,
    k: Any,
) -> int:
    """Write each point's distance into `out`, (ny, nx), nan inside; in the plane of the pixels.

    n, inside : (ny, nx), iterations and whether the point did not escape. k : the formula's c.
    """
    one, none = np.float64(1), np.float64(0)
    for at in range(start, out.size):
        if steps <= 0:
            return at
        row, column = at // x.size, at % x.size
        if inside[row, column]:
            out[row, column] = np.nan
            continue
        a, b, cx, cy = begin(f, x[column], y[row], k[0], k[1])
        at_c, at_z = (one, none) if pixel_is_c(f) else (none, one)
        z = (a, b, at_z, none, none, at_z)
        before = (none, none, none, none, none, none)
        c = (cx, cy, at_c, none, none, at_c)
        left = (n[row, column] if n[row, column] > 0 else maxiter) + MARGIN
        while left > 0 and z[0] * z[0] + z[1] * z[1] < FAR * FAR:
            z, before = following_with_tangent(f, z, before, c)
            left -= 1
            steps -= 1
        size = math.hypot(z[0], z[1])
        slope = math.hypot(z[0] * z[2] + z[1] * z[4], z[0] * z[3] + z[1] * z[5])
        # What rounding keeps from leaving lies on the boundary.
        far = size >= FAR and slope > 0
        out[row, column] = size / slope * size * math.log(size) if far else 0.0
        steps -= 8
    return int(out.size)


@jit_part
def _around(f: Any, z: Any, c: Any, period: int) -> Any:
    """Follow z for so many steps, with its derivative by z."""
    one, none = np.float64(1), np.float64(0)
    still = (none, none, none, none, none, none)
    fixed = (c[0], c[1], none, none, none, none)
    w = (z[0], z[1], one, none, none, one)
    for _ in range(period):
        w, still = following_with_tangent(f, w, still, fixed)
    return w


@jit_part
def _cycle(f: Any, z: Any, c: Any, period: int) -> Any:
    """The attracting cycle's length, which divides `period`, and its point next to z; or 0."""
    a, b = z
    for _ in range(_NEWTON_STEPS):
        w = _around(f, (a, b), c, period)
        re, im = w[0] - a, w[1] - b
        xx, xy, yx, yy = w[2] - 1, w[3], w[4], w[5] - 1
        area = xx * yy - xy * yx
        if area == 0 or not abs(re) + abs(im) < 1e3:
            return 0, z
        da, db = (xy * im - yy * re) / area, (yx * re - xx * im) / area
        a, b = a + da, b + db
        if da * da + db * db <= 1e-28 * (a * a + b * b):
            break
    else:
        return 0, z
    w = _around(f, (a, b), c, period)
    trace, area = w[2] + w[5], w[2] * w[5] - w[3] * w[4]
    # Both eigenvalues are within the unit circle (E. Jury's criterion).
    if not (abs(area) < 1 and abs(trace) < 1 + area):
        return 0, z
    p, q = a, b
    for length in range(1, period + 1):
        p, q, _, _ = following(f, p, q, 0.0, 0.0, c[0], c[1])
        if period % length == 0 and (p - a) ** 2 + (q - b) ** 2 <= _SAME:
            return length, (a, b)
    return period, (a, b)


@jit_part
def _attracted(f: Any, x: float, y: float, k: Any, limit: int) -> Any:
    """The length of the cycle that attracts a pixel's orbit, its point, and the steps it took."""
    a, b, cx, cy = begin(f, x, y, k[0], k[1])
    p, q = a, b
    nearest = np.inf
    since, span, taken = 0, 1, 0
    while taken < limit:
        a, b, _, _ = following(f, a, b, 0.0, 0.0, cx, cy)
        since += 1
        taken += 1
        apart = (a - p) ** 2 + (b - q) ** 2
        if not apart < 1e6:
            break
        if apart < nearest:
            nearest = apart
            length, point = _cycle(f, (a, b), (cx, cy), since)
            taken += 4 * since
            if length:
                return length, point, (cx, cy), taken
        # As in Brent's search for cycles: the place to come back to moves on.
        if since >= span:
            p, q, since, span, nearest = a, b, 0, min(2 * span, _LONGEST), np.inf
    return 0, (a, b), (cx, cy), taken


@jit
def periods(
    inside: Any, x: Any, y: Any, maxiter: int, steps: int, start: int, out: Any, f: Any, k: Any
) -> int:
    """Write the length of the cycle that attracts each point inside into `out`; 0 if none is."""
    for at in range(start, out.size):
        if steps <= 0:
            return at
        row, column = at // x.size, at % x.size
        out[row, column] = 0
        if inside[row, column]:
            length, _, _, taken = _attracted(f, x[column], y[row], k, maxiter)
            out[row, column] = length
            steps -= taken
        steps -= 1
    return int(out.size)


@jit
def inner_distances(
    inside: Any,
    x: Any,
    y: Any,
    maxiter: int,
    steps: int,
    start: int,
    out: Any,
    f: Any,
    k: Any,
    degree: int,
) -> int:
    """Write each inside point's distance from its component's boundary into `out`, else nan.

    Of z**degree + c only, where a pixel is c; within a factor of 4.
    """
    for at in range(start, out.size):
        if steps <= 0:
            return at
        row, column = at // x.size, at % x.size
        out[row, column] = np.nan
        if inside[row, column]:
            length, point, c, taken = _attracted(f, x[column], y[row], k, maxiter)
            steps -= taken
            if length:
                out[row, column] = _inner_distance(
                    complex(point[0], point[1]), complex(c[0], c[1]), length, degree
                )
        steps -= 1
    return int(out.size)


@jit_part
def _inner_distance(w: complex, c: complex, length: int, degree: int) -> float:
    dz, dc, dzdz, dzdc = 1 + 0j, 0j, 0j, 0j
    for _ in range(length):
        last = w ** (degree - 2)
        first, second = degree * last * w, degree * (degree - 1) * last
        dzdz, dzdc = second * dz * dz + first * dzdz, second * dc * dz + first * dzdc
        dz, dc, w = first * dz, first * dc + 1, last * w * w + c
    below = abs(dzdc + dzdz * dc / (1 - dz))
    return (1 - abs(dz) ** 2) / below if below > 0 else 0.0


@jit
def lowest(
    inside: Any, x: Any, y: Any, maxiter: int, steps: int, start: int, out: Any, f: Any, k: Any
) -> int:
    """Write the step at which each inside point's orbit is closest to 0 into `out`, else 0."""
    for at in range(start, out.size):
        if steps <= 0:
            return at
        row, column = at // x.size, at % x.size
        out[row, column] = 0
        if not inside[row, column]:
            steps -= 1
            continue
        a, b, cx, cy = begin(f, x[column], y[row], k[0], k[1])
        p, q = 0.0, 0.0
        least, place = np.inf, 0
        r, s, mark = a, b, 1
        for step in range(1, maxiter + 1):
            a, b, p, q = following(f, a, b, p, q, cx, cy)
            steps -= 1
            size = a * a + b * b
            if size < _LOWER * least:
                least, place = size, step
            if (a - r) ** 2 + (b - s) ** 2 <= _CONVERGED:
                break
            if step == mark:
                r, s, mark = a, b, 2 * mark
        out[row, column] = place
    return int(out.size)
