"""The processes that compute for all sessions: two draw, with and without torch, one measures."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from functools import cache
from typing import TypeVar

from dashboard.state import HOME
from dashboard.turns import Turn, Turns
from mandel_core import STAGES, Settings, StageFailure, Viewport
from mandel_core.job import _ignore
from mandel_core.tasks import Devices, Draw, Picture, Render, Task, Time
from mandel_core.worker import Worker

T = TypeVar("T")


@cache
def drawing() -> Worker:
    """Draws pictures by the stages without torch: nothing there takes long to compile."""
    worker = Worker()
    atexit.register(worker.close)
    return worker


@cache
def compiling() -> Worker:
    """Draws pictures by the stages on torch, so that nobody else's wait while one compiles.

    Shared as well, so that what one session compiled serves all.
    """
    worker = Worker()
    atexit.register(worker.close)
    return worker


@cache
def measuring() -> Worker:
    """Measures; apart, so that pictures are drawn while a measurement compiles for minutes."""
    worker = Worker()
    atexit.register(worker.close)
    return worker


_turns = Turns(hold=lambda: measuring().pause(), go_on=lambda: measuring().resume())


def draw(
    task: Draw, session: str, on_phase: Callable[[str], None] = _ignore
) -> Future[Picture | StageFailure]:
    """Ask for a picture, for which measuring stands still."""
    for timing in tuple(_timings):
        timing.cancel()
    return _submit(_drawer(task), task, session, on_phase, _turns.picture())


def time(task: Time, session: str) -> Future[float | StageFailure]:
    """Ask for the time of a picture that has been drawn, from the process that drew it.

    Whoever asks for a picture meanwhile goes first, and this one is cancelled.
    """
    future = _drawer(task).submit(task, session)
    _timings.add(future)
    future.add_done_callback(_timings.discard)
    return future


_timings: set[Future[float | StageFailure]] = set()


def _drawer(task: Draw | Time) -> Worker:
    return compiling() if STAGES[task.stage].uses_torch(task.settings) else drawing()


def measure(
    task: Task[T], session: str, on_phase: Callable[[str], None] = _ignore
) -> Future[T | StageFailure]:
    """Ask for something to be measured, inspected or compared.

    It stands still while a picture is made, unless both compile, and can be cancelled then, too.
    """
    return _submit(measuring(), task, session, on_phase, _turns.measurement())


def _submit(
    worker: Worker, task: Task[T], session: str, on_phase: Callable[[str], None], turn: Turn
) -> Future[T | StageFailure]:
    def hear(phase: str) -> None:
        turn.hear(phase)
        on_phase(phase)

    try:
        future = worker.submit(task, session, hear)
    except BaseException:
        turn.end()
        raise
    future.add_done_callback(turn.end)
    return future


@cache
def devices() -> Future[tuple[str, ...] | StageFailure]:
    """The devices of this machine, asked for once."""
    return measuring().submit(Devices(), session="devices")


def warm_up() -> None:
    """Load or compile what the first pictures need, then torch and its compiler's tools."""
    view = Viewport.from_screen(HOME.x, HOME.y, HOME.width, 16, 16)
    common = Settings(HOME.stage, dtype="float32")
    first = draw(Draw(view, common), session="warm-up")

    def go_on(_: object) -> None:  # after the pictures that visitors may wait for by then
        deeper = Draw(view, replace(common, dtype="float64"), automatic=True, surround=2)
        drawing().submit(deeper, session="warm-up")

    def compile_one(_: object) -> None:
        # The first compile of all builds what every other one needs, and leaves it in the cache.
        small = Render(view, replace(common, stage="chunked", chunksize=1))
        there = measure(small, session="warm-up")
        there.add_done_callback(lambda _: compiling().submit(small, session="warm-up"))

    first.add_done_callback(go_on)
    devices().add_done_callback(compile_one)
