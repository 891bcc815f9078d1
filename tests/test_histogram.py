"""The histogram beside the palette, the palettes' stops, and colours that stay while one moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.controls.histogram import drawn, ticks
from mandel_core import Settings, Viewport, render
from mandel_core.colour.colouring import Colouring
from mandel_core.colour.histogram import BINS, Histogram, edges_of, histogram
from mandel_core.colour.looks import LOOKS
from mandel_core.colour.measures import Measures
from mandel_core.colour.painting import paint
from mandel_core.colour.palettes import PALETTES, colours, is_cyclic
from mandel_core.colour.places import CLAMP, FOLD, WRAP, Course
from mandel_core.colour.smooth import continuous_count
from mandel_core.model.control import NO_CONTROL
from mandel_core.worker.tasks import Draw

HOME = Viewport.from_screen("-0.75", "0", "3.5", 120, 100)
FAST = Settings("fast")


@pytest.mark.parametrize("look", LOOKS)
def test_the_histogram_is_that_of_the_counts(look: str) -> None:
    frame = render(HOME, "fast")
    painting, _ = paint(Measures(frame), Colouring(look))
    found = histogram(frame, painting)
    count = continuous_count(frame)
    assert found is not None
    outside = count[~np.isnan(count)]
    assert sum(found.shares) + found.interior_share == pytest.approx(1)
    assert found.interior_share == pytest.approx(np.isnan(count).mean())
    assert (found.low, found.high) == pytest.approx((outside.min(), outside.max()), abs=1e-3)
    assert (found.edges[0], found.edges[-1]) == pytest.approx((found.low, found.high))
    expected = np.histogram(outside, found.edges)[0] / count.size
    np.testing.assert_allclose(found.shares, expected, rtol=0, atol=3 / count.size)
    assert [bool(colour) for colour in found.colours] == [share > 0 for share in found.shares]
    assert drawn(found).count("<rect") == sum(share > 0 for share in found.shares)


@given(st.floats(-2, 1e6), st.floats(0, 1e6))
def test_its_axis_has_round_counts_where_they_stand(low: float, more: float) -> None:
    high = low + more
    found = Histogram(low, high, (), (), (), 0.0)
    places = edges_of(low, high)
    marks = ticks(found)
    for at, value in marks.items():
        assert value == pytest.approx(
            max(np.interp(at * BINS, range(BINS + 1), places), 0), rel=0.05, abs=1.01
        )
    assert len(marks) <= 6
    assert list(marks.values()) == sorted(set(marks.values()))


def test_a_picture_of_the_inside_has_none() -> None:
    inner = Viewport.from_screen("0", "0", "0.1", 9, 9)
    assert Draw(inner, FAST).run(NO_CONTROL).histogram is None


@given(
    st.floats(-50, 50),
    st.floats(0.01, 100),
    st.floats(0, 1),
    st.sampled_from([CLAMP, WRAP, FOLD]),
)
def test_positions_run_along_the_palette(
    position: float, density: float, phase: float, beyond: int
) -> None:
    course = Course(density, phase, beyond)
    at = float(course.on_palette(np.array([[position]]))[0, 0])
    moved = position * density + phase
    assert 0 <= at <= 1
    if 0 <= moved <= 1:
        assert at == pytest.approx(moved)
    elif beyond == CLAMP:
        assert at == (0 if moved < 0 else 1)
    else:
        # One palette on, or there and back, is the same place.
        around = np.exp(2j * np.pi * moved) if beyond == WRAP else np.cos(np.pi * moved)
        again = np.exp(2j * np.pi * at) if beyond == WRAP else np.cos(np.pi * at)
        assert abs(around - again) < 1e-9
    index = int(course.indices(np.array([[position]]), 255)[0, 0])
    assert index == pytest.approx(1 + 254 * at, abs=0.51)


@pytest.mark.parametrize("name", PALETTES)
def test_cyclic_palettes_meet_and_all_have_colours(name: str) -> None:
    own = colours(name)
    assert own.shape[1] == 3
    assert 0 <= own.min() < own.max() <= 1
    if is_cyclic(name):
        assert np.abs(own[0] - own[-1]).max() < 0.1  # Matplotlib's "hsv" meets no closer


def test_reversed_is_the_other_way_round() -> None:
    frame = render(HOME, "fast")
    ways = [
        paint(Measures(frame), Colouring("equalised", "viridis", reversed=way))[0]
        for way in (False, True)
    ]
    there, back = (way.table[1:] for way in ways)
    np.testing.assert_array_equal(there, back[::-1])


def test_equalised_colours_are_steady_while_one_moves() -> None:
    colouring = Colouring("equalised", "gray")
    rest = Draw(HOME, FAST, colouring)
    rest.run(NO_CONTROL)
    half = Viewport.from_screen("-0.75", "0", "1.75", 60, 50)
    moving = Draw(half, FAST, colouring, like=(HOME, FAST)).run(NO_CONTROL).image.rgba()
    own = Draw(half, FAST, colouring).run(NO_CONTROL).image.rgba()
    assert (moving != own).any()
    # The same counts have the same greys as at rest, but for where the palette is stepped.
    all_of_it = rest.run(NO_CONTROL).image.rgba()
    counts = [continuous_count(render(view, "fast")) for view in (HOME, half)]
    order = np.argsort(counts[0], axis=None)
    known, grey = counts[0].ravel()[order], all_of_it[..., 0].ravel()[order].astype(float)
    outside = ~np.isnan(known)
    expected = np.interp(counts[1], known[outside], grey[outside])
    within = ~np.isnan(counts[1]) & (counts[1] <= known[outside].max())
    assert np.abs(expected - moving[..., 0])[within].max() <= 3
    # What is forgotten is no failure.
    elsewhere = replace(HOME, nx=31, ny=17)
    forgotten = Draw(half, FAST, colouring, like=(elsewhere, FAST)).run(NO_CONTROL)
    np.testing.assert_array_equal(forgotten.image.rgba(), own)
