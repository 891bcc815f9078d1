"""One point looked at closely: against closed forms, other programs' numbers, and the frames."""

from __future__ import annotations

import cmath
import math
import pickle

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from mandel_core import FORMULAS, Settings, Viewport, register_formula, render
from mandel_core.colour.measures import Measures
from mandel_core.colour.smooth import continuous_count
from mandel_core.orbits.path import path
from mandel_core.orbits.probing import probe
from mandel_core.orbits.report import Distance
from mandel_core.worker.orbit_tasks import Probe

angles = st.floats(0, 2 * math.pi)


def bounds(distance: Distance | None) -> tuple[float, float, float]:
    """The lower bound, the estimate and the upper bound."""
    assert distance is not None
    assert distance.low is not None
    assert distance.high is not None
    return distance.low, distance.estimate, distance.high


def in_cardioid(multiplier: complex) -> complex:
    """The c of z² + c whose fixed point has this multiplier."""
    return multiplier / 2 - multiplier**2 / 4


FORMULA_NAMES = (
    "mandelbrot",
    "multibrot3",
    "burning_ship",
    "tricorn",
    "celtic",
    "julia",
    "phoenix",
)


@pytest.mark.parametrize("formula", FORMULA_NAMES)
def test_counts_are_those_of_the_picture(formula: str) -> None:
    view = Viewport.from_screen("-0.6", "0.3", 3, 24, 18)
    frame = render(view, "numba" if formula != "phoenix" else "numpy", 150, formula=formula,
                   dtype="float64")  # fmt: skip
    smooth = continuous_count(frame)
    x, y = view.axes("float64")
    apart = 0
    for row in range(view.ny):
        for column in range(view.nx):
            report = probe(x[column], y[row], formula, maxiter=150)
            if math.isnan(smooth[row, column]):
                apart += report.iterations is not None
            elif report.smooth is None or abs(report.smooth - smooth[row, column]) > 1e-6:
                apart += 1
            else:
                assert report.iterations == pytest.approx(report.smooth, abs=2)
    # Where orbits magnify rounding, another order of operations may lead elsewhere.
    assert apart <= 0.01 * view.nx * view.ny


def test_the_last_step_still_counts() -> None:
    count = probe(0.3, 0.0, maxiter=1000).iterations
    assert count is not None
    assert probe(0.3, 0.0, maxiter=count + 1).iterations == count
    assert probe(0.3, 0.0, maxiter=count).iterations is None


KNOWN = (
    # c, period of its component, its nucleus
    (0.1 + 0.1j, 1, 0),
    (-1.05 + 0.1j, 2, -1),
    (-0.13 + 0.74j, 3, -0.12256116687665362 + 0.74486176661974424j),
    (-1.756, 3, -1.7548776662466927),
    (-1.31, 4, -1.3107026413368328),
    (-0.5045 + 0.5628j, 5, -0.5043401754462431 + 0.5627657614529815j),
    (-1.62541, 5, -1.6254137251233037),
)


@pytest.mark.parametrize(("c", "period", "nucleus"), KNOWN)
def test_period_and_nucleus_inside(c: complex, period: int, nucleus: complex) -> None:
    c = complex(c)
    report = probe(c.real, c.imag)
    assert (report.iterations, report.smooth, report.period) == (None, None, period)
    assert report.nucleus is not None
    assert report.nucleus.period == period
    assert abs(complex(report.nucleus.x, report.nucleus.y) - nucleus) < 1e-14


# R. Munafo, "Mu-Ency" (mrob.com/pub/muency): the largest islands on the real axis, their sizes.
@pytest.mark.parametrize(
    ("x", "period", "size"), [(-1.7548776662, 3, 0.01903), (0, 1, 1), (-1, 2, 0.5)]
)
def test_sizes_of_small_copies(x: float, period: int, size: float) -> None:
    nucleus = probe(x, 0).nucleus
    assert nucleus is not None
    assert nucleus.period == period
    assert nucleus.size == pytest.approx(size, rel=1e-3)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.01, 0.97), angles)
