"""What the lab knows of results: as much as it may, found quickly, and said if it is not stored."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as sometimes
from hypothesis import strategies as st

from dashboard.compute import workers
from dashboard.lab import stored
from dashboard.lab.known import Known
from dashboard.lab.measure_queue import MeasureQueue
from dashboard.status import Status
from mandel_core import Measurement, Settings, Viewport
from mandel_core.measurement.machine import Machine
from mandel_core.measurement.record import Record
from mandel_core.measurement.records import Records

VIEW = Viewport.from_bounds(-2, 1, -1, 1, 30, 20)
HERE = Machine.here()

views = st.sampled_from([VIEW, Viewport.from_bounds(-2, 0, -1, 1, 30, 20)])
asked = st.builds(
    Settings,
    st.sampled_from(["chunked", "planes", "numpy", "mine"]),
    maxiter=st.sampled_from([50, 200]),
    horizon=st.sampled_from([4.0, 2.0**40]),
    chunksize=st.integers(1, 3),
    device=st.sampled_from(["cpu", "cuda"]),
    threads=st.sampled_from([None, 1, HERE.cores]),
    dtype=st.sampled_from(["float32", "float64"]),
)
results = st.builds(
    Record,
    st.builds(
        Measurement, views, asked, st.just((0.5,)), st.just(0.5), st.sampled_from([0.0, 5.0])
    ),
    st.sampled_from(["measured", "frame"]),
    st.sampled_from([HERE, replace(HERE, torch="1.0")]),
    step=st.sampled_from(["", "another"]),
)


class Simple(Known):
    """Looks at each of the newest results, whatever is asked."""

    def of_stage(self, stage: str) -> list[Record]:
        newest = list(self._all)[::-1]
        return [record for record in newest if record.measurement.stage == stage]

    def like(self, view: Viewport, settings: Settings) -> list[Record]:
        return self.of_stage(settings.stage)


@given(st.lists(results, max_size=40), st.integers(1, 30), views, asked)
@sometimes(deadline=None)
def test_what_is_found_is_what_looking_at_each_would_find(
    records: list[Record], most: int, view: Viewport, settings: Settings
) -> None:
    if settings.stage == "mine":
        settings = replace(settings, stage="planes")  # what is asked for is known here
    found = []
    for kind in (Known, Simple):
        known = kind(most, records)
        assert len(known) == min(most, len(records))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(stored, "_known", lambda known=known: known)
            found.append((stored.points(view, settings), stored.latest(view, settings)))
    assert found[0] == found[1]


@given(st.lists(results, max_size=30), st.integers(1, 10))
@sometimes(deadline=None)
def test_what_was_dropped_leaves_nothing_behind(records: list[Record], most: int) -> None:
    known, last = Known(most, records), Known(most, records[-most:])
    assert known._found == last._found


def test_many_threads_may_add_and_ask() -> None:
    known = Known(500)

    def use(first: int) -> None:
        for size in range(first, first + 200):
            known.add(Record(Measurement(VIEW, Settings(chunksize=size), (1.0,)), machine=HERE))
            assert len(known.of_stage("chunked")) <= 500

    threads = [threading.Thread(target=use, args=(1 + 200 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(known) == len(known.of_stage("chunked")) == 500


class Page:
    """What a queue needs of an explorer."""

    session = "page"
    is_news = Status.is_news
    _of_file = ""

    def in_document(self, callback: Callable[..., None], *args: Any) -> None:
        callback(*args)

    def title_of(self, name: str) -> str:
        return ""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Records]:
    """A file of results of its own; whatever is measured takes a second."""
    records, known = Records.open(tmp_path / "secret" / "results.sqlite"), Known(100)

    def measure(task: Any, **how: Any) -> Future[Measurement]:
        done: Future[Measurement] = Future()
        done.set_result(Measurement(task.view, task.settings, (1.0,)))
        return done

    monkeypatch.setattr(stored, "records", lambda: records)
    monkeypatch.setattr(stored, "_known", lambda: known)
    monkeypatch.setattr(stored, "_logged", "")
    monkeypatch.setattr(workers, "measure", measure)
    yield records
    records.close()


def measure_some(page: Page, count: int) -> str:
    """Measure so many; what stands beside the button in the end."""
    host: Any = page
    queue = MeasureQueue(
        *(host, host, "lab", "Measure"), lambda: None, lambda measured: None, lambda: None
    )
    queue.start(VIEW, [Settings(chunksize=size) for size in range(1, count + 1)])
    stored._writer.submit(lambda: None).result()
    return str(queue._progress.value)


def fill(records: Records) -> None:
    assert records._file is not None
    (pages,) = records._file.execute("PRAGMA page_count").fetchone()
    records._file.execute(f"PRAGMA max_page_count = {pages}")


def lock(records: Records) -> sqlite3.Connection:
    other = sqlite3.connect(records.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


def damage(records: Records) -> None:
    records.path.write_bytes(b"\xff" * records.path.stat().st_size)


def forbid(records: Records) -> None:
    assert records._file is not None
    records._file.execute("PRAGMA query_only = 1")


@pytest.mark.parametrize(
    ("harm", "said"),
    [(fill, "is full"), (lock, "Another program"), (damage, "were damaged"), (forbid, "readonly")],
)
def test_results_that_cannot_be_stored_are_mentioned_once_and_measuring_goes_on(
    file: Records, caplog: pytest.LogCaptureFixture, harm: Callable[[Records], Any], said: str
) -> None:
    page = Page()
    assert measure_some(page, 1).startswith("1 measured")
    assert "results" not in measure_some(page, 1)
    held = harm(file)
    count = 3 if harm is lock else 40
    told = measure_some(page, count)
    assert told.startswith(f"{count} measured")
    assert told.count(said) == 1
    assert "secret" not in told
    assert said not in measure_some(page, 1), "once is enough"
    assert said in measure_some(Page(), 1), "another page"
    (line,) = caplog.messages
    assert str(file.path) in line
    if held:
        held.close()
