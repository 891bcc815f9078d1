"""A pool for several programs: they ask through a socket in the file system.

What travels are pickles, which run code when they are read: the socket belongs to one user, and
only that user's programs may connect.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any

from mandel_core.model.failures import StageFailure
from mandel_core.worker.pool import Pool

_log = logging.getLogger(__name__)

# How many programs may be on their way in at once.
BACKLOG = 64


class PoolServer:
    """Listens at `path`, and has `pool` do what is asked there.

    Raises OSError if a server listens there already, or nothing can be made there.
    """

    def __init__(self, pool: Pool, path: Path) -> None:
        self._pool, self._path = pool, path
        self._clients = itertools.count(1)
        _remove_stale(path)
        before = os.umask(0o177)  # read and written by this user alone, from the first moment on
        try:
            self._listener = Listener(str(path), "AF_UNIX", BACKLOG)
        finally:
            os.umask(before)

    def serve(self) -> None:
        """Serve until `close`."""
        while True:
            try:
                connection = self._listener.accept()
            except OSError:
                return
            client = _Client(self._pool, connection, f"client-{next(self._clients)}")
            threading.Thread(target=client.listen, name=client.name, daemon=True).start()

    def close(self) -> None:
        """Stop listening; what is under way goes on until the programs that asked leave."""
        self._listener.close()


class _Client:
    """One program that asks."""

    def __init__(self, pool: Pool, connection: Connection[Any, Any], name: str) -> None:
        self.name = name
        self._pool, self._connection = pool, connection
        self._sending = threading.Lock()
        self._pending: dict[int, Future[Any]] = {}

    def listen(self) -> None:
        """Do what it asks until it leaves; then nothing of it goes on."""
        _log.info("%s has come", self.name)
        try:
            while True:
                kind, number, *details = self._connection.recv()
                if kind == "cancel":
                    if (future := self._pending.get(number)) is not None:
                        future.cancel()
                else:
                    self._ask(kind, number, *details)
        except (EOFError, OSError):
            pass
        except Exception:
            _log.exception("%s sent what cannot be read", self.name)
        finally:
            for future in tuple(self._pending.values()):
                future.cancel()
            self._connection.close()
            _log.info("%s has left", self.name)

    def _ask(self, kind: str, number: int, *details: Any) -> None:
        if kind == "health":
            self._send("done", number, self._pool.health())
            return
        try:
            future = self._submitted(kind, number, *details)
        except Exception as error:
            _log.exception("%s asked for what cannot be done", self.name)
            self._send("done", number, StageFailure("", "error", f"It cannot be done: {error}"))
            return
        self._pending[number] = future
        future.add_done_callback(lambda future: self._answer(number, future))

    def _submitted(self, kind: str, number: int, *details: Any) -> Future[Any]:
        if kind == "devices":
            return self._pool.devices()
        task, session, *rest = details
        # Visitors of two programs may have the same name.
        session = f"{self.name}-{session}"
        if kind == "time":
            return self._pool.time(task, session)
        if kind == "refine":
            return self._pool.refine(task, session)
        if kind == "probe":
            return self._pool.probe(task, session)
        if kind not in {"draw", "measure"}:
            raise ValueError(f"{kind!r} is unknown")
        ask: Callable[..., Future[Any]] = self._pool.draw if kind == "draw" else self._pool.measure
        return ask(task, session, lambda phase: self._send("phase", number, phase), *rest)

    def _answer(self, number: int, future: Future[Any]) -> None:
        self._pending.pop(number, None)
        if future.cancelled():
            self._send("cancelled", number, None)
        else:
            self._send("done", number, future.result())

    def _send(self, kind: str, number: int, value: Any) -> None:
        with self._sending, contextlib.suppress(OSError):  # it has left
            self._connection.send((kind, number, value))


def _remove_stale(path: Path) -> None:
    """Remove the socket of a server that is no more. Raises OSError if there is one."""
    from multiprocessing.connection import Client

    try:
        Client(str(path), "AF_UNIX").close()
    except FileNotFoundError:
        return
    except ConnectionRefusedError:
        path.unlink()
        return
    raise OSError(f"another process listens at {path} already")
