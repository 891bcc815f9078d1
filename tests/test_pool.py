"""What one visitor asks for costs the others little, and no more than the limits allow."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import Any

import pytest

from mandel_core import Settings, StageFailure, Viewport
from mandel_core.colour.encoding import Encoded
from mandel_core.compilers.preparing import preparing
from mandel_core.model.control import Control
from mandel_core.worker.pool import Pool, PoolLimits
from mandel_core.worker.tasks import Draw, Measure, Picture, Refine, Time
from tests.test_worker import ENDLESS, PATIENCE, VIEW, Phases

pytestmark = pytest.mark.slow

LIGHT = Draw(VIEW, Settings("fast", maxiter=50))
HEAVY = Draw(VIEW, ENDLESS.settings)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    pool = Pool(PoolLimits(pixels=1e6, work=1e12))
    yield pool
    pool.close()


@pytest.fixture
def hurried() -> Iterator[Pool]:
    """A pool with little patience."""
    pool = Pool(PoolLimits(picture_seconds=0.5, measure_seconds=0.5))
    yield pool
    pool.close()


def result(future: Future[Any]) -> Any:
    return future.result(PATIENCE)


def test_light_pictures_come_while_another_visitor_has_heavy_ones(pool: Pool) -> None:
    phases = Phases()
    endless = pool.draw(HEAVY, "heavy")
    # Taken for a quick one, as the last one of that visitor was.
    mistaken = pool.draw(HEAVY, "mistaken", phases, expected=0.01)
    for _ in range(3):
        assert isinstance(result(pool.draw(LIGHT, "light", expected=0.01)), Picture)
    assert not endless.done()
    assert not mistaken.done(), "it goes on where long ones are drawn"
    assert mistaken.cancel()
    assert endless.cancel()
    assert isinstance(result(pool.draw(LIGHT, "heavy")), Picture)


def test_a_newer_picture_of_a_session_takes_the_place_of_the_older_wherever_that_is(
    pool: Pool,
) -> None:
    older = pool.draw(HEAVY, "one")
    newer = pool.draw(LIGHT, "one", expected=0.01)
    assert isinstance(result(newer), Picture)
    assert older.cancelled()


def test_whoever_has_cost_least_goes_first(pool: Pool) -> None:
    done: list[str] = []
    pool.accounts.charge("greedy", 30)
    under_way = pool.draw(HEAVY, "first")
    while pool.under_way().get("long") != ("first", HEAVY.stage):
        time.sleep(0.01)
    for session in ("greedy", "greedy/whole", "modest"):
        task = Draw(VIEW, Settings("numpy", maxiter=2))
        future = pool.draw(task, session)
        future.add_done_callback(lambda _, session=session: done.append(session))  # type: ignore[misc]
    last = pool.draw(Draw(VIEW, Settings("numpy", maxiter=2)), "greedy/last")
    under_way.cancel()
    result(last)
    assert done == ["modest", "greedy", "greedy/whole"]


def test_what_is_more_than_allowed_is_refused_in_a_sentence_that_says_what_fits(
    pool: Pool,
) -> None:
    large = Viewport.from_screen("-0.75", "0", "3.5", 2000, 1000)
    refused = result(pool.draw(Draw(large, Settings("fast")), "one"))
    assert isinstance(refused, StageFailure)
    assert refused.kind == "too-large"
    assert "2,000,000 pixels are more than the 1,000,000" in refused.reason
    deep = Viewport.from_screen("-0.75", "0", "3.5", 1000, 1000)
    for ask in (pool.draw, pool.measure):
        task: Any = (Draw if ask == pool.draw else Measure)(deep, Settings("fast", 2_000_000))
        refused = result(ask(task, "one"))
        assert "1,000,000 iterations fit" in refused.reason
    assert result(pool.time(Time(large, Settings("fast")), "one")).kind == "too-large"


def test_a_limit_of_seconds_holds_for_running_and_for_compiling(hurried: Pool) -> None:
    result(hurried.draw(LIGHT, "one"))  # what it compiles counts elsewhere
    late = result(hurried.draw(HEAVY, "one"))
    assert late.kind == "too-long"
    assert late.reason.startswith("The picture was given up after 0.5 s")
    late = result(hurried.measure(Measure(VIEW, ENDLESS.settings), "one"))
    assert late.reason.startswith("The measurement was given up after 0.5 s")
    assert isinstance(result(hurried.draw(LIGHT, "one", expected=0.01)), Picture)


def test_a_limit_of_seconds_holds_while_compiling() -> None:
    pool = Pool(PoolLimits(compile_seconds=1.0))
    try:
        late = result(pool.draw(Draw(VIEW, Settings("chunked", chunksize=100)), "one"))
        assert late.kind == "too-long"
        assert late.reason.startswith("Compiling was given up after 1 s")
    finally:
        pool.close()


def test_whoever_has_used_up_the_minute_waits_and_is_told() -> None:
    pool = Pool(PoolLimits(seconds_per_minute=600.0))
    try:
        pool.accounts.charge("greedy", 605.0)
        phases = Phases()
        waits = pool.draw(LIGHT, "greedy/one", phases)
        phases.wait_for("over budget")
        assert isinstance(result(pool.draw(LIGHT, "modest")), Picture)
        assert isinstance(result(waits), Picture), "a minute pays 60 s back"
    finally:
        pool.close()


@dataclass(frozen=True)
class LoadsSlowly(Draw):
    """Takes longer for its kernels, in each new process, than a quick picture may take.

    by_stage : whether the stage loads them, which says that it compiles; else the colours do.
    """

    by_stage: bool = False

    def run(self, control: Control) -> Picture:
        if not _loaded:
            with preparing():
                if self.by_stage:
                    control.on_phase("compiling")
                until = time.process_time() + 1.5  # not asleep: whoever cannot compute is spared
                while time.process_time() < until:
                    pass
                control.on_phase("running")
            _loaded.append(True)
        return super().run(control)


_loaded: list[bool] = []


@pytest.mark.parametrize("by_stage", [False, True])
def test_a_new_process_is_left_the_time_to_load_its_kernels(by_stage: bool) -> None:
    """Else it would be killed for it, and the next one would begin with the same."""
    pool = Pool()
    try:
        result(pool.draw(LIGHT, "one", expected=0.01))
        os.kill(pool.quick.pid or 0, signal.SIGKILL)
        sessions = [f"visitor {number}" for number in range(5)]
        task = LoadsSlowly(VIEW, Settings("fast", maxiter=50), by_stage=by_stage)
        first = [pool.draw(task, session, expected=0.01) for session in sessions]
        cancelled = first.pop(0)
        while not pool.quick.health.busy:
            time.sleep(0.01)
        cancelled.cancel()
        assert all(isinstance(result(future), Picture) for future in first)
        assert pool.quick.replaced == {"ended": 1}
    finally:
        pool.close()


@dataclass(frozen=True)
class RefinesSlowly(Refine):
    """Can be stopped at any time."""

    def run(self, control: Control) -> Encoded:
        for _ in range(20):
            control.checkpoint()
            time.sleep(0.02)
        return super().run(control)


def test_what_gives_way_to_pictures_does_not_give_way_to_its_like(pool: Pool) -> None:
    """Of visitors at rest each would stop the smooth edges of the others, and none have its own."""
    task = RefinesSlowly(VIEW, LIGHT.settings)
    waiting = [pool.refine(task, f"visitor {number}") for number in range(4)]
    assert all(isinstance(result(future), Encoded) for future in waiting)
    under_way = pool.refine(task, "visitor")
    while pool.under_way().get("long") != ("visitor", task.stage):
        time.sleep(0.01)
    assert isinstance(result(pool.draw(LIGHT, "another")), Picture)
    with pytest.raises(CancelledError):
        result(under_way)


def test_a_long_picture_does_not_wait_for_a_longer_one_while_a_process_is_idle(pool: Pool) -> None:
    endless = pool.draw(HEAVY, "heavy")
    while not pool.long.health.busy:
        time.sleep(0.01)
    assert isinstance(result(pool.draw(LIGHT, "other")), Picture)  # who knows how long it takes
    assert not endless.done()
    assert pool.long.health.busy
    endless.cancel()
