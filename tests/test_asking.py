"""Requests of one visitor: never a queue, never an older picture after a newer, the last one whole.

The worker is replaced by futures that the test completes in any order of events.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import server_settings
from dashboard.compute import asking, workers
from dashboard.compute.asking import Asking, PictureRequest
from mandel_core import Settings, StageFailure, Viewport
from mandel_core.colour.encoding import encode_indices
from mandel_core.worker.tasks import Draw, Picture

IMAGE = encode_indices(np.zeros((1, 1), np.uint8), np.zeros((256, 4), np.uint8))


def draw(number: int, stage: str = "fast", maxiter: int = 200) -> Draw:
    view = Viewport.from_screen(f"0.{number + 1}", 0, 1, 100, 80)
    return Draw(view, Settings(stage, maxiter), automatic=stage == "fast")


def work(task: Draw) -> int:
    return task.view.nx * task.view.ny * task.settings.maxiter


def picture(task: Draw, seconds: float = 0.001) -> Picture:
    return Picture(task.view, task.settings, IMAGE, seconds, 0.0)


@dataclass
class Session:
    """An Asking, what it sent to the worker, what it showed, and the timers it has set."""

    patch: pytest.MonkeyPatch
    sent: list[tuple[Draw, Future[Any]]] = field(default_factory=list)
    shown: list[tuple[Any, PictureRequest, bool]] = field(default_factory=list)
    timers: list[tuple[Callable[..., None], tuple[Any, ...]]] = field(default_factory=list)
    on_phase: Callable[[str], None] = print

    def __post_init__(self) -> None:
        def submit(
            task: Draw, session: str, on_phase: Callable[[str], None], expected: float
        ) -> Future[Any]:
            future: Future[Any] = Future()
            self.on_phase = on_phase
            self.sent.append((task, future))
            return future

        self.patch.setattr(workers, "draw", submit)
        self.asking = Asking(
            "test",
            lambda *shown: self.shown.append(shown),
            lambda asked: None,
            in_document=lambda callback, *args: callback(*args),
        )
        self.patch.setattr(
            asking,
            "later",
            lambda in_document, seconds, callback, *args: self.timers.append((callback, args)),
        )

    def under_way(self) -> list[tuple[Draw, Future[Any]]]:
        return [(task, future) for task, future in self.sent if not future.done()]

    def finish(self) -> None:
        task, future = self.under_way()[-1]
        future.set_result(picture(task))

    def ring(self) -> None:
        timers, self.timers = self.timers, []
        for callback, args in timers:
            callback(*args)


@given(st.lists(st.sampled_from(["move", "rest", "finish", "ring"]), max_size=40))
def test_the_newest_request_counts_and_none_waits_behind_another(events: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        session = Session(patch)
        number = 0
        for event in events:
            if event in {"move", "rest"}:
                number += 1
                session.asking.ask(PictureRequest(draw(number), number, rest=event == "rest"))
            elif event == "ring":
                session.ring()
            elif session.under_way():
                session.finish()
            assert len(session.under_way()) <= 1
        while session.under_way():
            session.finish()
        numbers = [asked.number for _, asked, _ in session.shown]
        assert numbers == sorted(numbers)
        if number:
            outcome, asked, last = session.shown[-1]
            assert (asked.number, last) == (number, True)
            assert outcome.view == draw(number).view


def test_a_heavy_picture_comes_coarse_to_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(monkeypatch)
    heavy = draw(1, "numpy")
    session.asking.ask(PictureRequest(heavy, 1, stepwise=True))
    while session.under_way():
        task, future = session.under_way()[0]
        future.set_result(picture(task, seconds=1e-8 * work(task)))
    columns = [outcome.view.nx for outcome, _, _ in session.shown]
    assert columns == sorted(columns)
    assert len(columns) == 3
    assert [last for _, _, last in session.shown] == [False, False, True]
    assert session.sent[-1][0] == heavy
    # Once known to be quick it comes at once.
    session.asking.ask(PictureRequest(draw(2, "numpy"), 2, stepwise=True))
    while session.under_way():
        session.finish()
    session.shown.clear()
    session.asking.ask(PictureRequest(draw(3, "numpy"), 3, stepwise=True))
    session.finish()
    assert [last for _, _, last in session.shown] == [True]


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Session:
    """A server's page: a picture may take ten seconds."""
    settings = server_settings.ServerSettings(picture_seconds=10.0)
    monkeypatch.setattr(server_settings, "current", lambda: settings)
    return Session(monkeypatch)


