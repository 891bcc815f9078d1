"""Colouring: the continuous count is continuous, and both looks show what they claim to show."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from datashader.transfer_functions import eq_hist
from matplotlib import colormaps
from matplotlib.colors import LightSource, PowerNorm

from mandel_core import Frame, Settings, Viewport, render
from mandel_core.colour import counting, equalising
from mandel_core.colour.looks import LOOKS
from mandel_core.colour.looks.hill_shaded import HILL_SHADED
from mandel_core.colour.measures import Measures
from mandel_core.colour.palettes import PALETTES, colours
from mandel_core.colour.shading import equalise, shade
from mandel_core.colour.smooth import continuous_count

HORIZONS = (2.0, 3.0, 10.0, 1e3, 2.0**40)
LIMIT = {"float32": 2.0**63, "float64": 2.0**511}

# From near the set outwards, where the count falls all the way.
LINE = Viewport.from_bounds(0.6, 2.5, 0.5, 0.5, 20_001, 1)


def along(horizon, dtype, line=LINE, maxiter=200):
    frame = render(line, "numpy", maxiter, horizon=horizon, dtype=dtype)
    return frame, continuous_count(frame)[0]


@pytest.fixture(scope="module")
def small():
    return render(Viewport.from_bounds(-2.25, 0.75, -1.0, 1.25, 60, 45), "numpy", 80)


@pytest.mark.parametrize("horizon", [*HORIZONS, 2.0**511])
def test_bands_meet_without_a_step(horizon):
    frame, count = along(horizon, "float64")
    edges = np.diff(frame.iterations[0]) != 0
    assert edges.sum() >= 2
    step = np.abs(np.diff(count))
    # Neighbours that lie in different bands differ by no more than those on either side of them
    # do, apart from the curve's bend (the step changes by under 1 % from sample to sample) and
    # the count's own error of |c| / |z|**2 at 2**14, which is below 1e-7.
    for edge in np.nonzero(edges)[0]:
        within = max(step[max(edge - 1, 0)], step[min(edge + 1, step.size - 1)])
        assert step[edge] <= 1.01 * within + 1e-7


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_horizons_change_the_count_by_a_constant(dtype):
    _, reference = along(LIMIT[dtype], dtype)
    # float64: the same 1e-7. float32: half a unit in the last place of z a step, magnified by at
    # most 2**8 on the way out, of which the double logarithm leaves a part in log|z|.
    tolerance = 1e-7 if dtype == "float64" else 2e-5
    for horizon in HORIZONS:
        offset = along(horizon, dtype)[1].astype(float) - reference
        expected = math.log2(math.log(horizon) / math.log(LIMIT[dtype]))
        np.testing.assert_allclose(offset, expected, rtol=0, atol=tolerance)


def test_the_count_falls_steadily_away_from_the_set():
    for horizon in HORIZONS:
        assert (np.diff(along(horizon, "float64")[1]) < 0).all()


def test_at_the_horizon_itself_the_count_is_the_number_of_steps():
    # c = h: the first step lands on the horizon.
    view = Viewport.from_bounds(2**40, 2**40, 0, 0, 1, 1)
    assert continuous_count(render(view, "numpy"))[0, 0] == pytest.approx(1, abs=1e-6)


def test_it_is_the_tutorials_count_but_for_the_offset(small):
    horizon = small.settings.horizon
    with np.errstate(divide="ignore", invalid="ignore"):
        M = small.iterations + 1 - np.log2(np.log(np.abs(small.z))) + math.log2(horizon)
    outside = small.iterations > 0
    offset = math.log2(math.log(horizon)) - math.log2(horizon)
    # float32 rounding of numbers up to 120
    np.testing.assert_allclose(
        continuous_count(small)[outside], M[outside] + offset, rtol=0, atol=5e-5
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_count_has_the_frames_shape_and_precision(dtype):
    frame = render(Viewport.from_bounds(-2, 1, -1, 1, 7, 5), "numpy", dtype=dtype)
    count = continuous_count(frame)
    assert count.shape == (5, 7)
    assert count.dtype == dtype


@pytest.mark.parametrize("horizon", [2.0, 2.0**40])
def test_the_interior_is_nan_and_nothing_else_is(horizon):
    frame = render(
        Viewport.from_bounds(-2.25, 0.75, -1.25, 1.25, 97, 81), "numpy", 60, horizon=horizon
    )
    count = continuous_count(frame)
    inside = np.abs(frame.z) < horizon
    inside[40, 8] = True  # -2, whose orbit lies at 2 for ever: it has not left, whatever n says
    np.testing.assert_array_equal(np.isnan(count), inside)
    assert np.isnan(count[40, 72])  # 0
    assert np.isnan(count[40, 40])  # -1
    assert np.isfinite(count[~inside]).all()


@pytest.mark.parametrize("horizon", [2.0, 2.0**40])
def test_points_that_leave_at_the_last_step_get_their_count_back(horizon):
    view = Viewport.from_bounds(-2.25, 0.75, -1.25, 1.25, 97, 81)
    longer = render(view, "numpy", 60, horizon=horizon)
    last_steps = np.unique(longer.iterations[longer.iterations > 0])
    for maxiter in last_steps[[0, 3, -1]] + 1:
        cut = render(view, "numpy", maxiter, horizon=horizon)
        last = longer.iterations == maxiter - 1
        assert last.any()
        assert (cut.iterations[last] == 0).all()
        left = np.abs(cut.z) >= horizon
        assert np.isfinite(continuous_count(cut)[last]).all()
        np.testing.assert_array_equal(
            continuous_count(cut)[left], continuous_count(longer)[left], strict=True
        )


def test_points_beyond_the_horizon_from_the_start_have_a_count():
    view = Viewport.from_bounds(-6, 6, -6, 6, 13, 13)
    counts = [continuous_count(render(view, "numpy", n, horizon=2.0)) for n in (1, 2, 20)]
    far = np.hypot(*np.meshgrid(np.linspace(-6, 6, 13), np.linspace(-6, 6, 13))) > 2.5
    for count in counts:
        assert np.isfinite(count[far]).all()
        np.testing.assert_array_equal(count[far], counts[0][far])


@pytest.fixture
def ramp():
    """A count as uneven as real ones, with an interior: (40, 50)."""
    count = np.exp(np.random.default_rng(7).normal(2, 0.7, (40, 50)))
    count[5:9, 5:9] = np.nan
    return count


def test_equalised_levels_are_datashaders(ramp):
    count = ramp
    inside = np.isnan(count)
    level, _ = eq_hist(count, inside)
    expected = (level[~inside] - level[~inside].min()) / (1 - level[~inside].min())
    grey = equalise(count, "gray")[..., 0][~inside] / 255
    # rounded to 1 of 255 levels, and the grey value to 1 of 256
    np.testing.assert_allclose(grey, expected, rtol=0, atol=0.5 / 254 + 0.5 / 255)


def test_equalised_shades_rise_with_the_count(ramp):
    count = ramp
    order = np.argsort(count[~np.isnan(count)])
    grey = equalise(count, "gray")[~np.isnan(count)][order, 0].astype(int)
    assert (np.diff(grey) >= 0).all()
    assert (grey[0], grey[-1]) == (0, 255)


def test_equalised_shades_cover_about_the_same_area():
    count = continuous_count(
        render(Viewport.from_bounds(-2.25, 0.75, -1.25, 1.25, 300, 250), "numpy", 100)
    )
    grey = equalise(count, "gray")[..., 0][~np.isnan(count)]
    shares = np.histogram(grey, bins=8, range=(0, 256))[0] / grey.size
    # eighths, but that equal levels begin at the lowest bin and counts repeat by symmetry
    np.testing.assert_allclose(shares, 1 / 8, rtol=0, atol=0.02)


def test_equalising_does_not_change_the_count(small):
    count = continuous_count(small)
    kept = count.copy()
    equalise(count)
    np.testing.assert_array_equal(count, kept)


@pytest.mark.parametrize("palette", PALETTES)
def test_the_ends_of_the_palette_are_used(palette):
    count = np.linspace(1, 9, 400).reshape(20, 20)
    picture = equalise(count, palette)
    for place, end in (((0, 0), 0.0), ((-1, -1), 1.0)):
        np.testing.assert_array_equal(
            picture[place], np.rint(255 * np.array([*colours(palette)[int(-end)], 1]))
        )


@pytest.mark.parametrize("palette", PALETTES)
def test_the_equalised_interior_is_black(small, palette):
    picture = shade(small, "equalised", palette)
    inside = np.isnan(continuous_count(small))
    assert inside.any()
    assert (picture[inside] == (0, 0, 0, 255)).all()


QUICK: dict[str, Any] = {
    "home": (("-0.75", "0", "3.5"), (300, 250), {}),
    "home in float64": (("-0.75", "0", "3.5"), (300, 250), {"dtype": "float64"}),
    "low horizon": (("-0.75", "0", "5"), (300, 250), {"horizon": 2.0}),
    "highest horizon": (("-0.75", "0", "3.5"), (90, 70), {"horizon": 2.0**511, "dtype": "float64"}),
    "few steps": (("-0.75", "0", "3.5"), (300, 250), {"horizon": 10.0, "maxiter": 7}),
    "beyond the horizon": (("0", "0", "1000"), (120, 100), {"horizon": 3.0}),
    "beyond a high horizon": (("0", "0", "1e7"), (120, 100), {"horizon": 2.0**20}),
    "up to a high horizon": (("0", "0", "1.2e6"), (120, 100), {"horizon": 2.0**20}),
    "deep": (
        ("-0.743643887037151", "0.131825904205330", "1e-9"),
        (120, 90),
        {"maxiter": 20_000, "dtype": "float64"},
    ),
    "needle between sampled rows": (("-1.7", "0", "0.3"), (1000, 400), {}),
    "wide": (("-0.75", "0.1", "3.5"), (100_000, 2), {}),
    "interior": (("0", "0", "0.1"), (9, 9), {}),
    "one inside": (("0", "0", "0.1"), (1, 1), {}),
    "one outside": (("2", "2", "0.1"), (1, 1), {}),
    "row": (("-0.5", "0", "3"), (12, 1), {}),
}


@pytest.mark.parametrize("name", QUICK)
def test_the_quick_way_is_the_reference(name):
    where, shape, settings = QUICK[name]
    frame = render(Viewport.from_screen(*where, *shape), "lanes", **settings)
    quick = shade(frame, "equalised", "gray")
    count = continuous_count(frame)
    np.testing.assert_allclose(quick.astype(int), equalise(count, "gray"), rtol=0, atol=2)
    # The interior's black is not the first shade of "inferno" or of "viridis", say.
    np.testing.assert_array_equal(
        (shade(frame, "equalised", "viridis") == (0, 0, 0, 255)).all(axis=-1), np.isnan(count)
    )


def test_formulas_share_the_kernels_that_colour_them():
    """What a visitor waits for who chooses another one is its own kernel alone."""
    view = Viewport.from_screen("0", "0", "4", 60, 45)
    compiled = []
    for formula in ("mandelbrot", "multibrot5", "burning_ship"):
        frame = render(view, "numpy", 50, formula=formula, dtype="float64")
        shade(frame, "equalised", "gray")
        counting.counts(frame)
        kernels: list[Any] = [counting._count_rows, equalising._sort_into_bins]
        compiled.append([len(kernel.signatures) for kernel in kernels])
    assert compiled[1:] == compiled[:1] * 2


def made_up(iterations, maxiter):
    """A frame with these iteration counts, and every orbit left at the same place."""
    iterations = np.asarray(iterations)
    view = Viewport.from_bounds(-0.1, 0.1, -0.1, 0.1, *iterations.shape[::-1])
    z = np.full(iterations.shape, 2.0**50, np.complex64)
    return Frame(view, Settings("lanes", maxiter), iterations, z, 0.0, 0.0)


def test_counts_close_together_keep_their_shades_beside_a_few_far_away():
    rng = np.random.default_rng(1)
    frame = made_up(rng.integers(4000, 4020, (200, 300)), 10_000_000)
    frame.z[...] = 2.0 ** (40 + 39 * rng.random(frame.z.shape))
    frame.iterations[5, :40] = np.linspace(5000, 9_999_000, 40)
    count = continuous_count(replace(frame, z=frame.z.astype(np.complex128)))
    grey = shade(frame, "equalised", "gray")[..., 0]
    rank = np.empty(count.size)
    rank[np.argsort(count, axis=None)] = np.linspace(0, 255, count.size)
    np.testing.assert_allclose(grey, rank.reshape(grey.shape), rtol=0, atol=2)


@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_frames_may_count_in_any_integer(kind):
    frame = made_up(np.arange(1, 61).reshape(6, 10).astype(kind), 100)
    quick = shade(frame, "equalised", "gray")
    reference = equalise(continuous_count(frame), "gray")
    np.testing.assert_allclose(quick.astype(int), reference, rtol=0, atol=1)


def test_what_the_quick_way_reads_is_left_alone_and_need_not_be_contiguous(small):
    turned = replace(small, iterations=small.iterations.T.copy().T, z=small.z.T.copy().T)
    kept = small.iterations.copy(), small.z.copy()
    np.testing.assert_array_equal(shade(turned), shade(small))
    np.testing.assert_array_equal(small.iterations, kept[0])
    np.testing.assert_array_equal(small.z, kept[1])


class Unstretched(LightSource):
    """Without the stretch from a picture's darkest to its lightest, which each view has anew."""

    def shade_normals(self, normals, fraction=1.0):
        return (normals.dot(self.direction) + 1) / 2


