"""The processes that compute for all pages of this server, or of this notebook."""

from __future__ import annotations

import atexit
import math
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TypeVar

from dashboard import server_settings
from dashboard.state import HOME
from mandel_core import STAGES, Settings, StageFailure, Viewport
from mandel_core.colour.encoding import Encoded
from mandel_core.model.control import Phase, ignore_phase
from mandel_core.worker.orbit_tasks import Probe, Probed
from mandel_core.worker.pool import Pool
from mandel_core.worker.pool_client import RemotePool
from mandel_core.worker.tasks import (
    Discover,
    Draw,
    Picture,
    Refine,
    Render,
    Task,
    TaskOfStage,
    Time,
)
from mandel_core.worker.turns import Lane

T = TypeVar("T")

# Called with each picture that is asked for, and its stage.
watchers: list[Callable[[Future[Picture | StageFailure], str], None]] = []


@cache
def pool() -> Pool | RemotePool:
    """The processes, started when they are first needed, or another program's."""
    settings = server_settings.current()
    made: Pool | RemotePool = (
        RemotePool(Path(settings.compute)) if settings.compute else Pool(settings.pool_limits)
    )
    atexit.register(made.close)
    return made


def draw(
    task: Draw,
    session: str,
    on_phase: Callable[[Phase], None] = ignore_phase,
    expected: float = math.inf,
) -> Future[Picture | StageFailure]:
    """Ask for a picture; see `Pool.draw`."""
    future: Future[Picture | StageFailure] | None = _not_allowed(task.stage)
    if future is None:
        future = pool().draw(task, session, on_phase, expected)
    for watcher in watchers:
        watcher(future, task.stage)
    return future


def discover(
    task: Discover, session: str
) -> Future[tuple[Decimal, Decimal, Decimal] | StageFailure]:
    """Ask for a place worth a look; an earlier search of the session is cancelled."""
    return pool().draw(task, f"{session}/discover")


def draw_file(task: TaskOfStage[T], session: str) -> Future[T | StageFailure]:
    """Ask for a picture that is to be a file; an earlier one of the session is cancelled."""
    return _not_allowed(task.stage) or pool().draw(task, session)


def time(task: Time, session: str) -> Future[float | StageFailure]:
    """Ask for the time of a picture that has been drawn; see `Pool.time`."""
    return pool().time(task, session)


def refine(task: Refine, session: str) -> Future[Encoded | StageFailure]:
    """Ask for a picture that has been drawn with smooth edges; see `Pool.refine`."""
    return pool().refine(task, session)


def probe(task: Probe, session: str) -> Future[Probed | StageFailure]:
    """Ask what is known of a point; see `Pool.probe`."""
    return pool().probe(task, session)


def measure(
    task: Task[T],
    session: str,
    on_phase: Callable[[Phase], None] = ignore_phase,
    limit_seconds: float = math.inf,
) -> Future[T | StageFailure]:
    """Ask for something to be measured, inspected or compared; see `Pool.measure`."""
    return _not_allowed(task.stage, measuring=True) or pool().measure(
        task, session, on_phase, limit_seconds
    )


def under_way() -> Mapping[Lane, tuple[str, str]]:
    """What the processes do just now: see `Pool.under_way`."""
    return pool().under_way() if pool.cache_info().currsize else {}


@cache
def devices() -> Future[tuple[str, ...] | StageFailure]:
    """The devices of this machine, asked for once."""
    return pool().devices()


def warm_up(computing: Pool | RemotePool) -> None:
    """Load or compile what the first pictures need, then torch and its compiler's tools."""
    view = Viewport.from_screen(HOME.x, HOME.y, HOME.width, 16, 16)
    common = Settings(HOME.stage, dtype="float32")
    precise = replace(common, dtype="float64")
    julia = Draw(view, replace(common, formula="julia"))
    compiles = Render(view, replace(common, stage="chunked", chunksize=1))
    wanted = server_settings.current().offers(compiles.stage)
    computing.warm_up(
        first=Draw(view, common),
        deeper=Draw(view, precise, automatic=True, surround=2),
        points=(Probe(-1.0, 0.0, precise, path=8, beside=julia), Probe(0.3, 0.0, precise)),
        compiles=compiles if wanted else None,
    )


def _not_allowed(stage: str, measuring: bool = False) -> Future[T | StageFailure] | None:
    """The failure of what this server does not do for visitors; None if it does."""
    settings = server_settings.current()
    if measuring and not settings.measuring:
        reason = "This server does not measure for its visitors; run the explorer yourself for it."
    elif not settings.offers(stage):
        titles = ", ".join(STAGES[name].title for name in settings.offered)
        reason = f"This server does not offer it; there are {titles}."
    else:
        return None
    future: Future[T | StageFailure] = Future()
    future.set_result(StageFailure(stage, "not-allowed", reason))
    return future
