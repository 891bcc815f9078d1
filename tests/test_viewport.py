"""The viewport samples exactly the points it says it samples."""

from __future__ import annotations

import decimal
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mandel_core import Viewport
from mandel_core.model.decimals import trimmed

coordinates = st.floats(-1e6, 1e6)
counts = st.integers(1, 50)
LONG_X = "-0.743643887037158704752191506114774123456789012345678901"
LONG_Y = "0.131825904205311970493132056385139987654321098765432109"


@given(coordinates, coordinates, coordinates, coordinates, counts, counts)
def test_from_bounds_gives_linspace_of_the_bounds(x0, x1, y0, y1, nx, ny):
    (x0, x1), (y0, y1) = sorted((x0, x1)), sorted((y0, y1))
    view = Viewport.from_bounds(x0, x1, y0, y1, nx, ny)
    assert view.bounds == (x0, x1, y0, y1)
    for dtype in ("float32", "float64"):
        x, y = view.axes(dtype)
        assert x.dtype == y.dtype == dtype
        np.testing.assert_array_equal(x, np.linspace(x0, x1, nx, dtype=dtype))
        np.testing.assert_array_equal(y, np.linspace(y0, y1, ny, dtype=dtype))


@pytest.mark.parametrize(
    "bounds", [(1e-300, 1.0, -1.0, -1e-300), (1.234567890123456e-13, 0.75, -0.1, 1e6)]
)
def test_a_bound_much_smaller_than_the_width_comes_back(bounds):
    xmin, xmax, ymin, ymax = bounds
    assert Viewport.from_bounds(xmin, xmax, ymin, ymax, 3, 3).bounds == bounds


def test_numbers_may_be_strings_ints_floats_and_decimals():
    view = Viewport.from_bounds("-2.25", Decimal("0.75"), -1, 1.5, 7, 6)
    assert (view.x, view.y) == (Decimal("-0.75"), Decimal("0.25"))
    assert (view.span_x, view.span_y) == (3, Decimal("2.5"))


@given(st.integers(), st.integers(0, 40), st.integers(0, 60))
def test_a_number_has_no_zeros_at_its_end(digits: int, places: int, zeros: int) -> None:
    number = Decimal(f"{digits}e-{places}")
    short = trimmed(Decimal(f"{digits * 10**zeros}e-{places + zeros}"))
    assert short == number
    _, written, exponent = short.as_tuple()
    assert exponent == 0 or (int(exponent) < 0 and written[-1] != 0)


def test_a_float_means_its_shortest_decimal():
    view = Viewport(0.1, np.float64(0.2), 1, 1, 2, 2)  # type: ignore[arg-type]
    assert (view.x, view.y) == (Decimal("0.1"), Decimal("0.2"))


def test_every_digit_of_a_centre_is_kept():
    view = Viewport.from_screen(LONG_X, LONG_Y, "3e-45", 8, 6)
    assert (str(view.x), str(view.y)) == (LONG_X, LONG_Y)


def test_bounds_of_more_than_forty_digits_make_an_exact_centre():
    xmin, xmax = Decimal(LONG_X), Decimal(LONG_X) + 1
    view = Viewport.from_bounds(LONG_X, str(xmax), LONG_Y, LONG_Y, 3, 1)
    assert Fraction(view.x) == (Fraction(xmin) + Fraction(xmax)) / 2
    assert Fraction(view.span_x) == Fraction(xmax) - Fraction(xmin)
    assert (view.y, view.span_y) == (Decimal(LONG_Y), 0)


def test_the_callers_decimal_context_does_not_matter():
    with decimal.localcontext(decimal.Context(prec=3)):
        bounds = Viewport.from_bounds("-1.23456789", "1.3456789", "0", "1.1111111", 5, 5).bounds
        screen = Viewport.from_screen("0.123456789", 0, "1.23456789", 10, 10)
    assert bounds == (-1.23456789, 1.3456789, 0.0, 1.1111111)
    assert screen == Viewport.from_screen("0.123456789", 0, "1.23456789", 10, 10)


@given(
    st.floats(-2, 2), st.floats(-2, 2), st.floats(1e-6, 4), st.integers(1, 40), st.integers(1, 40)
)
def test_from_screen_samples_the_centres_of_square_pixels(x, y, width, nx, ny):
    view = Viewport.from_screen(x, y, width, nx, ny)
    pixel = width / nx
    xs, ys = view.axes("float64")
    # A few roundings of numbers no larger than the centre or the window, which may be high.
    close = {"rtol": 0, "atol": 8 * np.finfo(float).eps * max(4, pixel * ny)}
    np.testing.assert_allclose(xs, x + (np.arange(nx) + 0.5 - nx / 2) * pixel, **close)
    np.testing.assert_allclose(ys, y + (np.arange(ny) + 0.5 - ny / 2) * pixel, **close)
    if nx > 1 and ny > 1:
        edges = (x - width / 2, x + width / 2, y - pixel * ny / 2, y + pixel * ny / 2)
        np.testing.assert_allclose(view.extent, edges, **close)


