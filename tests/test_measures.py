"""Distances, periods and their derivatives, held against what is known of them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mandel_core import FORMULAS, Cancelled, Frame, Settings, Viewport, register_formula, render
from mandel_core.colour.colouring import Colouring
from mandel_core.colour.interior import INSIDES
from mandel_core.colour.looks import LOOKS
from mandel_core.colour.measures import Measures
from mandel_core.colour.painting import paint
from mandel_core.formulas.formula import plain
from mandel_core.formulas.tangent import NoDerivative, tangent, tangent_text
from mandel_core.model.control import Control
from mandel_core.rendering.drawing import known_measures
from mandel_core.worker.tasks import Draw

PLAIN = [formula.name for formula in FORMULAS]
numbers = st.floats(-2, 2).filter(lambda number: abs(number) > 1e-3)


def at(x: float, y: float, formula: str = "mandelbrot", maxiter: int = 2000, **more: Any) -> Frame:
    """A frame of one point."""
    view = Viewport.from_bounds(x, x, y, y, 1, 1)
    return render(view, "fast", maxiter, dtype="float64", formula=formula, **more)


@pytest.mark.parametrize("name", PLAIN)
@settings(max_examples=30)
@given(parts=st.tuples(*[numbers] * 6), along=st.tuples(*[st.floats(-1, 1)] * 6))
def test_the_derivative_is_that_of_the_step(
    name: str, parts: tuple[float, ...], along: tuple[float, ...]
) -> None:
    """Against a difference quotient whose error is about h**2, of numbers up to 2**8."""
    formula, h = FORMULAS[name], 1e-5

    def step(sign: float) -> np.ndarray:
        moved = [part + sign * h * slope for part, slope in zip(parts, along, strict=True)]
        return np.array(formula.next(*moved))

    given_x = [slope for one in along for slope in (one, 0.0)]
    re, im, re_x, re_y, im_x, im_y = tangent(formula)(*parts, *given_x, plain)
    np.testing.assert_allclose((re, im), formula.next(*parts), rtol=1e-12, atol=1e-12)
    assert (re_y, im_y) == (0, 0)
    # |x| has a bend, where a difference says nothing of either side.
    assume(name != "celtic" or abs(parts[0] ** 2 - parts[1] ** 2) > 1e-3)
    expected = (step(1) - step(-1)) / (2 * h)
    np.testing.assert_allclose((re_x, im_x), expected, rtol=1e-4, atol=1e-4)


def test_the_distance_from_the_unit_disc_is_known() -> None:
    # The Julia set of c = 0 is the unit circle.
    view = Viewport.from_bounds(1.001, 3, 0, 0.7, 40, 9)
    frame = render(view, "fast", 200, dtype="float64", formula="julia", formula_c=0)
    x, y = view.axes("float64")
    true = np.hypot(*np.meshgrid(x, y)) - 1
    ratio = Measures(frame).distance / true
    # |z| log |z| is what the estimate is there, to the last digit of its float32.
    np.testing.assert_allclose(ratio * true / ((1 + true) * np.log1p(true)), 1, rtol=1e-6)
    assert 0.999 < ratio.min() <= ratio.max() < 2


@pytest.mark.parametrize(("c", "true"), [(-2.001, 1e-3), (-2.5, 0.5), (1.0, 0.75)])
def test_the_distance_along_the_real_axis_is_within_a_factor_of_two(c: float, true: float) -> None:
    assert 0.49 < Measures(at(c, 0)).distance[0, 0] / true < 2.01


@settings(max_examples=20)
@given(st.floats(-2, 0.5), st.floats(0, 1.2), st.floats(0, 2 * math.pi))
def test_no_point_of_the_set_is_nearer_than_half_the_distance(
    x: float, y: float, angle: float
) -> None:
    measured = Measures(at(x, y)).distance[0, 0]
    assume(measured > 1e-6)
    near = 0.49 * float(measured)
    beside = at(x + near * math.cos(angle), y + near * math.sin(angle), maxiter=5000)
    assert not np.isnan(Measures(beside).count).any()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["burning_ship", "tricorn", "celtic", "phoenix", "multibrot5"])
def test_all_formulas_have_distances(name: str) -> None:
    own = FORMULAS[name].home
    view = Viewport.from_screen(own.x, own.y, own.width, 60, 50)
    measures = Measures(render(view, "fast", 200, formula=name))
    distance, outside = measures.distance, ~measures.inside
    assert np.isfinite(distance[outside]).all()
    assert np.isnan(distance[~outside]).all()
    # It falls towards the set, from the corner, which is far from it.
    assert distance[0, 0] > 10 * np.median(distance[outside]) or distance[0, 0] > 0.2


PERIODS = [
    (0, 0, 1),
    (0.2, 0.3, 1),
    (-0.74, 0.01, 1),  # its cycle attracts by 0.995 a step only
    (-1, 0, 2),
    (-0.1225, 0.7449, 3),
    (-1.7549, 0, 3),
    (-1.3107, 0, 4),
    (0.2823, 0.5301, 4),
    (-0.5043, 0.5628, 5),
    (0.3, 0.02, 0),  # outside
]


@pytest.mark.parametrize(("x", "y", "period"), PERIODS)
def test_periods_are_those_known(x: float, y: float, period: int) -> None:
    assert Measures(at(x, y)).period[0, 0] == period


def test_inner_distances_are_those_known() -> None:
    # Conformal radii: of the cardioid seen from 0, and of the disc around -1 from its centre.
    assert Measures(at(0, 0)).inner_distance[0, 0] == pytest.approx(0.5, rel=1e-6)
    assert Measures(at(-1, 0)).inner_distance[0, 0] == pytest.approx(0.25, rel=1e-6)
    # The disc's from elsewhere: (R² - r²) / R.
    assert Measures(at(-1.1, 0.1)).inner_distance[0, 0] == pytest.approx(
        (0.25**2 - 0.02) / 0.25, rel=1e-6
    )
    assert np.isnan(Measures(at(1, 1)).inner_distance).all()


def test_the_orbit_of_a_centre_is_lowest_at_its_period() -> None:
    for x, y, period in ((-1, 0, 2), (-0.12256117, 0.74486177, 3), (-1.75487767, 0, 3)):
        assert Measures(at(x, y)).lowest[0, 0] == period
    assert Measures(at(1, 1)).lowest[0, 0] == 0


def test_what_cannot_be_measured_is_said_and_something_else_is_shown() -> None:
    own = FORMULAS["phoenix"].home
    frame = render(
        Viewport.from_screen(own.x, own.y, own.width, 40, 30), "fast", 100, formula="phoenix"
    )
    plain_one, _ = paint(Measures(frame), Colouring())
    for inside in ("period", "distance"):
        painting, _ = paint(Measures(frame), Colouring(inside=inside))
        assert painting.notice.endswith("; the inside is plain.")
        np.testing.assert_array_equal(painting.rgba, plain_one.rgba)

    def rounded(a: Any, b: Any, cx: Any, cy: Any, fma: Any) -> Any:
        return fma(a, a, fma(-b, b, cx)), max(a + a, a + a) * b + cy

    odd = replace(FORMULAS["mandelbrot"], step=rounded)
    with pytest.raises(NoDerivative, match=r"^the step of Mandelbrot does more than"):
        tangent_text(odd)


@pytest.mark.slow
def test_a_formula_of_ones_own_has_a_distance() -> None:
    def bent(a: Any, b: Any, cx: Any, cy: Any, fma: Any) -> Any:
        return fma(a, a, fma(-b, b, cx)) / 1, 2 * abs(a) * b + cy

    register_formula("bent", bent)
    frame = render(Viewport.from_screen("0", "0", "4", 30, 20), "fast", 60, formula="bent")
    assert np.isfinite(Measures(frame).distance[~Measures(frame).inside]).all()


def test_measuring_stops_when_told() -> None:
    frame = render(Viewport.from_screen("-0.75", "0", "3.5", 60, 50), "fast")
    for name in ("distance", "period", "inner_distance", "lowest"):
        with pytest.raises(Cancelled):
            getattr(Measures(frame, Control(lambda: True)), name)


def test_another_palette_measures_nothing_again() -> None:
    view = Viewport.from_screen("-0.7", "0.3", "0.1", 60, 50)
    task = Draw(view, Settings("fast"), Colouring("distance", inside="period"))
    first = task.run(Control())
    known = len(known_measures)
    again = replace(task, colouring=replace(task.colouring, palette="ember", density=2.0))
    assert (again.run(Control()).image.rgba() != first.image.rgba()).any()
    assert len(known_measures) == known


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("inside", INSIDES)
def test_every_look_goes_with_every_inside(look: str, inside: str) -> None:
    frame = render(Viewport.from_screen("-0.75", "0", "3.5", 80, 60), "fast")
    painting, _ = paint(Measures(frame), Colouring(look, inside=inside, interior="#ff00ff"))
    within = np.isnan(Measures(frame).count)
    pink = (painting.rgba[..., :3] == (255, 0, 255)).all(axis=-1)
    assert not pink[~within].any()
    assert pink[within].all() == (inside == "plain")
