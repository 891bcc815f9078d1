"""A callback once a second, for what tells how long something has taken."""

from __future__ import annotations

import threading
from collections.abc import Callable

SECONDS = 1.0


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
        self._later(self._run)

    def stop(self) -> None:
        """Call back no more."""
        self._run = None

    def _later(self, run: object) -> None:
        timer = threading.Timer(SECONDS, self._in_document, (self._tick, run))
        timer.daemon = True
        timer.start()

    def _tick(self, run: object) -> None:
        if run is self._run:
            self._callback()
            self._later(run)
