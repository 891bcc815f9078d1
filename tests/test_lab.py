"""What the lab's figures are made of, without a browser."""

from __future__ import annotations

import math
from concurrent.futures import Future
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, ClassVar

import panel as pn
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.compute import workers
from dashboard.lab import stored
from dashboard.lab.chunk_size_tab import heading
from dashboard.lab.chunk_sizes import in_order, parse_sizes
from dashboard.lab.known import Known
from dashboard.lab.marks import COMPILED_SECONDS, Mark, columns
from dashboard.lab.measure_queue import MeasureQueue
from dashboard.lab.order import quickest_first
from dashboard.lab.redrawing import Redrawing
from dashboard.lab.subjects import Subjects
from dashboard.lab.tabs import Lab
from dashboard.lab.ticks import merged, seconds_label, time_ticks
from dashboard.lab.waiting import ahead_of
from dashboard.state import State, stage_names
from dashboard.subject import Subject
from dashboard.words import against
from mandel_core import Measurement, Settings, StageFailure, Viewport

VIEW = Viewport.from_bounds(-2, 1, -1, 1, 30, 20)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Known:
    """No results but those of the test, and none of them written."""
    results = Known(stored.MOST_KNOWN)
    monkeypatch.setattr(stored, "_known", lambda: results)
    monkeypatch.setattr(stored._writer, "submit", lambda *args: None)
    return results


def measured(size: int = 10, view: Viewport = VIEW, **settings: object) -> Measurement:
    return Measurement(view, Settings(chunksize=size, **settings), (0.2, 0.1, 0.3), 0.4, 5.0)  # type: ignore[arg-type]


def test_what_belongs_to_now_is_told_from_the_rest(known: Known) -> None:
    elsewhere = Viewport.from_bounds(-2, 0, -1, 1, 30, 20)
    for one in (measured(2), measured(5, elsewhere), measured(10, maxiter=50), measured(1)):
        stored.add(one)
    stored.add(measured(2), "frame")
    stored.add(Measurement(VIEW, Settings(), failure=StageFailure("chunked", "error", "No.")))
    found = stored.points(VIEW, Settings())
    assert [mark.measurement.chunksize for mark in found.here] == [1, 2]
    assert [mark.measurement.chunksize for mark in found.drawn] == [2]
    assert {mark.differs for mark in found.elsewhere} == {"viewport", "iterations"}
    assert stored.latest(VIEW, Settings(chunksize=2)) == measured(2)
    assert stored.latest(VIEW, Settings(chunksize=5)) is None
    assert stored.latest(VIEW, Settings("numpy")) is None


def test_the_newest_of_two_counts(known: Known) -> None:
    newer = Measurement(VIEW, Settings(), (1.0,))
    for one in (measured(), newer):
        stored.add(one)
    (mark,) = stored.points(VIEW, Settings()).here
    assert mark.measurement.median == 1.0


def test_what_was_found_compiled_keeps_the_time_that_compiling_took(known: Known) -> None:
    first, cached = measured(), Measurement(VIEW, Settings(), (0.1,), 0.1, 0.0)
    for one in (measured(maxiter=9), first, cached):
        stored.add(one)
    (mark,) = stored.points(VIEW, Settings()).here
    compiled = replace(cached, compile_seconds=first.compile_seconds)
    assert columns([mark])["compile"] == columns([Mark(compiled)])["compile"] == [5.0]
    assert mark.measurement.median == cached.median
    assert stored.latest(VIEW, Settings()) == compiled


def test_columns_hold_the_median_the_quartiles_and_what_was_compiled() -> None:
    quick = Measurement(VIEW, Settings(chunksize=1), (0.1,), 0.1, COMPILED_SECONDS / 2)
    table = columns([Mark(measured()), Mark(quick)])
    assert table["chunksize"] == [1, 10]
    assert table["run"] == [0.1, 0.2]
    assert table["low"][1] <= 0.2 <= table["high"][1]
    assert math.isnan(table["compile"][0])
    assert table["compile"][1] == 5.0


@pytest.mark.parametrize(
    "text",
    ["", "a", "0", "201", "1.5", "-2", "1 2 x", "²", "9" * 5000, "0" * 9 + "201", "1 " * 500_000],
)
def test_what_is_no_list_of_chunk_sizes_is_refused_with_words(text: str) -> None:
    with pytest.raises(ValueError, match="chunk size"):
        parse_sizes(text)


@given(st.sets(st.integers(1, 200), min_size=1, max_size=30), st.sampled_from([", ", " ", ";"]))
def test_chunk_sizes_are_read_back(sizes: set[int], between: str) -> None:
    assert parse_sizes(between.join(map(str, sizes))) == tuple(sorted(sizes))