@given(
    st.decimals(-2, 2, places=30),
    st.integers(-20, 20),
    st.integers(-20, 20),
    st.integers(30, 40),
    st.integers(30, 40),
)
def test_views_shifted_by_whole_pixels_sample_the_same_points(x, right, up, nx, ny):
    pixel = Decimal("0.001953125")
    here = Viewport.from_screen(x, "0.25", pixel * nx, nx, ny)
    context = decimal.Context(prec=100)
    there = Viewport.from_screen(
        context.add(x, pixel * right), Decimal("0.25") + pixel * up, pixel * nx, nx, ny
    )
    for axis, shift in ((0, right), (1, up)):
        a, b = here.axes("float64")[axis], there.axes("float64")[axis]
        common = len(a) - abs(shift)
        assume(common > 0)
        a, b = a[max(shift, 0) :][:common], b[max(-shift, 0) :][:common]
        # linspace multiplies and adds: two roundings of numbers below 4.
        np.testing.assert_allclose(a, b, rtol=0, atol=4 * np.finfo(float).eps)


def test_pixel_and_extent():
    view = Viewport.from_bounds(-1, 1, 0, 1, 5, 3)
    assert view.pixel == (0.5, 0.5)
    assert view.extent == (-1.25, 1.25, -0.25, 1.25)
    assert Viewport.from_bounds(1, 1, 2, 2, 1, 1).pixel == (0, 0)


@pytest.mark.parametrize(
    ("x", "width", "precision"),
    [("-0.75", "3", "float32"), ("-0.75", "1e-4", "float64"), ("-0.75", "1e-9", "float64")],
)
def test_precision_follows_the_zoom(x, width, precision):
    assert Viewport.from_screen(x, 0, width, 1000, 800).precision == precision


def test_float32_tells_the_pixels_apart_wherever_it_is_chosen():
    widths = [4 / 2**n for n in range(40)]
    views = [Viewport.from_screen("-0.743643887", "0.13182590", w, 300, 200) for w in widths]
    assert {view.precision for view in views} == {"float32", "float64"}
    for view in views:
        x, y = view.axes(view.precision)
        assert (np.diff(x) > 0).all()
        assert (np.diff(y) > 0).all()


def test_a_single_point_needs_no_precision():
    assert Viewport.from_bounds(0, 0, 0, 0, 1, 1).precision == "float32"


GOOD: dict[str, Any] = {"x": 0, "y": 0, "width": 3, "nx": 4, "ny": 4}
SPANNED: dict[str, Any] = {"x": 0, "y": 0, "span_x": 3, "span_y": 2, "nx": 4, "ny": 4}


@pytest.mark.parametrize("name", ["nx", "ny"])
@pytest.mark.parametrize("value", [0, -1, 1.5, float("nan"), float("inf")])
def test_a_pixel_count_must_be_a_whole_number(name, value):
    with pytest.raises(ValueError, match=rf"^{name} must be a whole number"):
        Viewport.from_screen(**(GOOD | {name: value}))
    with pytest.raises(ValueError, match=rf"^{name} must be a whole number"):
        Viewport(**(SPANNED | {name: value}))


@pytest.mark.parametrize("name", ["x", "y", "width"])
@pytest.mark.parametrize("value", ["", "one", "nan", "inf", float("nan"), float("-inf"), None])
def test_a_coordinate_must_be_a_finite_number(name, value):
    with pytest.raises(ValueError, match=r"is not a (finite|decimal) number$"):
        Viewport.from_screen(**(GOOD | {name: value}))


@pytest.mark.parametrize("bounds", [(1, 0, 0, 1), (0, 1, 1, 0)])
def test_bounds_must_be_in_order(bounds):
    xmin, xmax, ymin, ymax = bounds
    with pytest.raises(ValueError, match="upper bounds must not be below"):
        Viewport.from_bounds(xmin, xmax, ymin, ymax, 4, 4)


def test_equal_views_are_equal_and_hash_alike():
    a, b = Viewport.from_bounds(-1, 1, -1, 1, 4, 4), Viewport.from_bounds(-1, 1, -1, 1.0, 4, 4)
    assert a == b
    assert hash(a) == hash(b)
    assert a == Viewport(Decimal(0), Decimal(0), Decimal(2), Decimal(2), 4, 4)
    assert a != Viewport.from_bounds(-1, 1, -1, 1, 4, 5)


@given(st.decimals("1e-30", 16, places=31).filter(bool), st.integers(2, 5000), st.integers(2, 5000))
def test_a_window_is_as_wide_as_it_was_made(width: Decimal, nx: int, ny: int) -> None:
    view = Viewport.from_screen("-0.75", 0, width, nx, ny)
    assert abs(view.width / width - 1) < Decimal("1e-25")
    assert float(view.height / view.width) == pytest.approx(ny / nx)
    left, right, *_ = view.extent
    assert float(view.width) == pytest.approx(right - left, rel=1e-6, abs=1e-12)
