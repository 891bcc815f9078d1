"""Single orbits, a point at a time: when they leave, with what derivative, near which nucleus.

All in float64, and for every formula, with derivatives as 2 x 2 matrices of real numbers. For
z**d + c, where they are complex numbers, `power_cycles` has more.

Importing this module imports Numba. Its kernels call only each other and what is in
`numba_formula`, since Numba would not notice a change in another file.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mandel_core.compilers.numba_formula import (
    begin,
    following,
    following_with_tangent,
    pixel_is_c,
)
from mandel_core.compilers.numba_jit import jit
from mandel_core.compilers.numba_parts import jit_part

NEWTON_STEPS = 64
# Newton's method for a nucleus has converged when its steps stop shrinking and are no larger than
# this, relative to c: nuclei are simple roots, so that rounding leaves only the last digits of c.
# Also how far from 0, relative to its derivative, z may be after the period of a nucleus.
AT_NUCLEUS = 1e-13


@jit
def escape(
    f: Any, x: float, y: float, kx: float, ky: float, horizon2: float, maxiter: int
) -> tuple[int, float, float, float, float]:
    """The steps until |z|² reaches the horizon's, and the last z and the one before, in parts.

    The steps are maxiter + 1 for an orbit that is still below the horizon after maxiter of them.
    """
    a, b, cx, cy = begin(f, x, y, kx, ky)
    p = q = 0.0
    if a * a + b * b >= horizon2:
        return 0, a, b, p, q
    for n in range(1, maxiter + 1):
        before_a, before_b = a, b
        a, b, p, q = following(f, a, b, p, q, cx, cy)
        if not a * a + b * b < horizon2:
            return n, a, b, before_a, before_b
    return maxiter + 1, a, b, p, q


@jit
def path(
    f: Any, x: float, y: float, kx: float, ky: float, radius2: float, out: NDArray[np.complex128]
) -> int:
    """Write z after 0, 1, 2, ... steps to `out`, complex128; how many were written.

    The first beyond the radius is the last.
    """
    a, b, cx, cy = begin(f, x, y, kx, ky)
    p = q = 0.0
    for n in range(out.size):
        out[n] = complex(a, b)
        if not a * a + b * b < radius2:
            return n + 1
        a, b, p, q = following(f, a, b, p, q, cx, cy)
    return out.size


@jit
def return_time(
    f: Any, x: float, y: float, kx: float, ky: float, settle: int, most: int, near: float
) -> int:
    """After how many steps the orbit returns to where it was, to within `near`; 0 if it does not.

    settle : steps before the first look. From then on z is kept at ever longer distances (Brent).
    most : steps altogether.
    """
    a, b, cx, cy = begin(f, x, y, kx, ky)
    p = q = 0.0
    for _ in range(settle):
        a, b, p, q = following(f, a, b, p, q, cx, cy)
    kept_a, kept_b, since, until = a, b, 0, 1
    for _ in range(settle, most):
        a, b, p, q = following(f, a, b, p, q, cx, cy)
        since += 1
        size = a * a + b * b
        if not size < 1e8:
            return 0
        if (a - kept_a) ** 2 + (b - kept_b) ** 2 <= near * near * (1 + size):
            return since
        if since == until:
            kept_a, kept_b, since, until = a, b, 0, 2 * until
    return 0


@jit
def gradient(f: Any, x: float, y: float, kx: float, ky: float, steps: int) -> float:
    """How fast |z| grows after so many steps, at most, as the pixel moves."""
    a, b, cx, cy = begin(f, x, y, kx, ky)
    at_c, at_z = (1.0, 0.0) if pixel_is_c(f) else (0.0, 1.0)
    z, before = (a, b, at_z, 0.0, 0.0, at_z), (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    c = (cx, cy, at_c, 0.0, 0.0, at_c)
    for _ in range(steps):
        z, before = following_with_tangent(f, z, before, c)
    size = np.hypot(z[0], z[1])
    return float(np.hypot(z[0] * z[2] + z[1] * z[4], z[0] * z[3] + z[1] * z[5]) / size)


# From here on: formulas whose pixels are c and that do not need
# the z before, by real numbers.


@jit
def returns_of(f: Any, x: float, y: float, most: int, periods: NDArray[np.int64]) -> int:
    """`power_cycles.closest_returns` of any formula at the pixel x + iy."""
    a, b, cx, cy = begin(f, x, y, 0.0, 0.0)
    p = q = 0.0
    nearest, found = np.inf, 0
    for n in range(1, most + 1):
        a, b, p, q = following(f, a, b, p, q, cx, cy)
        size = a * a + b * b
        if not size < 1e16:
            break
        if size < nearest:
            nearest = size
            periods[found % periods.size] = n
            found += 1
    return min(found, periods.size)


@jit_part
def _by_pixel(f: Any, x: float, y: float, steps: int) -> Any:
    """The z after so many steps from 0, and its partial derivatives by the pixel."""
    still = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    z, before, c = still, still, (x, y, 1.0, 0.0, 0.0, 1.0)
    for _ in range(steps):
        z, before = following_with_tangent(f, z, before, c)
    return z


@jit
def nucleus_of(f: Any, x: float, y: float, period: int) -> tuple[int, float, float]:
    """`power_cycles.nucleus_from` of any formula, by Newton's method in the pixel's two parts."""
    last = np.inf
    for _ in range(NEWTON_STEPS):
        re, im, xx, xy, yx, yy = _by_pixel(f, x, y, period)
        area = xx * yy - xy * yx
        if area == 0 or not abs(re) + abs(im) < 1e100:
            return 0, x, y
        across, up = (yy * re - xy * im) / area, (xx * im - yx * re) / area
        x, y = x - across, y - up
        if not abs(x) + abs(y) <= 8.0:
            return 0, x, y
        size = np.hypot(across, up)
        if size == 0 or last / 2 < size <= AT_NUCLEUS * (1 + np.hypot(x, y)):
            return _period_of(f, x, y, period), x, y
        last = size
    return 0, x, y


@jit_part
def _period_of(f: Any, x: float, y: float, multiple: int) -> int:
    still = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    z, before, c = still, still, (x, y, 1.0, 0.0, 0.0, 1.0)
    for n in range(1, multiple):
        z, before = following_with_tangent(f, z, before, c)
        reach = max(abs(z[2]) + abs(z[3]), abs(z[4]) + abs(z[5]))
        if multiple % n == 0 and np.hypot(z[0], z[1]) <= AT_NUCLEUS * reach * (1 + np.hypot(x, y)):
            return n
    return multiple


@jit
def size_of(f: Any, x: float, y: float, period: int, degree: float) -> float:
    """`power_cycles.atom_size` of any formula: the root of the area of the copy of the set.

    degree : the formula grows like |z|**degree at 0.

    In its derivation the products of derivatives become those of matrices, whose determinants are
    areas.
    """
    a, b, cx, cy = begin(f, x, y, 0.0, 0.0)
    p = q = 0.0
    still, c = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0), (x, y, 0.0, 0.0, 0.0, 0.0)
    # The stretch of the orbit so far, and the sum of the inverses, row by row.
    xx, xy, yx, yy = 1.0, 0.0, 0.0, 1.0
    sum_xx, sum_xy, sum_yx, sum_yy = 1.0, 0.0, 0.0, 1.0
    a, b, p, q = following(f, a, b, p, q, cx, cy)
    for _ in range(period - 1):
        z, _ = following_with_tangent(f, (a, b, xx, xy, yx, yy), still, c)
        a, b, xx, xy, yx, yy = z
        area = xx * yy - xy * yx
        if area == 0:
            return 0.0
        sum_xx, sum_xy = sum_xx + yy / area, sum_xy - xy / area
        sum_yx, sum_yy = sum_yx - yx / area, sum_yy + xx / area
    stretch = np.sqrt(abs(xx * yy - xy * yx))
    total = np.sqrt(abs(sum_xx * sum_yy - sum_xy * sum_yx))
    if total == 0:
        return 0.0
    return float(1 / (total * stretch ** (degree / (degree - 1))))
