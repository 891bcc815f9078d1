"""The automatic limit: enough for what a view shows, steady, and quickly found."""

from __future__ import annotations

import cmath
import math
from decimal import Decimal

import numpy as np
import pytest

from mandel_core import Cancelled, Frame, Settings, Viewport, render
from mandel_core.model.control import Control
from mandel_core.rendering.iteration_limit import (
    CAP,
    LADDER,
    SLACK,
    automatic_limit,
    base,
    known_limits,
)

HORIZON = 2.0**40


def on_the_boundary(turns: float) -> tuple[str, str]:
    """Where the ray from 0 in this direction meets the set's boundary, found by bisection."""
    inside, outside = 0j, 2 * cmath.exp(2j * cmath.pi * turns)
    for _ in range(50):
        middle, z = (inside + outside) / 2, 0j
        for _ in range(5000):
            z = z * z + middle
            if abs(z) > 2:
                outside = middle
                break
        else:
            inside = middle
    return repr(inside.real), repr(inside.imag)


PLACES = {
    "i, a Misiurewicz point": ("0", "1"),
    "where bands merge": ("-1.543689012692076361570855971801747986525", "0"),
    "near -2": ("-1.99999", "0"),
    "seahorses": ("-0.743643887037151", "0.131825904205330"),
    "seahorse valley": ("-0.75", "0.001"),
    "elephant valley": ("0.2925755", "0.0149977"),
    "the cusp": ("0.25", "0"),
    "a minibrot": ("-1.7687788", "0.0017389"),
    "a minibrot on the axis": ("-1.75487766624669", "0"),
    "where discs touch": ("-1.25", "0"),
    "boundary, upwards": on_the_boundary(0.21),
    "boundary, to the left": on_the_boundary(0.37),
}


def at(place: tuple[str, str], tick: int, size: tuple[int, int] = (64, 48)) -> Viewport:
    return Viewport.from_screen(*place, Decimal("3.5") / Decimal("1.2") ** tick, *size)


def limit_of(view: Viewport, start: int = 200) -> int:
    return automatic_limit(view, Settings(maxiter=start, horizon=HORIZON, dtype=view.precision))


def left(frame: Frame) -> np.ndarray:
    return np.abs(frame.z) >= HORIZON


@pytest.mark.parametrize("place", PLACES)
def test_following_a_zoom_nothing_ends_in_black(place: str) -> None:
    limit = 200
    for tick in range(61):
        view = at(PLACES[place], tick)
        limit = limit_of(view, limit)
        assert base(view) <= limit <= CAP
        assert limit_of(view, limit) == limit
        if tick % 4:
            continue
        seen = left(render(view, "fast", limit, horizon=HORIZON, dtype=view.precision))
        there = left(render(view, "fast", 8 * limit, horizon=HORIZON, dtype=view.precision))
        assert seen.any() or there.mean() <= 0.002
        assert (there & ~seen).mean() <= 0.03


def test_the_home_view_has_the_tutorials_limit() -> None:
    for size in ((64, 48), (1000, 833), (97, 81)):
        assert limit_of(Viewport.from_screen("-0.75", "0", "3.5", *size)) == 200


def test_the_least_limit_grows_gently_with_depth() -> None:
    least = [base(at(("0", "0"), tick)) for tick in range(0, 200, 5)]
    assert least == sorted(least)
    assert least[0] == 200
    assert 800 <= least[-1] <= 1500
    assert base(Viewport.from_bounds(0, 0, 0, 0, 1, 1)) <= 1500


def test_what_leaves_late_is_found_though_nothing_leaves_soon() -> None:
    view = Viewport.from_screen("0.250001", "0", "1e-9", 64, 48)
    assert not left(render(view, "fast", base(view), horizon=HORIZON, dtype="float64")).any()
    limit = limit_of(view)
    assert left(render(view, "fast", limit, horizon=HORIZON, dtype="float64")).all()


def test_the_limit_of_a_view_without_an_outside_stays_what_it_was() -> None:
    view = Viewport.from_screen("-0.1", "0", "0.1", 64, 48)
    assert limit_of(view, 200) == base(view)
    assert limit_of(view, 5000) == 5000
    assert limit_of(view, base(view)) == base(view)


def test_a_limit_that_is_enough_is_kept() -> None:
    view = at(PLACES["seahorses"], 20)
    needed = limit_of(view, 1)
    assert needed in LADDER
    for start in (needed, needed + 1, SLACK * needed):
        assert limit_of(view, start) == start
    for start in (needed - 1, SLACK * needed + 1):
        assert limit_of(view, start) == needed


def test_panning_seldom_changes_the_limit() -> None:
    changes = steps = 0
    rng = np.random.default_rng(3)
    for place in PLACES.values():
        view = at(place, 15)
        limit = limit_of(view, 200)
        for _ in range(12):
            angle = rng.random() * 2 * math.pi
            x, y = (view.span_x / 10 * Decimal(part(angle)) for part in (math.cos, math.sin))
            view = Viewport(view.x + x, view.y + y, view.span_x, view.span_y, 64, 48)
            before, limit = limit, limit_of(view, limit)
            changes, steps = changes + (limit != before), steps + 1
    assert changes <= 0.2 * steps  # an eighth, over many seeds and with all instruction sets


@pytest.mark.parametrize("size", [(1, 1), (12, 1), (1, 12), (16000, 2)])
def test_views_of_any_shape_have_a_limit(size: tuple[int, int]) -> None:
    assert limit_of(Viewport.from_screen("-0.75", "0.1", "3.5", *size)) >= 200


def test_a_search_can_be_given_up_and_leaves_nothing_behind() -> None:
    view = at(PLACES["the cusp"], 33, (61, 47))
    with pytest.raises(Cancelled):
        automatic_limit(view, Settings(horizon=HORIZON, dtype="float64"), Control(lambda: True))
    assert (view, HORIZON, "float64") not in known_limits._kept