def test_periods_of_the_largest_components(radius: float, angle: float) -> None:
    c = in_cardioid(cmath.rect(radius, angle))
    assert probe(c.real, c.imag, maxiter=2000).period == 1
    c = -1 + cmath.rect(radius / 4, angle)
    assert probe(c.real, c.imag, maxiter=2000).period == 2


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 0.97), angles)
def test_the_bounds_hold_in_the_disc_of_period_2(radius: float, angle: float) -> None:
    c = -1 + cmath.rect(radius / 4, angle)
    low, _, high = bounds(probe(c.real, c.imag, maxiter=2000).distance)
    # The multiplier is 4 (c + 1): what is known of its derivative is exact but for rounding.
    assert high == pytest.approx((1 - radius**2) / 4, rel=1e-9)
    assert low <= (1 - radius) / 4 <= high


@pytest.mark.parametrize("degree", [3, 4, 5])
@given(st.floats(0, 0.95), angles)
@settings(max_examples=25, deadline=None)
def test_the_bounds_hold_in_the_main_component(degree: int, radius: float, angle: float) -> None:
    """The fixed point z is the boundary's times the radius, and c = z - z**d."""

    def at(radius: float, angle: float | np.ndarray) -> np.ndarray:
        z = radius * degree ** (-1 / (degree - 1)) * np.exp(1j * np.asarray(angle))
        return z - z**degree

    c = complex(at(radius, angle))
    true = np.abs(at(1, np.linspace(0, 2 * np.pi, 5000)) - c).min()
    report = probe(c.real, c.imag, f"multibrot{degree}", maxiter=1000)
    assert report.period == 1
    low, _, high = bounds(report.distance)
    assert low <= true * 1.001
    assert true <= high * 1.001


@settings(max_examples=60, deadline=None)
@given(st.floats(-2.5, 2.5), st.floats(-2, 2))
def test_the_bounds_hold_outside(x: float, y: float) -> None:
    """No point nearer than the lower bound is inside: no known outline, and none that is tried.

    The upper bound is held against the left end of the set, where the distance is known.
    """
    assume(abs(y) > 1e-6)  # along the axis float64 ends before the orbit does
    report = probe(x, y, maxiter=3000)
    assume(report.iterations is not None)
    low, _, _ = bounds(report.distance)
    around = np.exp(1j * np.linspace(0, 2 * np.pi, 20_000))
    cardioid = np.abs(around / 2 - around**2 / 4 - complex(x, y)).min()
    disc = abs(abs(complex(x, y) + 1) - 0.25)
    antenna = abs(complex(x - min(max(x, -2), -1.4), y))
    assert low <= min(cardioid, disc, antenna) * 1.001
    for part in np.linspace(0, 2 * np.pi, 7):
        near = complex(x, y) + 0.99 * low * cmath.exp(1j * part)
        assert probe(near.real, near.imag, maxiter=100_000).iterations is not None


def test_left_of_the_antenna_the_distance_is_known() -> None:
    for x in (-2.0001, -2.1, -3.0, -30.0):
        low, estimate, high = bounds(probe(x, 0).distance)
        assert low < estimate < high
        assert low <= -2 - x <= high


@settings(max_examples=80, deadline=None)
@given(st.floats(-2, 0.5), st.floats(-1.2, 1.2), st.sampled_from(["mandelbrot", "multibrot4"]))
@example(-1.220703125, 0.0, "multibrot4")  # where Newton's method wanders in small steps
def test_a_nucleus_is_one(x: float, y: float, formula: str) -> None:
    nucleus = probe(x, y, formula).nucleus
    if nucleus is None:
        return
    c, z, slope = complex(nucleus.x, nucleus.y), 0j, 0j
    degree = FORMULAS[formula].power or 0
    for n in range(1, nucleus.period + 1):
        slope = degree * z ** (degree - 1) * slope + 1
        z = z**degree + c
        at_zero = abs(z) <= 1e-13 * max(abs(slope), 1)
        assert at_zero == (n == nucleus.period) or (n < nucleus.period and nucleus.period % n)


def test_of_julia_sets_the_plane_has_no_nuclei() -> None:
    inside = probe(0, 0, "julia", c=-1)
    assert (inside.period, inside.nucleus, inside.distance) == (2, None, None)
    outside = probe(2, 0, "julia", c=0)
    assert outside.nucleus is None
    assert outside.distance is not None
    # For c = 0 the set is the unit circle; the estimate is |z| log |z|.
    assert outside.distance.estimate == pytest.approx(2 * math.log(2))
    assert outside.distance.low is None


