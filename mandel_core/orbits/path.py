"""The path of one point: z after 0, 1, 2, ... steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mandel_core.formulas.formula import Formula
from mandel_core.model.settings import Settings

# Far enough out for a line to leave any window that shows the set.
RADIUS = 1e3


def path(
    x: float, y: float, formula: Formula, settings: Settings, most: int
) -> NDArray[np.complex128]:
    """The orbit of the pixel x + iy, complex128: at most `most` points, the first one z0.

    It ends with the first point beyond RADIUS, or after `settings.maxiter` steps.
    """
    from mandel_core.kernels import single_orbits

    points = np.empty(min(most, settings.maxiter + 1), np.complex128)
    constant = settings.formula_c or 0j
    start = float(x), float(y), constant.real, constant.imag
    return points[: single_orbits.path(formula, *start, RADIUS**2, points)]
