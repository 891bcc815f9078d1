"""A pool that another program has, asked through a socket in the file system."""

from __future__ import annotations

import contextlib
import itertools
import logging
import math
import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any, TypeVar

from mandel_core.colour.encoding import Encoded
from mandel_core.model.control import Phase, ignore_phase
from mandel_core.model.failures import StageFailure
from mandel_core.worker.orbit_tasks import Probe, Probed
from mandel_core.worker.tasks import Draw, Refine, Render, Task, TaskOfStage, Time
from mandel_core.worker.turns import Lane
from mandel_core.worker.worker import Health

T = TypeVar("T")
_log = logging.getLogger(__name__)

# `health` is asked for by those who cannot wait.
HEALTH_SECONDS = 1.0
AWAY = "The processes that compute for this server are away; ask again in a moment."


@dataclass(eq=False)
class _Asked:
    stage: str
    on_phase: Callable[[Phase], None]
    future: Future[Any] = field(default_factory=Future)


class RemotePool:
    """Has the methods of `mandel_core.worker.pool.Pool`; a `PoolServer` at `path` does the work.

    While that is away every request is a StageFailure; it is looked for again with each.
    """

    first: Future[Any] | None = None  # the other end's to make

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._connection: Connection[Any, Any] | None = None
        self._asked: dict[int, _Asked] = {}
        self._of_session: dict[str, Future[Any]] = {}

    def draw(
        self,
        task: TaskOfStage[T],
        session: str,
        on_phase: Callable[[Phase], None] = ignore_phase,
        expected: float = math.inf,
    ) -> Future[T | StageFailure]:
        """As `Pool.draw`."""
        return self._ask("draw", task.stage, on_phase, task, session, expected)

    def time(self, task: Time, session: str) -> Future[float | StageFailure]:
        """As `Pool.time`."""
        return self._ask("time", task.stage, ignore_phase, task, session)

    def refine(self, task: Refine, session: str) -> Future[Encoded | StageFailure]:
        """As `Pool.refine`."""
        return self._ask("refine", task.stage, ignore_phase, task, session)

    def probe(self, task: Probe, session: str) -> Future[Probed | StageFailure]:
        """As `Pool.probe`."""
        return self._ask("probe", task.stage, ignore_phase, task, session)

    def measure(
        self,
        task: Task[T],
        session: str,
        on_phase: Callable[[Phase], None] = ignore_phase,
        limit_seconds: float = math.inf,
    ) -> Future[T | StageFailure]:
        """As `Pool.measure`."""
        return self._ask("measure", task.stage, on_phase, task, session, limit_seconds)

    def devices(self) -> Future[tuple[str, ...] | StageFailure]:
        """As `Pool.devices`."""
        return self._ask("devices", "torch", ignore_phase)

    def warm_up(
        self, first: Draw, deeper: Draw, points: tuple[Probe, ...], compiles: Render | None
    ) -> None:
        """Nothing: who serves the pool has done it."""

    def under_way(self) -> dict[Lane, tuple[str, str]]:
        """Nothing: it is not known here."""
        return {}

    def health(self) -> dict[str, Health]:
        """As `Pool.health`; one process "computing" that does not answer while it is away."""
        away = {"computing": Health(False, False, len(self._asked), 0, {})}
        try:
            found = self._ask("health", "", ignore_phase).result(HEALTH_SECONDS)
        except TimeoutError:
            return away
        return found if isinstance(found, dict) else away

    def close(self) -> None:
        """Leave; what was asked for is cancelled."""
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            # Closing alone would not wake the thread that reads from it, nor tell the other end.
            with (
                contextlib.suppress(OSError),
                socket.socket(fileno=os.dup(connection.fileno())) as end,
            ):
                end.shutdown(socket.SHUT_RDWR)

    def _ask(
        self, kind: str, stage: str, on_phase: Callable[[Phase], None], *details: Any
    ) -> Future[Any]:
        asked = _Asked(stage, on_phase)
        number = next(self._numbers)
        try:
            with self._lock:
                connection = self._connected()
                self._asked[number] = asked
                connection.send((kind, number, *details))
        except Exception as error:
            self._asked.pop(number, None)
            reason = AWAY if isinstance(error, OSError) else f"It cannot be sent: {error}"
            asked.future.set_result(StageFailure(stage, "died", reason))
            return asked.future
        asked.future.add_done_callback(lambda future: self._on_done(number, future))
        return asked.future

    def _on_done(self, number: int, future: Future[Any]) -> None:
        self._asked.pop(number, None)
        if future.cancelled():
            future.set_running_or_notify_cancel()
            with self._lock, contextlib.suppress(OSError):
                if self._connection is not None:
                    self._connection.send(("cancel", number))

    def _connected(self) -> Connection[Any, Any]:
        """The connection, a new one if need be; called with the lock held."""
        if self._connection is None:
            self._connection = Client(str(self._path), "AF_UNIX")
            threading.Thread(
                target=self._listen, args=(self._connection,), name="mandel-pool", daemon=True
            ).start()
        return self._connection

    def _listen(self, connection: Connection[Any, Any]) -> None:
        try:
            while True:
                self._on_message(*connection.recv())
        except (EOFError, OSError):
            pass
        with self._lock:
            if self._connection is connection:
                self._connection = None
                _log.warning("The computing processes at %s have gone away", self._path)
            lost, self._asked = self._asked, {}
        connection.close()
        for asked in lost.values():
            with contextlib.suppress(Exception):
                asked.future.set_result(StageFailure(asked.stage, "died", AWAY))

    def _on_message(self, kind: str, number: int, value: Any) -> None:
        asked = self._asked.get(number)
        if asked is None:
            return
        with contextlib.suppress(Exception):  # it may be cancelled in this moment
            if kind == "phase":
                asked.on_phase(value)
            elif kind == "cancelled":
                asked.future.cancel()
            else:
                asked.future.set_result(value)
