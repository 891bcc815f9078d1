"""The difference view: marks where counts differ, and a task and a tab that show them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.compute import workers
from dashboard.lab.difference_tab import DifferenceTab
from mandel_core import Cancelled, Settings, StageFailure, Viewport, compare, render
from mandel_core.comparison.comparing import held_against
from mandel_core.comparison.marking import KINDS, LEVELS, mark_size, marks
from mandel_core.model.control import NO_CONTROL, Control, Phase
from mandel_core.worker.tasks import Compare, Marked

NX, NY = 64, 48
VIEW = Viewport.from_screen("-0.75", 0, "3", NX, NY)
RIGHT = render(VIEW, "numpy", 100, dtype="float64")


def planted(*changes: tuple[int, int, int]) -> Any:
    """The comparison where each (row, column) has a count so much higher."""
    N = RIGHT.iterations.copy()
    for row, column, by in changes:
        N[row, column] += by
    return held_against(replace(RIGHT, iterations=N), RIGHT)


@settings(max_examples=50)
@given(
    row=st.integers(0, NY - 1),
    column=st.integers(0, NX - 1),
    size=st.sampled_from([(1, 0), (2, 1), (7, 1), (8, 2), (63, 2), (64, 3), (900, 3)]),
    sign=st.sampled_from([-1, 1]),
)
def test_a_mark_is_where_the_difference_is_and_says_how_large(row, column, size, sign):
    if RIGHT.iterations[row, column] == 0:
        return
    by, kind = size
    if RIGHT.iterations[row, column] + sign * by == 0:
        return
    comparison = planted((row, column, sign * by))
    picture = marks(comparison)
    assert picture.dtype == np.uint8
    assert picture[row, column] == LEVELS + kind + (KINDS if sign < 0 else 0)
    rows, columns = np.nonzero(picture >= LEVELS)
    reach = mark_size(comparison.share) // 2
    assert (np.abs(rows - row).max(), np.abs(columns - column).max()) <= (reach, reach)
    assert rows.size == (min(row, reach) + min(NY - 1 - row, reach) + 1) * (
        min(column, reach) + min(NX - 1 - column, reach) + 1
    )


def test_nothing_is_marked_where_nothing_differs():
    picture = marks(planted())
    assert picture.max() < LEVELS
    np.testing.assert_array_equal(picture == 0, RIGHT.iterations == 0)


def test_a_wrong_interior_has_a_mark_of_its_own():
    inside, outside = np.argwhere(RIGHT.iterations == 0)[0], np.argwhere(RIGHT.iterations > 3)[0]
    N = RIGHT.iterations.copy()
    N[tuple(inside)], N[tuple(outside)] = 5, 0
    picture = marks(held_against(replace(RIGHT, iterations=N), RIGHT))
    assert picture[tuple(inside)] == LEVELS + 2 * KINDS - 1
    assert picture[tuple(outside)] == LEVELS + KINDS - 1


def test_what_rounding_does_not_explain_is_on_top():
    comparison = planted((10, 10, 1), (10, 12, 70), (30, 30, 1))
    small = np.zeros((NY, NX), bool)
    small[10, 10] = True
    first = replace(comparison, unexplained_at=small)
    assert marks(first)[10, 11] == LEVELS
    assert marks(replace(comparison, unexplained_at=~small))[10, 11] == LEVELS + 3


def test_few_marks_are_large():
    assert [mark_size(share) for share in (0.0001, 0.001, 0.01, 1.0)] == [5, 3, 1, 1]


def test_the_task_brings_the_comparison_and_its_picture():
    phases: list[str] = []
    task = Compare(VIEW, Settings("numba", 100))
    found = task.run(Control(on_phase=phases.append))
    expected = compare(VIEW, "numba", 100)
    assert (found.differing, found.verdict) == (expected.differing, expected.verdict)
    np.testing.assert_array_equal(found.marks, marks(expected))
    assert found.size == mark_size(expected.share)
    assert phases[0] == "reference"
    assert found.reference == Settings("numpy", 100, dtype="float64")
    assert not hasattr(found, "difference"), "only small numbers travel"


def test_much_work_is_held_against_numba_and_can_be_cancelled():
    task = Compare(VIEW, Settings("numpy", 100), most_by_numpy=VIEW.nx * VIEW.ny * 99)
    assert task.run(NO_CONTROL).reference.stage == "numba"
    with pytest.raises(Cancelled):
        task.run(Control(lambda: True))


class Worker:
    """Stands for the measuring worker; the test decides when it is done."""

    def __init__(self) -> None:
        self.tasks: list[Compare] = []
        self.futures: list[Future[Any]] = []
        self.sessions: set[str] = set()
        self.phase: Phase = "reference"

    def measure(
        self, task: Compare, session: str, on_phase: Callable[[Phase], None]
    ) -> Future[Any]:
        self.tasks.append(task)
        self.sessions.add(session)
        self.futures.append(Future())
        on_phase(self.phase)
        return self.futures[-1]

    def finish(self, outcome: Any = None) -> None:
        task = self.tasks[-1]
        self.futures[-1].set_result(outcome or task.run(NO_CONTROL))


class Explorer:
    """What a view asks of the explorer."""

    session = "session-1"

    def __init__(self) -> None:
        self.view, self.chosen = VIEW, Settings("numba", 100)
        self.kept: list[object] = []  # of which the others were cancelled

    @property
    def viewport(self) -> Viewport:
        return self.view

    def settings(self) -> Settings:
        return self.chosen

    def cancel_others(self, view: object) -> None:
        self.kept.append(view)

    def title_of(self, name: str) -> str:
        return {"stages": "Stages"}.get(name, "")

    def in_document(self, callback: Callable[..., None], *args: Any) -> None:
        callback(*args)


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    worker = Worker()
    monkeypatch.setattr(workers, "measure", worker.measure)
    return worker


def text(view: DifferenceTab) -> str:
    return f"{view._verdict.value} {view._about.value}"


def test_opening_compares_once_and_shows_the_verdict(worker):
    explorer = Explorer()
    view = DifferenceTab(explorer, explorer)  # type: ignore[arg-type]
    view.open()
    assert "Running NumPy listing" in view._progress.value
    view.open()
    assert len(worker.tasks) == 1
    worker.finish()
    assert "Numba, float32, against NumPy listing, float64: 64 × 48" in text(view)
    (shown,) = view._source.data["marks"]
    assert (shown.shape, shown.dtype) == ((NY, NX), np.uint8)
    view.open()
    assert len(worker.tasks) == 1
    assert worker.sessions == {"session-1/difference"}


def test_another_tab_that_is_waited_for_is_named_and_can_be_cancelled(worker, monkeypatch):
    measures = {"measuring": ("session-1/stages", "chunked")}
    monkeypatch.setattr(workers, "under_way", lambda: measures)
    worker.phase = "waiting"
    explorer = Explorer()
    view = DifferenceTab(explorer, explorer)  # type: ignore[arg-type]
    view.open()
    assert view._progress.value == "Waiting until “Stages” is done with Chunked…"
    button = view._waiting.button
    assert (button.visible, button.label) == (True, "Cancel “Stages”")
    button.clicks += 1
    assert explorer.kept == [view]
    worker.finish()
    assert not button.visible


def test_another_view_is_compared_and_the_old_one_given_up(worker):
    explorer = Explorer()
    view = DifferenceTab(explorer, explorer)  # type: ignore[arg-type]
    view.open()
    explorer.chosen = Settings("lanes", 100)
    view.open()
    assert worker.futures[0].cancelled()
    assert [task.stage for task in worker.tasks] == ["numba", "lanes"]
    worker.finish()
    assert "Numba over lanes" in text(view)


def test_closing_and_cancelling_give_up_and_opening_begins_anew(worker):
    explorer = Explorer()
    view = DifferenceTab(explorer, explorer)  # type: ignore[arg-type]
    view.open()
    view.close()
    assert worker.futures[0].cancelled()
    assert view._progress.value == "Cancelled."
    view.open()
    assert len(worker.tasks) == 2


def test_minutes_of_work_are_asked_for_first(worker):
    explorer = Explorer()
    explorer.chosen = Settings("numba", 10_000_000)
    view = DifferenceTab(explorer, explorer)  # type: ignore[arg-type]
    view.open()
    assert worker.tasks == []
    assert "may take minutes" in view._progress.value
    assert view._compare.visible
    view.start()
    assert len(worker.tasks) == 1


def test_a_failure_is_a_sentence_and_its_words_are_escaped(worker):
    explorer = Explorer()
    view = DifferenceTab(explorer, explorer)  # type: ignore[arg-type]
    view.open()
    worker.finish(StageFailure("numba", "error", "It <b>failed</b>.", "words <script>"))
    assert "Numba cannot be compared" in text(view)
    assert "It &lt;b&gt;failed&lt;/b&gt;." in text(view)
    assert "<script>" not in text(view)
    assert not view._where.visible


def test_the_same_is_shown_without_a_histogram(worker):
    explorer = Explorer()
    explorer.chosen = Settings("numpy", 100, dtype="float64")
    view = DifferenceTab(explorer, explorer)  # type: ignore[arg-type]
    view.open()
    worker.finish()
    assert "bit for bit" in text(view)
    assert "how far" not in text(view)
    found = worker.futures[-1].result()
    assert isinstance(found, Marked)
