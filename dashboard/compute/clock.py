"""Callbacks after a while: once, or once a second for what tells how long something has taken."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

SECONDS = 1.0


def later(
    in_document: Callable[..., None], seconds: float, callback: Callable[..., None], *args: Any
) -> None:
    """Call back in the document after so many seconds.

    in_document : calls back where models may be changed, from any thread.
    """
    timer = threading.Timer(seconds, in_document, (callback, *args))
    timer.daemon = True
    timer.start()


class Clock:
    """Calls back in the document once a second between `start` and `stop`.

    in_document : calls back where models may be changed, from any thread.
    """

    def __init__(self, in_document: Callable[..., None], callback: Callable[[], None]) -> None:
        self._in_document, self._callback = in_document, callback
        self._run: object | None = None

    def start(self) -> None:
        """Begin anew."""
        self._run = object()
        self._next(self._run)

    def stop(self) -> None:
        """Call back no more."""
        self._run = None

    def _next(self, run: object) -> None:
        later(self._in_document, SECONDS, self._tick, run)

    def _tick(self, run: object) -> None:
        if run is self._run:
            self._callback()
            self._next(run)