def test_a_coarse_picture_is_lit_like_a_fine_one_and_a_part_like_the_whole():
    fine, coarse, part = (
        render(Viewport.from_screen("-0.9", "0.6", width, nx, ny), "numpy", 60)
        for width, nx, ny in ((1, 400, 300), (1, 100, 75), (0.5, 200, 150))
    )
    relief = HILL_SHADED.relief
    assert relief is not None
    light, few, some = (relief(Measures(frame)) for frame in (fine, coarse, part))
    means = light.reshape(75, 4, 100, 4).mean(axis=(1, 3))
    smooth = light.reshape(75, 4, 100, 4).std(axis=(1, 3)) < 0.02
    assert smooth.mean() > 0.3
    # But for slopes that begin or end between two of the coarse picture's pixels.
    assert (np.abs(means - few)[smooth] < 0.05).mean() > 0.97
    # Half as wide a window makes slopes half as steep: no darker and no lighter than that.
    middle = light[75:225, 100:300]
    flat = np.sin(np.radians(10))
    assert np.abs(some - flat).mean() < np.abs(middle - flat).mean()


@pytest.mark.parametrize("palette", ["hot", "inferno", "gray", "viridis"])
def test_hill_shading_is_the_tutorials_but_for_the_interior(small, palette):
    # Slopes are those of a picture of 1000 columns.
    steepness = 1.5 * 60 / 1000
    # The tutorial shows its first row at the top; we show it at the bottom, lit the same way.
    M = np.nan_to_num(continuous_count(small))[::-1]
    light = Unstretched(azdeg=315, altdeg=10)
    expected = light.shade(
        M, cmap=colormaps[palette], vert_exag=steepness, norm=PowerNorm(0.3), blend_mode="hsv"
    )[::-1]
    picture = shade(small, "hill-shaded", palette, interior="#123456").astype(float)
    outside = ~np.isnan(continuous_count(small))
    differ = np.abs(picture - 255 * expected)[outside].max(axis=-1)
    # The quick count may be at the next of the palette's 256 colours.
    assert differ.max() < 8
    assert (differ > 0.5 + 1e-9).mean() < 0.01
    assert (picture[~outside] == (0x12, 0x34, 0x56, 255)).all()


