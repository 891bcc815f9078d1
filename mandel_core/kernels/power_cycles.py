"""Cycles of z**d + c: where attracting ones are and how fast they attract, nuclei and their atoms.

All in float64, with complex derivatives. Every attracting cycle of these formulas attracts the
orbit of 0 (Fatou), so there is at most one, and one that is found is the one.

Importing this module imports Numba. Its kernels call only each other, since Numba would not notice
a change in another file.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mandel_core.compilers.numba_jit import jit
from mandel_core.compilers.numba_parts import jit_part

NEWTON_STEPS = 64
# Newton's method has converged when its steps stop shrinking and are no larger than this, relative
# to z: what is left is rounding, which is this large where roots lie close together.
CONVERGING = 1e-6
# The same for nuclei, relative to c. They are simple roots, so that rounding leaves only the last
# digits of c; larger steps that stop shrinking mean that there is no nucleus nearby. Also how far
# from 0, relative to its derivative, z may be after the period of a nucleus.
AT_NUCLEUS = 1e-13
# A point that comes back to within this distance, relative to its size, has completed its cycle.
SAME = 1e-9


@jit_part
def _power(z: complex, d: int) -> complex:
    result = z
    for _ in range(d - 1):
        result *= z
    return result


@jit
def slope(d: int, z: complex, c: complex, in_c: bool, steps: int) -> complex:
    """The derivative of z after so many steps, by c or by where z starts."""
    dz = 0j if in_c else 1 + 0j
    grown = 1.0 if in_c else 0.0
    for _ in range(steps):
        inner = _power(z, d - 1)
        dz = d * inner * dz + grown
        z = inner * z + c
    return dz


@jit
def cycle_from(d: int, c: complex, z: complex, period: int) -> tuple[bool, complex]:
    """Whether Newton's method leads from z to an attracting cycle of that period, and its z."""
    before = np.inf
    for _ in range(NEWTON_STEPS):
        w, dz = z, 1 + 0j
        for _ in range(period):
            inner = _power(w, d - 1)
            dz *= d * inner
            w = inner * w + c
        if dz == 1 or not abs(w) < 1e8:
            return False, z
        step = (w - z) / (dz - 1)
        z -= step
        if not abs(z) < 4.0:
            return False, z
        size = abs(step)
        if size == 0 or before / 2 < size <= CONVERGING * (1 + abs(z)):
            return abs(dz) < 1, z
        before = size
    return False, z


@jit
def attracting_cycle(d: int, c: complex, z: complex, most: int) -> tuple[int, complex]:
    """The period of the cycle that the orbit of z is drawn to, and a z of it; 0 if none is found.

    The periods that are tried are those after which the orbit comes closer to z than ever before.
    """
    w, nearest = z, np.inf
    for n in range(1, most + 1):
        w = _power(w, d) + c
        distance = abs(w - z)
        if not distance < 8.0:
            return 0, z
        if distance < nearest:
            nearest = distance
            found, root = cycle_from(d, c, z, n)
            if found:
                return _own_period(d, c, root, n), root
    return 0, z


@jit_part
def _own_period(d: int, c: complex, root: complex, multiple: int) -> int:
    """The period of the cycle at `root`, of which `multiple` is one."""
    w = root
    for n in range(1, multiple):
        w = _power(w, d) + c
        if multiple % n == 0 and abs(w - root) <= SAME * (1 + abs(root)):
            return n
    return multiple


@jit
def uniformised(d: int, c: complex, z: complex, period: int) -> tuple[complex, complex]:
    """Where a component's map to the unit disc takes c, and its derivative by c.

    z : a point of c's attracting cycle.

    The map is d**(p / (d - 1)) times the product of the cycle: its power d - 1 is the cycle's
    multiplier, of which the component is a (d - 1)-fold cover, branched at the nucleus.
    """
    w, by_z, by_c = z, 1 + 0j, 0j
    for _ in range(period):
        inner = _power(w, d - 1)
        by_z, by_c = d * inner * by_z, d * inner * by_c + 1
        w = inner * w + c
    dw = by_c / (1 - by_z)  # of the cycle's first point, as c moves
    w = z
    factor = d ** (1.0 / (d - 1))
    product, change = 1 + 0j, 0j
    for _ in range(period):
        product, change = factor * product * w, factor * (change * w + product * dw)
        inner = _power(w, d - 1)
        dw = d * inner * dw + 1
        w = inner * w + c
    return product, change


@jit
def closest_returns(d: int, c: complex, most: int, periods: NDArray[np.int64]) -> int:
    """Write the steps after which the orbit of 0 is closer to 0 than before; how many there are.

    periods : int64. It holds the last ones, in any order, where there are more than it has room.
    """
    z, nearest, found = 0j, np.inf, 0
    for n in range(1, most + 1):
        z = _power(z, d) + c
        size = abs(z)
        if not size < 1e8:
            break
        if size < nearest:
            nearest = size
            periods[found % periods.size] = n
            found += 1
    return min(found, periods.size)


@jit
def nucleus_from(d: int, c: complex, period: int) -> tuple[int, complex]:
    """The nucleus that Newton's method leads to from c, whose 0 returns to 0 after `period` steps.

    Its own period, which divides that; 0 where the method leads nowhere.
    """
    before = np.inf
    for _ in range(NEWTON_STEPS):
        z, dz = 0j, 0j
        for _ in range(period):
            inner = _power(z, d - 1)
            dz = d * inner * dz + 1
            z = inner * z + c
        if dz == 0 or not abs(z) < 1e100:
            return 0, c
        step = z / dz
        c -= step
        if not abs(c) <= 4.0:
            return 0, c
        size = abs(step)
        if size == 0 or before / 2 < size <= AT_NUCLEUS * (1 + abs(c)):
            return _nucleus_period(d, c, period), c
        before = size
    return 0, c


@jit_part
def _nucleus_period(d: int, c: complex, multiple: int) -> int:
    z, dz = 0j, 0j
    for n in range(1, multiple):
        inner = _power(z, d - 1)
        dz = d * inner * dz + 1
        z = inner * z + c
        if multiple % n == 0 and abs(z) <= AT_NUCLEUS * abs(dz) * (1 + abs(c)):
            return n
    return multiple


@jit
def atom_size(d: int, nucleus: complex, period: int) -> complex:
    """The size of the small copy around a nucleus, the whole set's being 1, and how it is turned.

    C. Heiland-Allen, "Deriving the size estimate" (2013), from J. H. Hubbard's renormalisation.
    """
    z, stretch, total = 0j, 1 + 0j, 1 + 0j
    for _ in range(period - 1):
        z = _power(z, d) + nucleus
        stretch *= d * _power(z, d - 1)
        total += 1 / stretch
    return 1 / (total * stretch ** (d / (d - 1)))