@pytest.mark.parametrize("formula", ["burning_ship", "tricorn", "celtic"])
def test_derivatives_by_two_real_numbers(formula: str) -> None:
    """Of formulas that are not complex differentiable: distances are the picture's, nuclei true."""
    found = 0
    for x, y in ((-1.7, -0.03), (-1.757, 0.002), (0.4, 0.7), (-0.9, -1.1), (-1.2, 0.1), (0.1, 0.1)):
        report = probe(x, y, formula)
        assert (report.differentiable, report.inner, report.nuclei) == (True, False, "yes")
        if report.iterations is not None:
            view = Viewport.from_bounds(x, x, y, y, 1, 1)
            frame = render(view, "fast", 1000, formula=formula, dtype="float64")
            assert report.distance is not None
            # The picture's orbits go on to a larger |z|.
            assert report.distance.estimate == pytest.approx(
                Measures(frame).distance[0, 0], rel=1e-3
            )
        if report.nucleus is not None:
            found += 1
            a, b, near = 0.0, 0.0, []
            for _ in range(report.nucleus.period):
                args = a, b, 0, 0, report.nucleus.x, report.nucleus.y
                a, b = FORMULAS[formula].next(*args)
                near.append(math.hypot(a, b) < 1e-9)
            assert near == [False] * (report.nucleus.period - 1) + [True]
            assert 0 < report.nucleus.size <= 1
    assert found >= 4


def test_where_there_are_no_nuclei_it_is_said() -> None:
    assert probe(1, 0.3, "phoenix").nuclei == probe(1, 0.3, "julia").nuclei == "no"

    def bent(a, b, cx, cy, fma):
        return fma(a, a, fma(-b, b, cx + 0.5 * a)), fma(a + a, b, cy)

    register_formula("bent", bent)
    assert (probe(1, 0.3, "bent").nuclei, probe(1, 0.3, "bent").nucleus) == ("unknown", None)


def test_periods_without_derivatives() -> None:
    assert probe(0, 0, "tricorn").period == 1
    assert probe(-1, 0, "burning_ship").period == 2
    assert probe(-1.755, 0, "burning_ship").period == 3


def test_a_formula_of_ones_own() -> None:
    def step(a, b, cx, cy, fma):
        return fma(a, a, fma(-b, b, cx)), fma(a + a, b, cy)

    register_formula("own_square", step)
    for x, y in ((0.3, 0.6), (-1.75, 0.03), (-1.757, 0.002)):
        own, known = probe(x, y, "own_square"), probe(x, y)
        assert (own.smooth, own.period) == (known.smooth, known.period)
        assert own.nucleus is not None
        assert known.nucleus is not None
        assert own.nucleus.period == known.nucleus.period
        assert (own.nucleus.x, own.nucleus.size) == pytest.approx(
            (known.nucleus.x, known.nucleus.size), rel=1e-12
        )
        if own.distance is not None and known.distance is not None:
            assert own.distance.estimate == pytest.approx(known.distance.estimate, rel=0.01)


def test_points_nowhere_near_are_no_trouble() -> None:
    for x, y in ((1e9, -1e9), (0.25, 0), (-2, 0), (-0.75, 0), (1e-300, 0), (0, 0)):
        for formula in FORMULAS:
            probe(x, y, formula.name, maxiter=300)
    with pytest.raises(ValueError, match="formula"):
        probe(0, 0, "no such")
    with pytest.raises(ValueError, match="maxiter"):
        probe(0, 0, maxiter=0)


def test_a_path_is_the_orbit() -> None:
    formula = FORMULAS["mandelbrot"]
    inside = path(-1, 0, formula, Settings("fast", 50), most=400)
    np.testing.assert_array_equal(inside, [0, *[-1, 0] * 25])
    assert path(-1, 0, formula, Settings("fast", 1000), most=400).size == 400
    outside = path(1, 1, formula, Settings("fast", 1000), most=400)
    z = [0j]
    while abs(z[-1]) < 1e3:
        z.append(z[-1] ** 2 + 1 + 1j)
    np.testing.assert_allclose(outside, z)


def test_a_question_travels_and_so_does_its_answer() -> None:
    from mandel_core.model.control import NO_CONTROL

    settings = Settings("fast", 300, dtype="float64")
    task = pickle.loads(pickle.dumps(Probe(0.3, 0.1, settings, path=7)))
    answer = pickle.loads(pickle.dumps(task.run(NO_CONTROL)))
    assert answer.report == probe(0.3, 0.1, maxiter=300)
    assert answer.path.size == 7
    assert answer.picture is None