def test_what_is_quick_comes_first_then_what_compiled_fastest(known: Known) -> None:
    for size, seconds in ((20, 2.0), (5, 3.0)):
        stored.add(replace(measured(size), compile_seconds=seconds))
    stored.add(measured(stage="pairs"))
    common = Settings(chunksize=10, maxiter=60)
    references = [replace(common, stage=stage) for stage in ("numpy", "numba", "fast")]
    order = in_order(common, (1, 5, 20, 50, 100), references)
    assert [settings.stage for settings in order[:3]] == ["fast", "numba", "numpy"]
    # Neither 100, as there are 60 iterations, nor in what order the rest would have been compiled.
    assert [settings.chunksize for settings in order[3:]] == [20, 5, 1, 10, 50]
    stages = quickest_first(Settings(stage) for stage in stage_names().values())
    expected = ["fast", "lanes", "numba", "numpy", "pairs", "as_is"]
    assert [settings.stage for settings in stages[:6]] == expected


def test_what_is_measured_is_said_where_it_is_not_what_draws() -> None:
    assert heading("chunked", "chunked").startswith("<b>Chunked</b>: run time")
    assert heading("chunked", "fast") == "<b>Chunked</b> is measured here: Fast has no chunks"


@pytest.mark.parametrize(
    ("under_way", "said", "tab"),
    [
        ({}, "picture or measurement under way", ""),
        ({"measuring": ("s/stages", "numba")}, "“Stages” is done with Numba", "Stages"),
        ({"measuring": ("s/q", "numba")}, "picture or measurement under way", ""),
        ({"measuring": ("t/stages", "numba")}, "Numba that somebody else began", ""),
        ({"measuring": ("warm-up", "chunked")}, "the server, which has just started", ""),
        ({"compiling": ("s", "pairs")}, "the picture by Real pairs is done", ""),
        ({"long": ("t", "numpy")}, "NumPy listing that somebody else asked for", ""),
        ({"quick": ("t", "fast")}, "picture or measurement under way", ""),
    ],
)
def test_what_is_waited_for_is_named(
    under_way: Any, said: str, tab: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "under_way", lambda: under_way)
    others = SimpleNamespace(title_of=lambda name: {"stages": "Stages"}.get(name, ""))
    words, found = ahead_of("s/q", others)
    assert said in words
    assert found == tab


def test_what_compiling_took_here_is_known_for_any_view(known: Known) -> None:
    elsewhere = Viewport.from_bounds(-2, 0, -1, 1, 30, 20)
    stored.add(measured(10, elsewhere))
    stored.add(Measurement(VIEW, Settings(), (0.1,), 0.1, COMPILED_SECONDS / 2))
    assert stored.compile_seconds(Settings()) == 5.0
    assert stored.compile_seconds(Settings(chunksize=20)) is None
    assert stored.compile_seconds(Settings(dtype="float64")) is None
    assert stored.compile_seconds(Settings("pairs")) is None


