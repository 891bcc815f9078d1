"""Pictures on their way to the page: computed once, in the same colours as what lies around."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mandel_core import Cancelled, Settings, Viewport, register_stage, render
from mandel_core.colour.colouring import Colouring
from mandel_core.colour.equalising import equalised
from mandel_core.colour.looks import LOOKS
from mandel_core.colour.palettes import palette_colours
from mandel_core.colour.places import Course
from mandel_core.colour.shading import shade
from mandel_core.colour.smooth import continuous_count
from mandel_core.model.control import NO_CONTROL, Control
from mandel_core.rendering.drawing import COARSENESS, MOST_COLUMNS, known_frames, surroundings
from mandel_core.runtime.recent import Recent
from mandel_core.stages import STAGES
from mandel_core.worker.tasks import Draw, Picture, Time

HOME = Viewport.from_screen("-0.75", "0", "3.5", 120, 100)
SEAHORSES = Viewport.from_screen("-0.743643887037151", "0.131825904205330", "1e-3", 240, 200)
FAST = Settings("fast")
GREY = Colouring(palette="gray")
EQUALISED = Colouring("equalised", "inferno")


def draw(task: Draw, control: Control = NO_CONTROL) -> Picture:
    return task.run(control)


def counted(n: Any, c: Any, Z: Any, N: Any, horizon: Any) -> Any:
    import sys

    import numpy as np

    sys.stage_steps = getattr(sys, "stage_steps", 0) + 1  # type: ignore[attr-defined]
    re, im = Z[..., 0], Z[..., 1]
    I = re * re + im * im < horizon**2
    square = np.stack([re * re - im * im, 2 * re * im], axis=-1)
    return np.where(I[..., None], square + c, Z), np.where(I, n, N)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many steps the registered stage "counted" has done."""
    monkeypatch.setattr(sys, "stage_steps", 0, raising=False)
    register_stage("counted", counted, compile=False)
    before: int = sys.stage_steps  # type: ignore[attr-defined]
    return lambda: sys.stage_steps - before  # type: ignore[attr-defined]


def test_another_palette_or_look_runs_no_stage(steps: Callable[[], int]) -> None:
    task = Draw(HOME, Settings("counted", maxiter=30), GREY)
    first = draw(task)
    assert steps() == 30
    changes: list[dict[str, Any]] = [
        *({"look": look} for look in LOOKS if look != GREY.look),
        {"palette": "hot"},
        {"reversed": True},
        {"density": 3.0},
        {"phase": 0.5},
        {"interior": "#ff0000"},
    ]
    others = [draw(replace(task, colouring=replace(GREY, **change))) for change in changes]
    assert steps() == 30
    for other in others:
        assert (other.run_seconds, other.compile_seconds) == (first.run_seconds, 0)
        assert (other.image.rgba() != first.image.rgba()).any()
    draw(Draw(HOME, Settings("counted", maxiter=31)))
    assert steps() == 61


def test_a_stage_registered_anew_is_run_again(steps: Callable[[], int]) -> None:
    task = Draw(HOME, Settings("counted", maxiter=10))
    draw(task)
    register_stage("counted", counted, compile=False)
    before = steps()
    draw(task)
    assert steps() == before + 10
    assert STAGES["counted"].any_size


@pytest.mark.parametrize("look", LOOKS)
def test_the_picture_is_shades(look: Any) -> None:
    picture = draw(Draw(HOME, FAST, Colouring(look, "viridis")))
    expected = shade(render(HOME, "fast"), look, "viridis")
    found = picture.image.rgba()
    if picture.image.coding == "indices":
        np.testing.assert_array_equal(found, expected)
    assert np.abs(found.astype(int) - expected).mean() < 6
    assert (picture.surround, picture.surround_view, picture.all_interior) == (None, None, False)


@pytest.mark.parametrize("stage", ["fast", "numba"])
def test_surroundings_have_the_same_colours_for_the_same_counts(stage: str) -> None:
    picture = draw(Draw(HOME, Settings(stage), EQUALISED, surround=3))
    wide = picture.surround_view
    assert picture.surround is not None
    assert wide is not None
    frame, beside = render(HOME, stage), render(wide, "fast")
    places, levels = equalised(frame)
    indices, around, again = (
        each.through(lambda at: Course().indices(at, 255))
        for each in (places, levels.places(beside), levels.places(frame))
    )
    np.testing.assert_array_equal(picture.surround.rgba(), palette_colours("inferno")[around])
    np.testing.assert_array_equal(again, indices)
    # Of both together: the higher the count, the higher the index, but for rounding.
    counts = np.concatenate([continuous_count(each).ravel() for each in (frame, beside)])
    order = np.argsort(counts[~np.isnan(counts)], kind="stable")
    index = np.concatenate([indices.ravel(), around.ravel()]).astype(int)[~np.isnan(counts)][order]
    assert (np.maximum.accumulate(index) - index).max() <= 1


