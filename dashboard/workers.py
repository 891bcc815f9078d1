"""The processes that compute for all sessions of this server: one draws, one measures."""

from __future__ import annotations

import atexit
from concurrent.futures import Future
from functools import cache

from mandel_core import Settings, StageFailure, Viewport
from mandel_core.tasks import Devices, Draw
from mandel_core.worker import Worker


@cache
def drawing() -> Worker:
    """Draws pictures; shared, so that what one session compiled serves all."""
    worker = Worker()
    atexit.register(worker.close)
    return worker


@cache
def measuring() -> Worker:
    """Measures; apart, so that pictures are drawn while a measurement compiles for minutes."""
    worker = Worker()
    atexit.register(worker.close)
    return worker


@cache
def devices() -> Future[tuple[str, ...] | StageFailure]:
    """The devices of this machine, asked for once."""
    return drawing().submit(Devices(), session="devices")


def warm_up() -> None:
    """Load or compile what the first picture needs, then torch, before anybody asks."""
    view = Viewport.from_screen("-0.75", "0", "3.5", 16, 16)
    drawing().submit(Draw(view, Settings("numba")), session="warm-up")
    devices()
