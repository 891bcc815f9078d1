"""One point looked at closely: counts, distance to the boundary, period, nearest nucleus.

The distances are those of Koebe's theorem (Milnor, "Dynamics in One Complex Variable", appendix G):
outside by way of the potential, inside by the map of the component to the unit disc. They are for
the planes of c, whose sets are connected; in a Julia set's the estimate stands alone, and so it
does for formulas that are not complex differentiable, where it is that of the gradient of log |z|.
Their nuclei are found by Newton's method in two real unknowns.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from mandel_core.formulas import FORMULAS
from mandel_core.formulas.formula import Formula, plain
from mandel_core.formulas.tangent import has_derivative, tangent
from mandel_core.model.settings import Settings
from mandel_core.orbits.report import Distance, Nuclei, Nucleus, PointReport

# Longer cycles are not looked for: it would take as long as a picture.
MAX_PERIOD = 10_000
# An orbit that returns to within this has come back.
_NEAR = 1e-11
# Smaller components float64 cannot tell from their neighbours.
_SMALLEST = 1e-14
# How many of the closest returns are tried, the latest ones.
_CANDIDATES = 12


def probe(
    x: float,
    y: float,
    formula: str = "mandelbrot",
    c: complex | None = None,
    maxiter: int = 1000,
) -> PointReport:
    """What becomes of the point x + iy.

    formula, c : as in `Settings`; c is the formula's own where none is given.
    maxiter : iterations after which the orbit counts as inside.

    It is computed in float64 whatever the picture is. Raises ValueError for an unknown formula or
    a maxiter that makes no sense.
    """
    found = FORMULAS.find(formula)
    settings = Settings("fast", maxiter, dtype="float64", formula=formula, formula_c=c)
    return probe_settings(float(x), float(y), found, settings)


def probe_settings(x: float, y: float, formula: Formula, settings: Settings) -> PointReport:
    """`probe` for settings already checked, those of `formula` in float64."""
    from mandel_core.kernels import single_orbits

    maxiter, horizon = settings.maxiter, settings.horizon
    constant = settings.formula_c or 0j
    start = x, y, constant.real, constant.imag
    steps, a, b, *_ = single_orbits.escape(formula, *start, horizon**2, maxiter)
    z = complex(a, b)
    if steps > maxiter:
        return _inside(start, z, formula, maxiter)
    doublings = math.log2(formula.exponent)
    smooth = steps + (math.log2(math.log(horizon)) - math.log2(math.log(abs(z)))) / doublings
    return PointReport(
        *(x, y, max(steps - 1, 0), smooth),
        distance=_outside_distance(start, z, formula, steps),
        nucleus=_nucleus(complex(x, y), formula, steps),
        **_known(formula),
    )


def _inside(
    start: tuple[float, float, float, float], z: complex, formula: Formula, maxiter: int
) -> PointReport:
    from mandel_core.kernels import power_cycles, single_orbits

    x, y, kx, ky = start
    most = max(maxiter, 1000)
    distance = None
    if formula.power is None:
        period = single_orbits.return_time(formula, *start, maxiter, maxiter + most, _NEAR)
    else:
        c = complex(x, y) if formula.plane == "c" else complex(kx, ky)
        most = min(most, MAX_PERIOD)
        period, root = power_cycles.attracting_cycle(formula.power, c, z, most)
        if period and formula.plane == "c":
            w, slope = power_cycles.uniformised(formula.power, c, root, period)
            if abs(w) < 1 and slope != 0:
                high = (1 - abs(w) ** 2) / abs(slope)
                distance = Distance.within(high / 4, high)
    return PointReport(
        *(x, y, None, None, distance, period or None),
        nucleus=_nucleus(complex(x, y), formula, maxiter, int(period)),
        **_known(formula),
    )


def _known(formula: Formula) -> dict[str, Any]:
    """What of a report can be had of a formula at all."""
    return {
        "differentiable": has_derivative(formula),
        "inner": formula.power is not None and formula.plane == "c",
        "nuclei": _nuclei(formula),
    }


@lru_cache(64)
def _nuclei(formula: Formula) -> Nuclei:
    if formula.plane != "c":
        return "no"
    if formula.power is not None:
        return "yes"
    if formula.needs_previous_z or not has_derivative(formula):
        return "unknown"
    # What returns to 0 attracts only where the step's derivative by z is 0 there.
    still, by_z = (0.0,) * 4, (1.0, 0.0, 0.0, 1.0)
    step = tangent(formula)
    slopes = [
        step(0.0, 0.0, 0.0, 0.0, x, y, *by_z, *still, *still, plain)[2:]
        for x, y in ((0.3, -0.7), (-1.1, 0.2))
    ]
    return "unknown" if any(any(each) for each in slopes) else "yes"


def _outside_distance(
    start: tuple[float, float, float, float], z: complex, formula: Formula, steps: int
) -> Distance | None:
    from mandel_core.kernels import power_cycles, single_orbits

    if steps == 0 or not has_derivative(formula):
        return None
    if formula.power is None:
        grown = single_orbits.gradient(formula, *start, steps)
        return Distance(abs(z) * math.log(abs(z)) / grown) if 0 < grown < math.inf else None
    x, y, kx, ky = start
    in_c = formula.plane == "c"
    pixel = complex(x, y)
    first, c = (0j, pixel) if in_c else (pixel, complex(kx, ky))
    slope = abs(power_cycles.slope(formula.power, first, c, in_c, steps))
    if not 0 < slope < math.inf:
        return None
    estimate = abs(z) * math.log(abs(z)) / slope  # the potential by its gradient
    if not in_c:
        return Distance(estimate)
    potential = math.log(abs(z)) * float(formula.power) ** (1 - steps)
    # sinh(g) / g: 1 near the boundary, more where the potential is no longer small.
    ratio = math.sinh(potential) / potential if potential > 1e-9 else 1.0
    return Distance.within(estimate * ratio * math.exp(-potential) / 2, 2 * estimate * ratio)


def _nucleus(c: complex, formula: Formula, steps: int, own: int = 0) -> Nucleus | None:
    """The nucleus of the component of c, if that is known, or the nearest that is found.

    own : the component's period; 0 for a c outside. There the periods of the orbit's closest
        returns to 0 are those of the nuclei nearby (atom domains).
    """
    from mandel_core.kernels import power_cycles, single_orbits

    if _nuclei(formula) != "yes":
        return None
    d, around = formula.power, (formula, c.real, c.imag)
    candidates = [own] if own else []
    latest = np.empty(_CANDIDATES, np.int64)
    most = min(steps, MAX_PERIOD)
    if d is None:
        count = single_orbits.returns_of(*around, most, latest)
    else:
        count = power_cycles.closest_returns(d, c, most, latest)
    candidates += [int(period) for period in latest[:count]]
    nearest, distance = None, math.inf
    for multiple in candidates:
        if d is None:
            period, *place = single_orbits.nucleus_of(*around, multiple)
            nucleus = complex(*place)
        else:
            period, nucleus = power_cycles.nucleus_from(d, c, multiple)
        if not period or abs(nucleus - c) >= distance:
            continue
        if d is None:
            there = formula, nucleus.real, nucleus.imag, period
            size = single_orbits.size_of(*there, float(formula.exponent))
        else:
            size = abs(power_cycles.atom_size(d, nucleus, period))
        if size < _SMALLEST:
            continue
        nearest = Nucleus(nucleus.real, nucleus.imag, int(period), size)
        distance = abs(nucleus - c)
        if own and period == own:
            break
    return nearest