def test_what_was_disturbed_is_measured_once_more_at_the_end_and_the_calmer_one_is_kept(
    known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = iter([0.9, 0.8, 0.0, 0.1, 0.85])
    asked: list[Settings] = []
    shown: list[Measurement] = []

    def now(task: Any, **_: Any) -> Future[Measurement]:
        asked.append(task.settings)
        spent = 5.0 if asked.count(task.settings) == 1 else 0.0
        future: Future[Measurement] = Future()
        future.set_result(
            Measurement(task.view, task.settings, (0.1,), 0.1, spent, busy=next(busy))
        )
        return future

    monkeypatch.setattr(workers, "measure", now)
    host: Any = SimpleNamespace(
        session="s",
        in_document=lambda call, *args: call(*args),
        title_of=lambda name: "",
        is_news=lambda notice: False,
    )
    changes: list[int] = []
    queue = MeasureQueue(
        *(host, host, "q", "Measure"),
        lambda: None,
        shown.append,
        lambda: changes.append(len(shown)),
    )
    sizes = [Settings(chunksize=size) for size in (1, 2, 5)]
    queue.start(VIEW, sizes)
    assert asked == [*sizes, *sizes[:2]]
    assert [one.busy for one in shown] == [0.9, 0.8, 0.0, 0.1]
    assert changes == [1, 2, 3, 4, 4], "with each result, also one that is not kept"
    assert [one.compile_seconds for one in shown] == [5.0] * 4
    found = [stored.latest(VIEW, size) for size in sizes]
    assert [one and one.busy for one in found] == [0.1, 0.8, 0.0]
    assert not queue.running
    assert queue._progress.value.startswith("3 measured in")


class Shown:
    """A tab that counts how often it was drawn."""

    name: ClassVar[str]
    title: ClassVar[str] = "Shown"
    panel: Any

    def __init__(self, host: Any, others: Any) -> None:
        self.panel, self.drawn = pn.Column(), 0
        self.subjects = Subjects(host)
        self.redrawing = Redrawing(host, others, self, self.subjects)

    def open(self) -> None:
        self.drawn += 1

    def close(self) -> None:
        pass


class First(Shown):
    name = "first"


class Second(Shown):
    name = "second"


def test_an_open_tab_is_drawn_again_with_each_result_of_its_view_and_once_for_many(
    known: Known,
) -> None:
    later: list[Any] = []
    now = Subject(VIEW, State(stage="numpy"), 1)
    host: Any = SimpleNamespace(viewport=VIEW, subject=lambda: now, in_document=later.append)

    def let_the_page_run() -> None:
        while later:
            later.pop(0)()

    lab = Lab(host, pn.Column(), (First, Second))
    for number in (1, 2, 1):
        lab.panel.active = number
        let_the_page_run()
    tabs: Any = lab._tabs
    hidden, shown = tabs[1], tabs[0]
    drawn = shown.drawn
    elsewhere = Viewport.from_bounds(-2, 0, -1, 1, 30, 20)
    stored.add(measured(1, elsewhere))
    assert not later, "of another view"
    stored.add(measured(1))
    stored.add(measured(2))
    shown.redrawing.request()
    let_the_page_run()
    assert shown.drawn == drawn + 1
    shown.subjects.measure()
    host.viewport = elsewhere
    stored.add(measured(5))
    let_the_page_run()
    assert shown.drawn == drawn + 2, "of the view that was measured"
    assert hidden.drawn == 1
    assert [lab.title_of(name) for name in ("second", "q")] == ["Shown", ""]
    hidden.redrawing.request()
    assert not later


class FakeHost:
    """A page that can be moved."""

    def __init__(self) -> None:
        self.now = Subject(VIEW, State(stage="numpy"), 1)

    def subject(self) -> Subject:
        return self.now

    def go_to(self, subject: Subject) -> None:
        self.now = subject


def test_what_was_measured_stays_on_show_until_there_is_something_to_say_of_the_new_view() -> None:
    host: Any = FakeHost()
    subjects = Subjects(host)
    assert subjects.current(running=False, known=False) == host.now
    there = subjects.measure()
    host.now = here = Subject(VIEW, State(maxiter=50), 1)
    for running, known, shown in (
        (True, True, there),
        (True, False, there),
        (False, False, there),
        (False, True, here),
    ):
        assert subjects.current(running, known) == shown
        assert subjects.panel.visible == (shown is there)
    subjects.current(running=True, known=True)
    subjects._button.clicks += 1
    assert host.now == there
    host.now = Subject(VIEW, State(stage="fast", palette="hot"), 1)
    assert subjects.current(running=True, known=False) == host.now, "the same work"


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (140.4, "140 × NumPy"),
        (2345.0, "2,300 × NumPy"),
        (9.87, "9.9 × NumPy"),
        (1.0, "1.0 × NumPy"),
        (0.96, "0.96 × NumPy"),
        (0.038, "26 times slower than NumPy"),
        (0.5, "2.0 times slower than NumPy"),
    ],
)
def test_a_ratio_reads_like_one(ratio: float, words: str) -> None:
    assert against(ratio, "NumPy") == words


@pytest.mark.parametrize(
    ("seconds", "label"),
    [
        (2e-5, "20 µs"),
        (0.001, "1 ms"),
        (0.02, "20 ms"),
        (0.1, "0.1 s"),
        (5, "5 s"),
        (600, "10 min"),
    ],
)
def test_a_tick_reads_like_a_time(seconds: float, label: str) -> None:
    assert seconds_label(seconds) == label


@given(st.floats(1e-6, 100), st.floats(1.5, 1e6), st.integers(3, 9))
def test_ticks_lie_within_and_are_few(low: float, factor: float, most: int) -> None:
    ticks = time_ticks(low, low * factor, most)
    assert len(ticks) <= most
    assert all(low <= tick <= low * factor for tick in ticks)


def test_names_that_would_overlap_are_written_as_one() -> None:
    names = merged({"NumPy": 1.0, "Numba": 1.01, "Fast": 0.01}, 0.001, 10, apart=0.06)
    assert list(names.values()) == ["Fast", "NumPy, Numba"]