def test_what_would_take_too_long_is_refused_after_a_coarse_picture(limited: Session) -> None:
    heavy = draw(1, "numpy", maxiter=50_000)
    limited.asking.ask(PictureRequest(heavy, 1, stepwise=True))
    while limited.under_way():
        task, future = limited.under_way()[0]
        future.set_result(picture(task, seconds=40.0 * work(task) / work(heavy)))
    assert heavy not in [task for task, _ in limited.sent]
    outcome, _, last = limited.shown[-1]
    assert last
    assert outcome.kind == "too-long"
    assert "would take about 40 s here, more than the 10 s that one may take" in outcome.reason
    assert "; about 12,500 iterations would fit, and Fast is faster." in outcome.reason


@pytest.mark.parametrize("phase", ["running", "compiling"])
def test_what_is_given_up_says_what_would_have_fitted(limited: Session, phase: str) -> None:
    heavy = draw(1, "numpy", maxiter=50_000)
    limited.asking.ask(PictureRequest(heavy, 1, stepwise=True))
    task, future = limited.under_way()[0]
    assert work(task) < work(heavy)
    limited.on_phase(phase)
    future.set_result(StageFailure("numpy", "too-long", "Given up."))
    outcome, _, last = limited.shown[-1]
    assert last
    if phase == "compiling":  # which has nothing to do with iterations
        assert outcome.reason == "Given up."
    else:
        fits = 50_000 * work(task) // work(heavy)
        assert "The picture was given up after 10 s;" in outcome.reason
        assert f"fewer than {fits:,} iterations would fit, and Fast is faster." in outcome.reason


def test_a_stage_that_compiles_for_each_size_draws_no_coarse_pictures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = Session(monkeypatch)
    task = draw(1, "chunked")
    session.asking.ask(PictureRequest(task, 1, stepwise=True))
    while session.under_way():
        session.finish()
    stages = [sent.settings.stage for sent, _ in session.sent]
    assert stages == ["fast", "fast", "chunked"]


def test_a_new_view_drops_a_heavy_one_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(monkeypatch)
    session.asking.ask(PictureRequest(draw(1), 1))
    session.asking.ask(PictureRequest(draw(2), 2, rest=False))
    session.ring()
    assert session.sent[0][1].cancelled()
    session.finish()
    assert [asked.number for _, asked, _ in session.shown] == [2]


def test_the_picture_under_way_serves_a_request_for_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A view that comes to rest while its full picture is drawn is not drawn twice."""
    session = Session(monkeypatch)
    session.asking.ask(PictureRequest(draw(1), 1, rest=False))
    other_start = replace(draw(1), settings=Settings("fast", 300))
    session.asking.ask(PictureRequest(other_start, 2, rest=True))
    session.finish()
    assert len(session.sent) == 1
    ((_, asked, last),) = session.shown
    assert (asked.number, asked.rest, last) == (2, True, True)


def test_a_failure_ends_what_was_to_come(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(monkeypatch)
    session.asking.ask(PictureRequest(draw(1, "numpy"), 1, stepwise=True))
    failure = StageFailure("numpy", "error", "It failed.")
    session.under_way()[0][1].set_result(failure)
    assert session.under_way() == []
    assert session.shown[-1][0] is failure
    assert session.shown[-1][2]
