"""Comparing with float64: rounding is called rounding, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mandel_core import Cancelled, Frame, Settings, StageFailure, Viewport, compare, devices, render
from mandel_core.comparison.comparing import compare_settings, held_against
from mandel_core.model.control import Control
from mandel_core.model.viewport import Precision

pytestmark = pytest.mark.slow

NX, NY = 211, 163
VIEWS = {
    "home": ("-0.75", "0", "3.5", 200),
    "cusp": ("0.25", "0.0003", "0.01", 2000),
    "seahorses": ("-0.745", "0.11", "0.05", 500),
    "spirals": ("-0.7436", "0.1318", "0.005", 400),
    "minibrot of period 3": ("-1.7549", "0", "0.06", 3000),
    "minibrot off the axis": ("-0.1593", "1.0335", "0.03", 2000),
    "deep seahorses": ("-0.743643887037151", "0.13182590420533", "1e-5", 2000),
    "exterior only": ("1.5", "1.2", "1", 64),
}
SCENES = ("home", "seahorses", "minibrot of period 3", "exterior only")


def view_of(name: str) -> Viewport:
    x, y, width, _ = VIEWS[name]
    return Viewport.from_screen(x, y, width, NX, NY)


@cache
def truth(name: str) -> Frame:
    return render(view_of(name), "numpy", VIEWS[name][-1], dtype="float64")


@cache
def frame_of(name: str, dtype: Precision) -> Frame:
    return render(view_of(name), "numba", VIEWS[name][-1], dtype=dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("stage", ["numpy", "numba", "lanes", "fast"])
def test_stages_differ_by_nothing_but_rounding(stage, name, dtype):
    frame = render(view_of(name), stage, VIEWS[name][-1], dtype=dtype)
    comparison = held_against(frame, truth(name))
    assert comparison.unexplained == 0
    assert comparison.is_rounding
    assert comparison.differing == np.count_nonzero(frame.iterations != truth(name).iterations)


@settings(max_examples=60)
@given(
    x=st.floats(-2, 0.5),
    y=st.floats(-1.2, 1.2),
    digits=st.floats(0, 9),
    horizon=st.sampled_from([2.0, 3.0, 1000.0, 2.0**40]),
    maxiter=st.sampled_from([1, 2, 3, 50, 1000]),
    dtype=st.sampled_from(["float32", "float64"]),
)
def test_rounding_is_rounding_wherever_one_looks(x, y, digits, horizon, maxiter, dtype):
    # The deepest have many pixels for each number of float32, all moved the same way.
    view = Viewport.from_screen(x, y, 10**-digits, 40, 31)
    for stage in ("numba", "fast"):
        comparison = compare(view, stage, maxiter, horizon=horizon, dtype=dtype)
        assert comparison.is_rounding, comparison.verdict


def shifted_tile(frame: Frame) -> np.ndarray:
    N = frame.iterations.copy()
    N[48:112, 48:112] = frame.iterations[48:112, 49:113]
    return N


def listing(frame: Frame, step) -> np.ndarray:
    settings = frame.settings
    x, y = frame.view.axes(settings.dtype)
    C = x + y[:, None] * 1j
    Z, N = np.zeros_like(C), np.zeros(C.shape, int)
    with np.errstate(all="ignore"):
        for n in range(settings.maxiter):
            I = np.abs(Z) < settings.horizon
            N[I] = n
            Z[I] = step(Z[I], C[I])
    return np.where(settings.maxiter - 1 == N, 0, N)


def another(frame: Frame, **changes) -> np.ndarray:
    arguments = {"maxiter": frame.settings.maxiter, "dtype": frame.settings.dtype, **changes}
    return render(frame.view, "numba", **arguments).iterations


ERRORS = {
    "counts one more": lambda f: np.where(f.iterations > 0, f.iterations + 1, 0),
    "counts one less": lambda f: np.maximum(f.iterations - 1, 0),
    "half the horizon": lambda f: another(f, horizon=2.0**39),
    "another horizon": lambda f: another(f, horizon=2.0),
    "a wrong sign": lambda f: listing(f, lambda z, c: z**2 - c),
    "a wrong power": lambda f: listing(f, lambda z, c: z**3 + c),
    "one thousandth too much": lambda f: listing(f, lambda z, c: 1.001 * z**2 + c),
    "moved by a pixel": lambda f: np.roll(f.iterations, 1, axis=1),
    "upside down": lambda f: np.roll(f.iterations[::-1], 1, axis=0),
    "one pixel": lambda f: f.iterations + (np.arange(NX) == 5) * (np.arange(NY)[:, None] == 7),
}
OF_THE_SET = {
    "a tile moved by a pixel": shifted_tile,
    "interior written as the last step": lambda f: np.where(
        f.iterations == 0, f.settings.maxiter - 1, f.iterations
    ),
    "nothing is inside": lambda f: np.where(f.iterations == 0, 1, f.iterations),
    "half the iterations": lambda f: another(f, maxiter=f.settings.maxiter // 2),
}


def shows(error: str, scene: str) -> bool:
    """Whether so much comes of the error there, and so soon, that it is worth a test."""
    if scene == "minibrot of period 3" and error in {*SLOW, "half the iterations"}:
        return False
    return error not in OF_THE_SET or scene != "exterior only"


SLOW = {"a wrong sign", "a wrong power", "one thousandth too much"}
CASES = [(e, s) for e in (*ERRORS, *OF_THE_SET) for s in SCENES if shows(e, s)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("error", "scene"), CASES)
def test_a_planted_error_is_not_called_rounding(error, scene, dtype):
    frame = frame_of(scene, dtype)
    planted = replace(frame, iterations={**ERRORS, **OF_THE_SET}[error](frame))
    comparison = held_against(planted, truth(scene))
    assert comparison.differing
    assert not comparison.is_rounding
    assert comparison.verdict.startswith("Not rounding")


@pytest.mark.parametrize("error", ["late ones are inside", "late ones stay longer"])
def test_an_error_as_small_as_rounding_shows_by_its_direction(error):
    # In float32 none of these counts is certain; that all err the same way is no chance.
    frame, name = frame_of("seahorses", "float32"), "seahorses"
    N = frame.iterations
    late = N > 300
    planted = np.where(late, 0 if error == "late ones are inside" else N + 3, N)
    comparison = held_against(replace(frame, iterations=planted), truth(name))
    assert not comparison.is_rounding
    assert comparison.higher > 1.5 * comparison.lower  # while rounding goes either way


@settings(max_examples=40)
@given(row=st.integers(0, NY - 1), column=st.integers(0, NX - 1), by=st.sampled_from([-1, 1, 40]))
def test_one_wrong_pixel_is_found_and_shown_where_it_is(row, column, by):
    frame, right = frame_of("home", "float64"), truth("home")
    N = frame.iterations.copy()
    N[row, column] += by
    comparison = held_against(replace(frame, iterations=N), right)
    assert (comparison.differing, comparison.unexplained) == (1, 1)
    assert np.argwhere(comparison.unexplained_at).tolist() == [[row, column]]
    assert comparison.difference[row, column] == by
    assert np.count_nonzero(comparison.difference) == 1


def test_a_stage_less_precise_than_it_says_is_found():
    frame = frame_of("seahorses", "float32")
    claimed = replace(frame, settings=replace(frame.settings, dtype="float64"))
    assert not held_against(claimed, truth("seahorses")).is_rounding


def test_the_numbers_add_up():
    comparison = held_against(frame_of("spirals", "float32"), truth("spirals"))
    assert comparison.differing == np.count_nonzero(comparison.difference)
    assert comparison.share == comparison.differing / (NX * NY)
    assert comparison.difference.dtype == np.int64
    assert comparison.difference.shape == comparison.interior_at.shape == (NY, NX)
    assert comparison.interior == np.count_nonzero(comparison.interior_at) > 0
    assert sum(comparison.sizes.values()) + comparison.interior == comparison.differing
    ones = (np.abs(comparison.difference) == 1) & ~comparison.interior_at
    assert comparison.sizes[1] == np.count_nonzero(ones)
    some = (np.abs(comparison.difference) // 4 == 1) & ~comparison.interior_at
    assert comparison.sizes[4] == np.count_nonzero(some)


def test_the_same_is_said_to_be_the_same(home):
    comparison = compare(home, "numpy", dtype="float64")
    assert (comparison.differing, comparison.share, comparison.sizes) == (0, 0, {})
    assert comparison.is_rounding
    assert comparison.verdict.startswith("The same, bit for bit")
    assert not comparison.difference.any()


def test_numbers_too_coarse_for_the_view_are_said_to_be():
    view = Viewport.from_screen("-0.743643887", "0.131825904", "1e-6", 80, 60)
    coarse = compare(view, "numba", 1000, dtype="float32")
    assert coarse.is_rounding
    assert coarse.share > 0.1
    assert "too close together" in coarse.verdict
    assert "too close" not in compare(view, "numba", 1000, dtype="float64").verdict


def test_points_beyond_the_horizon_at_once_are_not_inside():
    # Half of this view is beyond 2, where the count is 0 as it is inside.
    view = Viewport.from_bounds(-2.5, -1.5, -0.5, 0.5, 50, 40)
    comparison = compare(view, "fast", 50, horizon=2.0)
    assert comparison.is_rounding
    N = np.where(render(view, "fast", 50, horizon=2.0).iterations == 0, 1, 0)
    frame = replace(render(view, "fast", 50, horizon=2.0), iterations=N)
    assert not held_against(
        frame, render(view, "numpy", 50, horizon=2.0, dtype="float64")
    ).is_rounding


def test_any_stage_can_be_the_reference(home):
    comparison = compare(home, "numba", 50, dtype="float32", reference="lanes")
    assert comparison.reference == Settings("lanes", 50, dtype="float64")
    assert comparison.settings == Settings("numba", 50)
    with pytest.raises(ValueError, match="no stage 'fortran'"):
        compare(home, "numba", reference="fortran")


def test_it_can_be_stopped_and_says_what_it_does(home):
    heard: list[str] = []
    compare_settings(home, Settings("numba"), control=Control(on_phase=heard.append))
    assert heard[0] == "reference"
    assert heard[-1] == "explaining"
    with pytest.raises(Cancelled):
        compare_settings(home, Settings("numba"), control=Control(lambda: True))
    wrong = replace(render(home, "numba"), iterations=np.ones((home.ny, home.nx), int))
    with pytest.raises(Cancelled):
        held_against(wrong, render(home, "numpy", dtype="float64"), Control(lambda: True))


def test_a_stage_that_cannot_run_is_its_failure(home):
    missing = next(name for name in ("mps", "cuda") if name not in devices())
    with pytest.raises(StageFailure):
        compare(home, "chunked", device=missing)
