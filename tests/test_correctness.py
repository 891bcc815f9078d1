"""Every stage against the listing in float64, on a dozen views; shortcuts never mark too much."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mandel_core import STAGES, Frame, Viewport, render
from mandel_core.colour.shading import shade
from mandel_core.colour.smooth import continuous_count
from mandel_core.compilers.numba_import import numba
from mandel_core.kernels import interior

pytestmark = [pytest.mark.compile, pytest.mark.slow]

NX, NY = 83, 61  # no multiple of anything that a kernel likes
CHUNKSIZE = 5  # as in the tests of the stages: what is compiled there need not be here

# Centre, width, iterations.
VIEWS = {
    "home": ("-0.75", "0", "3.5", 200),
    "cusp": ("0.25", "0.0003", "0.01", 2000),
    "antenna": ("-1.99", "0", "0.03", 300),
    "seahorses": ("-0.745", "0.11", "0.05", 500),
    "spirals": ("-0.7436", "0.1318", "0.005", 400),
    "elephants": ("0.28", "0.0085", "0.02", 1000),
    "minibrot of period 3": ("-1.7549", "0", "0.06", 5000),
    "minibrot off the axis": ("-0.1593", "1.0335", "0.03", 2000),
    "interior only": ("-0.1", "0.1", "0.2", 1000),
    "inside a minibrot": ("-1.7549", "0.0005", "0.003", 50_000),
    "exterior only": ("1.5", "1.2", "1", 64),
    "across the axis": ("-0.75", "0.01", "0.4", 500),
}
# One call a step: tens of microseconds each, so that 50000 would take too long.
STEP_BY_STEP = ("pairs", "chunked", "trampoline", "planes")
# `numpy` is the reference, `where` takes seconds a step, and the other two do not compile.
NOT_TRIED = ("numpy", "as_is", "where", "default_device")
OTHERS = tuple(name for name in STAGES.names if name not in {*STEP_BY_STEP, *NOT_TRIED})


def view_of(name):
    x, y, width, _ = VIEWS[name]
    return Viewport.from_screen(x, y, width, NX, NY)


@cache
def reference(name):
    return render(view_of(name), "numpy", maxiter=VIEWS[name][-1], dtype="float64")


def inside(frame: Frame):
    return np.abs(frame.z) < frame.settings.horizon


@cache
def other(name):
    return render(view_of(name), "numba", maxiter=VIEWS[name][-1], dtype="float64")


def wrongly_inside(frame: Frame, *truths: Frame) -> int:
    """How many points count as inside that leave within the iterations by all the others."""
    leave = np.all([~inside(truth) for truth in truths], axis=0)
    return int(np.count_nonzero(inside(frame) & leave))


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("stage", [*OTHERS, *STEP_BY_STEP])
def test_counts_agree_with_float64_numpy(stage, name):
    maxiter = VIEWS[name][-1]
    if stage in STEP_BY_STEP and maxiter > 300:
        pytest.skip("one call a step takes too long here; the other views do")
    truth = reference(name)
    frame = render(view_of(name), stage, maxiter, chunksize=CHUNKSIZE, dtype="float64")
    size = truth.iterations.size
    # Another order of operations re-rolls the few points where the orbit magnifies rounding.
    assert np.count_nonzero(frame.iterations != truth.iterations) <= 0.002 * size
    assert abs(np.count_nonzero(inside(frame)) - np.count_nonzero(inside(truth))) <= 0.001 * size
    # Rounding may keep a point inside that leaves for all others; a shortcut must not.
    assert wrongly_inside(frame, truth, other(name)) <= (stage not in {"known", "fast"})


@pytest.mark.parametrize("name", ["home", "seahorses", "minibrot of period 3", "across the axis"])
@pytest.mark.parametrize("stage", ["gather", "known", "fast"])
def test_smooth_counts_have_no_seams(stage, name):
    # At tile edges, block ends and where a method takes over the count must go on as if it did
    # not: the difference image is nothing but rounding, wherever the counts are the same.
    truth = reference(name)
    frame = render(view_of(name), stage, VIEWS[name][-1], dtype="float64")
    same = (frame.iterations == truth.iterations) & ~inside(frame) & ~inside(truth)
    difference = np.abs(continuous_count(frame) - continuous_count(truth))[same]
    assert same.sum() > 100
    assert np.quantile(difference, 0.99) < 1e-6
    assert difference.max() < 0.1


@pytest.mark.parametrize("stage", ["cheap", "free", "chunked"])
def test_the_chunk_size_changes_nothing(stage):
    view = view_of("home")
    # One step a chunk, chunks of which the last is shorter, and a single one.
    frames = [render(view, stage, 13, chunksize=size, dtype="float64") for size in (1, 5, 13)]
    for frame in frames[1:]:
        assert np.count_nonzero(frame.iterations != frames[0].iterations) <= 0.002 * NX * NY


@settings(max_examples=30)
@given(
    column=st.integers(0, 200),
    row=st.integers(0, 150),
    nx=st.integers(1, 90),
    ny=st.integers(1, 70),
    maxiter=st.integers(1, 700),
)
def test_a_moved_or_smaller_window_shows_the_same_points(column, row, nx, ny, maxiter):
    # Samples 2**-6 apart are exact, so both windows hold the very same c.
    def window(left, bottom, nx, ny):
        x, y = -2 + left / 64, -1.25 + bottom / 64
        return Viewport.from_bounds(x, x + (nx - 1) / 64, y, y + (ny - 1) / 64, nx, ny)

    whole = render(window(0, 0, 290, 220), "fast", maxiter)
    part = render(window(column, row, nx, ny), "fast", maxiter)
    here = np.s_[row : row + ny, column : column + nx]
    np.testing.assert_array_equal(part.iterations, whole.iterations[here])
    left = ~inside(part)
    np.testing.assert_array_equal(left, ~inside(whole)[here])
    np.testing.assert_array_equal(part.z[left], whole.z[here][left])


def discs_of(view, maxiter):
    known = np.zeros((view.ny, view.nx), np.uint8)
    x, y = view.axes("float64")
    interior.discs(x, y, maxiter, known)
    return known.astype(bool)


@settings(max_examples=40)
@given(st.floats(-2, 0.5), st.floats(-1.2, 1.2), st.sampled_from([0.5, 0.02, 1e-3]))
def test_discs_hold_nothing_that_leaves(x, y, width):
    view = Viewport.from_screen(x, y, width, 64, 48)
    truth = render(view, "numba", 2000, dtype="float64")
    assert not (discs_of(view, 2000) & ~inside(truth)).any()


@pytest.mark.parametrize("name", ["home", "minibrot of period 3", "minibrot off the axis"])
def test_discs_in_fine_grids_hold_nothing_that_leaves(name):
    # Here a neighbour's period can be a multiple of the point's own.
    x, y, width, _ = VIEWS[name]
    view = Viewport.from_screen(x, y, width, 960, 540)
    truth = render(view, "lanes", 3000, dtype="float64")
    assert not (discs_of(view, 3000) & ~inside(truth)).any()


def test_discs_find_half_of_a_minibrot():
    view = Viewport.from_screen("-1.7549", "0", "0.06", 960, 540)
    truth = inside(render(view, "lanes", 2000, dtype="float64"))
    assert np.count_nonzero(discs_of(view, 2000)) > 0.5 * np.count_nonzero(truth)


def test_a_planted_violation_is_found():
    # The same discs four times as large, which is where the proof ends, reach beyond the set.
    name = "minibrot of period 3"
    view, truth = view_of(name), reference(name)
    x, y = view.axes("float64")
    c = complex(x[NX // 2], y[NY // 2])
    radius, _ = numba.njit(lambda c: interior.disc(c, 3, 0j))(c)
    assert radius > 0
    mark = numba.njit(lambda radius, known: interior._mark(x, y, c, radius, known))
    for larger, violations in ((1, False), (6, True)):
        known = np.zeros((NY, NX), np.uint8)
        mark(larger * radius, known)
        z = np.where(known, 0, truth.z)
        planted = Frame(view, truth.settings, truth.iterations, z, 0.0, 0.0)
        assert (wrongly_inside(planted, truth) > 0) == violations


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_bulbs_are_what_their_outlines_say(dtype):
    view = Viewport.from_bounds(-1.3, 0.4, -0.7, 0.7, 700, 500)
    x, y = view.axes(dtype)
    known = np.zeros((500, 700), np.uint8)
    interior.bulbs(x, y, known)
    c = x.astype(np.float64) + 1j * y.astype(np.float64)[:, None]
    # Inside the cardioid the fixed point attracts, inside the disc the cycle of two.
    truth = (np.abs(1 - np.sqrt(1 - 4 * c)) < 1) | (np.abs(c + 1) < 0.25)
    assert not (known.astype(bool) & ~truth).any()
    assert np.count_nonzero(truth & ~known.astype(bool)) <= 0.001 * truth.sum()


def test_fast_compiles_once_for_all_viewports():
    render(Viewport.from_bounds(-2, 1, -1, 1, 30, 20), "fast", 100)
    for nx, ny, maxiter, horizon in ((31, 7, 100, 2.0), (200, 1, 1, 2.0**40), (64, 64, 5000, 8.0)):
        view = Viewport.from_bounds(-2, 1, -1, 1, nx, ny)
        assert render(view, "fast", maxiter, horizon=horizon).compile_seconds < 0.01


def test_the_picture_does_not_jump_where_the_precision_changes():
    widths = np.geomspace(4, 1e-3, 60)
    views = [Viewport.from_screen("-0.745", "0.11", repr(float(w)), 300, 200) for w in widths]
    last = [view for view in views if view.precision == "float32"][-1]
    pictures = [
        shade(render(last, "fast", 500, dtype=d), "equalised", "inferno")
        for d in ("float32", "float64")
    ]
    differ = np.abs(np.subtract(*pictures, dtype=np.int16)).max(axis=-1) > 8
    assert differ.mean() < 0.01


def test_fast_needs_no_cpp_compiler(tmp_path):
    # Nothing but the interpreter's folder is searched, and caches are empty.
    for name in ("c++", "g++", "gcc", "cc", "clang", "clang++"):
        assert shutil.which(name, path=str(tmp_path)) is None
    code = (
        "from mandel_core import *\n"
        "view = Viewport.from_bounds(-2, 1, -1, 1, 40, 30)\n"
        "print(render(view, 'fast').iterations.max() > 0)\n"
        "try:\n    render(view, 'known')\n"
        "except StageFailure as failure:\n    print(failure.kind)\n"
    )
    environment = {k: v for k, v in os.environ.items() if k not in {"CXX", "CC"}}
    environment |= {
        "PATH": str(tmp_path),
        "NUMBA_CACHE_DIR": str(tmp_path / "numba"),
        "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "inductor"),
    }
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["True", "no-compiler"]


def test_every_stage_is_held_against_the_listing():
    elsewhere = {"numpy", "as_is", "where", "default_device"}
    assert {*STEP_BY_STEP, *OTHERS} == set(STAGES.names) - elsewhere