@pytest.mark.parametrize("look", LOOKS)
def test_the_first_row_is_at_the_bottom(look):
    # Above y = 1.5 nothing belongs to the set; the middle of the first row does.
    frame = render(Viewport.from_bounds(-0.5, 0.25, 0, 2, 11, 21), "numpy", 60)
    picture = shade(frame, look, "hot", interior="#ffffff").astype(int)[..., :3].sum(axis=-1)
    assert picture.shape == (21, 11)
    assert picture[0].max() == 3 * 255
    assert picture[-1].max() < 3 * 255


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(
    ("bounds", "shape"),
    [
        ((-0.1, 0.1, -0.1, 0.1), (9, 9)),
        ((0, 0, 0, 0), (1, 1)),
        ((2, 2, 2, 2), (1, 1)),
        ((2, 2, 2, 2), (6, 5)),
        ((-2, 1, 0, 0), (12, 1)),
        ((0, 0, -2, 1), (1, 12)),
        ((-2, 1, -1, 1), (2, 2)),
    ],
    ids=["interior", "one inside", "one outside", "constant", "row", "column", "two by two"],
)
def test_odd_frames_make_pictures(look, bounds, shape):
    nx, ny = shape
    picture = shade(render(Viewport.from_bounds(*(*bounds, nx, ny)), "numpy", 30), look)
    assert picture.shape == (ny, nx, 4)
    assert picture.dtype == np.uint8
    assert (picture[..., 3] == 255).all()
    assert picture.flags.c_contiguous


def test_all_counts_alike_make_one_colour():
    assert len(np.unique(equalise(np.full((6, 5), 3.25)).reshape(-1, 4), axis=0)) == 1
    for look in LOOKS:
        alike = made_up(np.full((6, 5), 3), 100)
        assert len(np.unique(shade(alike, look).reshape(-1, 4), axis=0)) == 1


def test_unknown_names_are_told_the_known_ones(small):
    with pytest.raises(
        ValueError, match=r"^there is no look 'flat'; there are smooth, equalised, dist"
    ):
        shade(small, "flat")
    with pytest.raises(ValueError, match=r"^there is no palette 'plaid'; there are lagoon, "):
        shade(small, "equalised", "plaid")
