"""What a browser asks of points: limits on it, and what it is answered, without a browser."""

from __future__ import annotations

import random
from concurrent.futures import Future
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.compute import workers
from dashboard.state import HOME, State
from dashboard.trials.values import value
from dashboard.view.browser_calls import Calls
from dashboard.view.cursor import Cursor
from dashboard.view.point_request import FURTHEST, MOST_PIXELS, PointRequest
from mandel_core import Settings, StageFailure, Viewport
from mandel_core.model.control import NO_CONTROL
from mandel_core.worker.orbit_tasks import Probe
from mandel_core.worker.probes import PROBE_GAP_SECONDS, Probes
from mandel_core.worker.tasks import Draw

ASKED = {"asked": 3, "x": -0.5, "y": 0.25}


class Host:
    """What `Cursor` wants of a page."""

    session = "page"

    def __init__(self) -> None:
        self.state = HOME

    def settings(self, stage: str | None = None, *, view: Viewport | None = None) -> Settings:
        return Settings("fast", self.state.maxiter, formula=self.state.formula)

    def in_document(self, callback: Any, *args: Any) -> None:
        callback(*args)

    @property
    def viewport(self) -> Viewport:
        return Viewport.from_screen(self.state.x, self.state.y, self.state.width, 1000, 500)

    def go(self, state: State) -> None:
        self.state = state


class Page:
    """A cursor with its host, and what it was told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[Probe] = []
        self.sent = 0
        self.host = Host()
        calls = Calls(lambda: None)
        self.source, self.answers = calls.sources()
        self.cursor = Cursor(self.host, calls, Draw)  # type: ignore[arg-type]
        self.outcome: Any = None

        def probe(task: Probe, session: str) -> Future[Any]:
            self.asked.append(task)
            future: Future[Any] = Future()
            future.set_result(self.outcome or task.run(NO_CONTROL))
            return future

        monkeypatch.setattr(workers, "probe", probe)

    def send(self, kind: str, **values: Any) -> dict[str, Any]:
        self.sent += 1  # as in a browser: else what is asked twice is no news
        row = {"kind": kind, "number": self.sent, **values}
        self.source.data = {key: [one] for key, one in row.items()}
        return {key: column[0] for key, column in self.answers.data.items()}


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    return Page(monkeypatch)


def test_a_point_is_answered_in_numbers(page: Page) -> None:
    told = page.send("point", **ASKED, path=True)
    assert (told["kind"], told["asked"], told["x"], told["y"]) == ("point", 3, -0.5, 0.25)
    assert (told["iterations"], told["period"], told["nucleus_period"]) == (None, 1, 1)
    assert told["distance_low"] < told["distance"]
    assert told["path"].dtype == np.float64
    assert not any(key.startswith("julia_") for key in told)
    assert page.asked[0].settings.dtype == "float64"


def test_its_julia_set_comes_with_it(page: Page) -> None:
    told = page.send("point", **ASKED, julia=100)
    beside = page.asked[0].beside
    assert beside is not None
    assert (beside.settings.formula, beside.settings.formula_c) == ("julia", -0.5 + 0.25j)
    assert (told["julia_nx"], told["julia_ny"]) == (100, 100)
    assert len(told["julia_data"])
    page.host.state = replace(HOME, formula="burning_ship")
    told = page.send("point", **ASKED, julia=100)
    assert "julia_data" not in told
    assert (told["differentiable"], told["inner"], told["nuclei"]) == (True, False, "yes")
    assert told["distance"] > 0
    assert told["nucleus_x"] == pytest.approx(0)


def test_a_failure_is_told_in_its_words(page: Page) -> None:
    page.outcome = StageFailure("fast", "died", "The process ended.")
    assert page.send("point", **ASKED)["failure"] == "The process ended."


def test_to_a_julia_set_and_back(page: Page) -> None:
    before = replace(HOME, x=Decimal("-0.7"), width=Decimal("0.5"))
    page.host.state = before
    page.send("back")  # it is no Julia set
    assert page.host.state == before
    page.send("julia", x=-0.7, y=0.1)
    shown = page.host.state
    assert (shown.formula, shown.c, shown.x, shown.width) == (
        "julia",
        -0.7 + 0.1j,
        0,
        Decimal(6),
    )
    told = page.send("formula")
    assert (told["title"], told["julia"], told["back"]) == ("Julia", False, True)
    page.send("julia", x=0, y=0)  # there is none of a Julia set
    page.send("back")
    assert page.host.state == replace(before, c=-0.7 + 0.1j)
    page.host.state = replace(HOME, formula="julia", x=Decimal(1))
    page.send("formula")
    page.cursor._came_from = None  # as after a link
    page.send("back")
    assert (page.host.state.formula, page.host.state.x) == ("mandelbrot", HOME.x)


def test_a_point_far_out_has_a_c_that_can_be_kept(page: Page) -> None:
    page.send("julia", x=1e9, y=-20)
    assert page.host.state.c == 8 - 8j


@given(
    st.fixed_dictionaries(
        {
            name: st.one_of(st.floats(), st.integers(), st.booleans(), st.none(), st.text())
            for name in ("asked", "x", "y", "path", "julia")
        }
    )
)
def test_questions_are_within_limits_or_refused(values: dict[str, Any]) -> None:
    try:
        request = PointRequest.parse(values)
    except (ValueError, TypeError):
        return
    assert max(abs(request.x), abs(request.y)) <= FURTHEST
    assert 0 <= request.julia <= MOST_PIXELS
    assert request.path is (values["path"] is True)


def test_what_no_page_would_send_is_refused_without_a_traceback(page: Page) -> None:
    """And what is not refused is answered: `Calls` lets nothing but its own errors through."""
    chance = random.Random(13)
    for _ in range(400):
        values = {**ASKED, "path": True, "julia": 64}
        name = chance.choice([*values, "kind"])
        values[name] = value(chance, 10)
        if chance.random() < 0.2:
            del values[name]
        kind = chance.choice(["point", "julia", "back", "formula"])
        page.source.data = {key: [one] for key, one in {"kind": kind, **values}.items()}
        page.host.state = HOME
    assert page.send("point", **ASKED)["asked"] == 3


def test_while_something_is_measured_questions_come_apart() -> None:
    now, measuring, sent = [100.0], [False], []

    def submit(task: Any, session: str) -> Future[Any]:
        sent.append(task)
        return Future()

    probes = Probes(submit, lambda: measuring[0], lambda: now[0])
    probes.ask("first", "a")  # type: ignore[arg-type]
    probes.ask("second", "a")  # type: ignore[arg-type]
    assert sent == ["first", "second"]
    measuring[0] = True
    waiting = probes.ask("third", "a")  # type: ignore[arg-type]
    assert sent == ["first", "second"]
    probes.ask("fourth", "a")  # type: ignore[arg-type]
    assert waiting.cancelled()
    now[0] += 3 * PROBE_GAP_SECONDS
    probes.ask("fifth", "a")  # type: ignore[arg-type]
    assert sent == ["first", "second", "fifth"]
