"""Points known to be inside without iterating them to the end.

`bulbs` are the two largest components, whose outlines are known in closed form. `discs` finds
others: a point whose orbit is drawn to a cycle is inside, and so is a disc around it, a quarter as
wide at least as the derivatives at the cycle say (Koebe's theorem; Milnor, "Dynamics in One
Complex Variable", and Heiland-Allen, "Interior coordinates in the Mandelbrot set", give the
formulas). One cycle, found once, spares the points of its disc all their iterations.

Both prove that a point never leaves; neither guesses from neighbours. Importing this module
imports Numba.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mandel_core.compilers.numba_jit import jit
from mandel_core.compilers.numba_parts import jit_part

TILE, LEAF = 32, 4  # pixels: the squares that are tried, and those that are not split further
MAX_PERIOD = 10_000

_NEWTON_STEPS = 12
# Points of a cycle closer than the first count as one, farther than the second as two. In between
# they cannot be told apart, and no disc is claimed.
_SAME, _DIFFERENT = 1e-12, 1e-8
# A disc of 1 / 4 is proven in exact arithmetic; the rest is room for rounding.
_SAFE = 0.9 / 4
# Cycles that hardly attract have discs too small to pay, and derivatives too large to trust.
_ATTRACTING = 0.98


@jit
def bulbs(x: Any, y: Any, known: Any) -> None:
    """Set `known`, (y.size, x.size) uint8, to 1 in the main cardioid and the disc around -1.

    The outlines are drawn in by the rounding of x.dtype, so that no point outside is marked.
    """
    f = x.dtype.type
    quarter, one, sixteenth = f(0.25), f(1), f(0.0625)
    slack = f(16) * f(np.finfo(x.dtype).eps)
    left = right = 0
    for column in range(x.size):  # in increasing order
        left += x[column] < f(-1.25)
        right += x[column] < f(0.375)
    for row in range(y.size):
        y2 = y[row] * y[row]
        for column in range(x.size):
            known[row, column] = 0
        if y2 > f(0.43):  # above 3 * sqrt(3) / 8 neither reaches
            continue
        for column in range(np.uint64(left), np.uint64(right)):  # see `numba_jit.index`
            u, v = x[column] - quarter, x[column] + one
            q = u * u + y2
            in_cardioid = q * (q + u + slack * (q + abs(u))) <= quarter * y2
            in_disc = v * v + y2 <= sixteenth - slack
            known[row, column] = in_cardioid | in_disc


@jit_part
def _closest_return(cx: float, cy: float, steps: int) -> tuple[int, complex]:
    """The step at which the orbit of 0 comes closest to 0 again, and where; step 0 if it leaves.

    For a point inside this is the period of its component, or a multiple of it.
    """
    a = b = 0.0
    nearest, period, z = np.inf, 0, 0j
    for n in range(1, steps + 1):
        a, b = a * a - b * b + cx, (a + a) * b + cy
        size = a * a + b * b
        if size < nearest:
            nearest, period, z = size, n, complex(a, b)
        elif size > 16.0:
            return 0, 0j
    return period, z


@jit_part
def disc(c: complex, period: int, z: complex) -> tuple[float, complex]:
    """The radius of a disc around c that is inside, and the cycle's point next to z.

    The radius is 0 if no attracting cycle of that period is found from z by Newton's method.
    """
    root = z
    for _ in range(_NEWTON_STEPS):
        w, dz = root, 1 + 0j
        for _ in range(period):
            w, dz = w * w + c, 2 * w * dz
        if dz == 1:
            return 0.0, z
        step = (w - root) / (dz - 1)
        root -= step
        if not abs(step) < 4.0:
            return 0.0, z
        if abs(step) <= 1e-14 * abs(root):
            break
    else:
        return 0.0, z
    w, dz, dc, dzdz, dzdc = root, 1 + 0j, 0j, 0j, 0j
    for n in range(1, period + 1):
        dzdz, dzdc = 2 * (dz * dz + w * dzdz), 2 * (dc * dz + w * dzdc)
        dc, dz, w = 2 * w * dc + 1, 2 * w * dz, w * w + c
        # The theorem wants the cycle's own period: a multiple's derivatives promise too much.
        if period % n == 0 and abs(w - root) <= _SAME:
            break
        if abs(w - root) < _DIFFERENT:
            return 0.0, z
    if not abs(dz) < _ATTRACTING:
        return 0.0, z
    return _SAFE * (1 - abs(dz) ** 2) / abs(dzdc + dzdz * dc / (1 - dz)), root


@jit_part
def _around(c: complex, steps: int, period: int, z: complex) -> tuple[float, int, complex]:
    """The disc around c, found from a neighbour's cycle if there is one (period not 0) or anew."""
    if period:
        radius, root = disc(c, period, z)
        if radius > 0.0:
            return radius, period, root
    period, z = _closest_return(c.real, c.imag, steps)
    if period:
        radius, root = disc(c, period, z)
        if radius > 0.0:
            return radius, period, root
    return 0.0, 0, z


@jit_part
def _mark(x: Any, y: Any, c: complex, radius: float, known: Any) -> bool:
    """Set `known` within the disc; whether that is all of it."""
    covered = True
    for row in range(y.size):
        for column in range(x.size):
            if abs(complex(x[column], y[row]) - c) <= radius:
                known[row, column] = 1
            else:
                covered = False
    return covered


@jit
def discs(x: Any, y: Any, maxiter: int, known: Any) -> None:
    """Set `known` to 1 in discs proven to be inside; x and y are float64.

    Squares of TILE pixels are tried at their middle, and split as long as a disc does not cover
    them. A square whose middle is not proven to be inside is left to be iterated.
    """
    steps = min(maxiter, MAX_PERIOD)
    squares = np.empty((64, 3), np.int64)
    period, z = int(np.int64(0)), 0j  # for a literal Numba would compile anew
    for tile in range(-(-y.size // TILE) * -(-x.size // TILE)):
        waiting = 1
        across = -(-x.size // TILE)
        squares[0, 0], squares[0, 1], squares[0, 2] = (
            tile // across * TILE,
            tile % across * TILE,
            TILE,
        )
        while waiting:
            waiting -= 1
            row, column, size = squares[waiting, 0], squares[waiting, 1], squares[waiting, 2]
            xs, ys = x[column : column + size], y[row : row + size]
            part = known[row : row + ys.size, column : column + xs.size]
            if part.all():
                continue
            c = complex(xs[xs.size // 2], ys[ys.size // 2])
            radius, period, z = _around(c, steps, period, z)
            if radius == 0.0:
                continue
            if not _mark(xs, ys, c, radius, part) and size > LEAF:
                for quarter in range(4):
                    down, right = quarter // 2 * size // 2, quarter % 2 * size // 2
                    squares[waiting, 0], squares[waiting, 1] = row + down, column + right
                    squares[waiting, 2] = size // 2
                    waiting += 1
