"""The explorer's params, without a browser: documented, exact, and closed to nonsense."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import panel as pn
import pytest

from dashboard import Explorer
from dashboard.lab import stored
from dashboard.lab.known import Known
from dashboard.state import HOME, State, home
from mandel_core import STAGES, Measurement, Viewport, register_formula
from mandel_core.colour.encoding import encode_indices
from mandel_core.worker.tasks import Picture


@pytest.fixture
def explorer() -> Iterator[Explorer]:
    explorer = Explorer()
    yield explorer
    explorer.close()


def test_every_param_is_documented(explorer: Explorer) -> None:
    own = set(Explorer.param) - set(Explorer.__mro__[1].param)
    assert {"x", "y", "width", "stage", "chunksize", "device", "maxiter"} <= own
    assert [name for name in own if not explorer.param[name].doc] == []


def test_it_starts_at_home(explorer: Explorer) -> None:
    assert explorer.state == HOME == State()


def test_a_centre_is_kept_digit_by_digit(explorer: Explorer) -> None:
    digits = "-0." + "1234567890" * 10
    explorer.x = digits
    explorer.width = 0.1
    assert explorer.x == Decimal(digits)
    assert explorer.width == Decimal("0.1")
    assert explorer.viewport.x == Decimal(digits)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x", "nan"),
        ("x", "a place"),
        ("y", "1e999"),
        ("width", 0),
        ("width", "1" * 500),
        ("maxiter", 10**9),
        ("chunksize", 0),
        ("stage", "quantum"),
        ("palette", "mud"),
    ],
)
def test_nonsense_is_refused_and_changes_nothing(explorer: Explorer, name: str, value: Any) -> None:
    before = explorer.state
    with pytest.raises(ValueError, match=name):
        setattr(explorer, name, value)
    assert explorer.state == before


def test_settings_follow_the_stage_and_the_view(explorer: Explorer) -> None:
    explorer.param.update(stage="chunked", chunksize=7, maxiter=300)
    settings = explorer.settings()
    assert (settings.stage, settings.chunksize, settings.maxiter) == ("chunked", 7, 300)
    assert settings.dtype == "float32"
    explorer.width = "1e-6"
    assert explorer.settings().dtype == "float64"


def test_numpys_time_belongs_to_a_view(explorer: Explorer) -> None:
    here, there = explorer.viewport, Viewport.from_screen("-1.25", 0, "0.5", 8, 8)
    settings = explorer.settings()
    explorer._status.baseline.drawn(here, settings, 0.5)
    assert explorer._status.baseline.seconds(here, replace(settings, stage="numba")) == 0.5
    assert explorer._status.baseline.seconds(here, replace(settings, maxiter=100)) is None
    assert explorer._status.baseline.seconds(here, replace(settings, formula="tricorn")) is None
    assert explorer._status.baseline.seconds(there, settings) is None


def test_choosing_a_formula_goes_to_its_home(explorer: Explorer) -> None:
    explorer.controls()
    explorer.param.update(x="-1.25", width="0.01")
    explorer.formula = "phoenix"
    assert explorer.state == home("phoenix")
    assert explorer.settings().formula_c == 0.56667 - 0.5j
    explorer.param.update(x="0.5", c="0.3+0.1j")
    explorer.go_home()
    assert explorer.state == replace(home("phoenix"), c=0.3 + 0.1j)
    explorer.param.update(formula="burning_ship", x="-1.7", y="-0.03", width="0.2")
    assert (explorer.state.x, explorer.state.width) == (Decimal("-1.7"), Decimal("0.2"))
    assert explorer.settings().formula_c is None


def test_c_is_shown_where_the_formula_has_one(explorer: Explorer) -> None:
    controls = explorer.controls()
    parts = [w for w in controls.select(pn.widgets.FloatInput) if w.name.endswith("part of c")]
    real, imaginary = parts
    (row,) = [row for row in controls.select(pn.Row) if real in row.objects]
    assert not row.visible
    explorer.formula = "julia"
    assert row.visible
    assert complex(real.value, imaginary.value) == explorer.c
    imaginary.value = 0.25
    assert explorer.c == -0.8 + 0.25j
    imaginary.value = 9.0
    assert explorer.c == -0.8 + 0.25j == complex(real.value, imaginary.value)


def test_a_formula_of_ones_own_is_offered_and_drawn_anew(explorer: Explorer) -> None:
    def step(a, b, cx, cy, fma):
        return a * a - b * b + cx, 2 * a * b + cy

    register_formula("mine", step, title="My formula")
    (menu,) = [w for w in explorer.controls().select(pn.widgets.Select) if w.name == "Formula"]
    assert "My formula" in menu.options
    explorer.formula = "mine"
    explorer.x = "0.25"
    drawn: list[str] = []
    explorer.param.watch(lambda event: drawn.append(event.new), "formula", onlychanged=False)
    register_formula("mine", step, title="My formula")
    assert drawn == ["mine"]
    assert explorer.x == Decimal("0.25"), "where it is looked at stays"


def test_every_stage_is_offered_in_order(explorer: Explorer) -> None:
    assert tuple(explorer.param.stage.objects) == STAGES.names


def test_iterations_that_were_set_are_kept(explorer: Explorer) -> None:
    assert explorer.automatic
    explorer.maxiter = 300
    assert not explorer.automatic
    explorer.automatic = True
    assert explorer.state == State(maxiter=300)


def test_iterations_that_were_given_are_kept() -> None:
    given = Explorer(maxiter=60)
    assert (given.maxiter, given.automatic) == (60, False)
    given.close()


def test_a_number_that_cannot_be_taken_is_refused_in_a_sentence(explorer: Explorer) -> None:
    inputs = {w.name: w for w in explorer.controls().select(pn.widgets.FloatInput)}
    size, iterations = inputs["Chunk size"], inputs["Iterations"]
    said = explorer.status().select(pn.widgets.StaticText)

    def notice() -> str:
        return " ".join(w.value for w in said if "notice" in w.css_classes and w.visible)

    size.value = 2.5
    assert (explorer.chunksize, size.value) == (10, 10)
    assert "Chunk size must be a whole number from 1 to 200; 2.5 is not" in notice()
    iterations.value = 5e6
    assert "Iterations must be a whole number from 1 to 1,000,000; 5,000,000 is not" in notice()
    iterations.value = 10**400  # as a message may have it
    assert "Iterations must be a whole number from 1 to 1,000,000; it is not" in notice()
    size.value = 20.0
    assert explorer.chunksize == 20
    iterations.value = 1e3
    assert explorer.maxiter == 1000
    assert notice() == ""


def test_why_there_is_no_chunk_size_is_said(explorer: Explorer) -> None:
    panel = explorer.controls()
    (size,) = [w for w in panel.select(pn.widgets.FloatInput) if w.name == "Chunk size"]
    said = panel.select(pn.widgets.StaticText)

    def reasons() -> list[str]:
        return [w.value for w in said if w.visible and "has no chunks" in (w.value or "")]

    assert (size.disabled, reasons()) == (True, ["Fast has no chunks."])
    explorer.stage = "chunked"
    assert (size.disabled, reasons()) == (False, [])
    explorer.stage = "numpy"
    assert (size.disabled, reasons()) == (True, ["NumPy listing has no chunks."])


def test_a_notice_goes_with_its_cause(explorer: Explorer) -> None:
    explorer.main().active = 1  # the tab is made when it is opened
    (sizes,) = [w for w in explorer.main().select(pn.widgets.TextInput) if "sizes" in w.name]
    said = explorer.status().select(pn.widgets.StaticText)
    (notice,) = [w for w in said if "notice" in w.css_classes]
    sizes.value = "5, 500"
    assert "500" in notice.value
    assert sizes.value == "1, 2, 5, 10, 20, 50, 100, 200"
    sizes.value = "5, 10, 20"
    assert not notice.visible
    assert explorer.chunk_sizes == [5, 10, 20]
    explorer.chunk_sizes = [1, 3]
    assert sizes.value == "1, 3"


def test_a_view_that_was_measured_is_shown_again(explorer: Explorer) -> None:
    explorer.param.update(x="-1.25", width="0.1", stage="chunked", maxiter=300)
    subject = explorer.subject()
    explorer.param.update(x="0", width="2", stage="fast", maxiter=500, palette="hot")
    explorer.go_to(subject)
    assert explorer.palette == "hot", "the colours stay"
    explorer.palette = subject.state.palette
    assert explorer.subject() == subject
    explorer.automatic = True
    automatic = explorer.subject()
    explorer.width = "1"
    explorer.go_to(automatic)
    assert explorer.subject() == automatic


def test_the_time_of_a_measurement_goes_before_that_of_a_drawn_picture(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = Known(stored.MOST_KNOWN)
    monkeypatch.setattr(stored, "_known", lambda: results)
    monkeypatch.setattr(stored._writer, "submit", lambda *args: None)
    view, settings = explorer.viewport, replace(explorer.settings(), stage="numpy")
    explorer._status.baseline.drawn(view, settings, 0.5)
    stored.add(Measurement(view, settings, (2.0, 2.0)))
    assert explorer._status.baseline.seconds(view, explorer.settings()) == 2.0


def test_what_is_said_of_a_picture_follows_what_is_measured_of_its_view(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = Known(stored.MOST_KNOWN)
    monkeypatch.setattr(stored, "_known", lambda: results)
    monkeypatch.setattr(stored._writer, "submit", lambda *args: None)
    view, settings = explorer.viewport, explorer.settings()
    image = encode_indices(np.zeros((1, 1), np.uint8), np.zeros((256, 4), np.uint8))
    explorer._status.on_rest(Picture(view, settings, image, 0.5, 0.0))
    explorer._status.refresh()
    about = explorer._status.about
    assert "500 ms" in about.value
    explorer.on_outdated()
    elsewhere = Viewport.from_screen("-1.25", 0, "0.5", 8, 8)
    stored.add(Measurement(elsewhere, settings, (3.0,)))
    assert "500 ms" in about.value
    stored.add(Measurement(view, settings, (2.0, 2.0)))
    assert "2 s" in about.value
    assert about.styles["font-style"] == "italic", "it still is not of the view on screen"