def test_levels_serve_frames_of_other_limits() -> None:
    few, more = render(HOME, "fast", 100), render(HOME, "fast", 300)
    places, levels = equalised(few)
    own, other = (each.through(np.array) for each in (places, levels.places(more)))
    outside = ~np.isnan(own)
    np.testing.assert_array_equal(other[outside], own[outside])
    assert (other[~outside & ~np.isnan(other)] == 1).all()


def test_what_lies_around_an_inside_is_coloured_by_itself() -> None:
    view = Viewport.from_screen("0", "0", "0.2", 120, 100)
    picture = draw(Draw(view, FAST, EQUALISED, surround=12))
    assert picture.all_interior
    assert picture.surround is not None
    assert len(np.unique(picture.surround.rgba().reshape(-1, 4), axis=0)) > 50


@pytest.mark.parametrize("times", [2, 3, 8])
def test_surroundings_are_coarse_with_square_pixels(times: int) -> None:
    wide = surroundings(SEAHORSES, times)
    assert wide is not None
    assert wide.nx == 240 * times // COARSENESS
    left, right, bottom, top = wide.extent
    inner = SEAHORSES.extent
    assert right - left == pytest.approx(times * (inner[1] - inner[0]), rel=1e-9)
    assert wide.pixel[0] == pytest.approx(wide.pixel[1], rel=1e-9)
    assert (top - bottom) / (inner[3] - inner[2]) == pytest.approx(times, rel=0.1)
    assert (wide.x, wide.y) == (SEAHORSES.x, SEAHORSES.y)


def test_surroundings_have_their_limits() -> None:
    large = surroundings(Viewport.from_screen("0", "0", "1", 4000, 3000), 3)
    assert large is not None
    assert (large.nx, large.ny) == (MOST_COLUMNS, 300)
    assert surroundings(Viewport.from_screen("0", "0", "22", 100, 100), 3) is None
    assert surroundings(Viewport.from_screen("0", "0", "1", 1, 1), 3) is None
    assert (
        draw(Draw(Viewport.from_bounds(-15, 15, -15, 15, 9, 9), FAST, surround=4)).surround is None
    )


def test_an_automatic_picture_says_its_limit() -> None:
    picture = draw(Draw(HOME, FAST, automatic=True))
    assert picture.settings == FAST
    deep = Viewport.from_screen("-0.75", "0.001", "1e-3", 120, 100)
    picture = draw(Draw(deep, replace(FAST, dtype="float64"), automatic=True, surround=3))
    assert picture.settings.maxiter > 1000
    again = draw(Draw(deep, picture.settings, GREY, automatic=True))
    assert again.settings == picture.settings
    assert again.run_seconds == picture.run_seconds


def test_unknown_names_are_refused_before_anything_is_computed() -> None:
    before = len(known_frames)
    with pytest.raises(ValueError, match="there is no palette 'plaid'"):
        draw(
            Draw(Viewport.from_bounds(-1.5, 1.5, -1.5, 1.5, 7, 5), FAST, Colouring(palette="plaid"))
        )
    assert len(known_frames) == before


def test_timing_runs_the_stage_a_few_times(steps: Callable[[], int]) -> None:
    task = Time(HOME, Settings("counted", maxiter=5))
    assert 0 < task.run(NO_CONTROL) < 1
    assert 3 * 5 <= steps() <= 20 * 5


def test_timing_stops_when_told() -> None:
    with pytest.raises(Cancelled):
        Time(HOME, Settings("numpy", maxiter=10_000_000)).run(Control(lambda: True))


def test_what_was_used_longest_ago_is_let_go() -> None:
    recent: Recent[str, int] = Recent(most=3, most_bytes=100)
    for number, name in enumerate("abc"):
        recent.keep(name, number, 30)
    assert recent.get("a") == 0
    recent.keep("d", 3, 30)
    assert [recent.get(name) for name in "abcd"] == [0, None, 2, 3]
    recent.keep("e", 4, 60)
    assert [recent.get(name) for name in "acde"] == [None, None, 3, 4]
    recent.keep("f", 5, 101)
    assert recent.get("f") is None
    assert recent.bytes <= 100
