"""How late the event loop is, which is how long a visitor waits for any answer."""

from __future__ import annotations

import time

from tornado.ioloop import IOLoop, PeriodicCallback

LAG_EVERY_SECONDS = 0.5


class Lag:
    """How late the event loop comes to what is due: how long a visitor waits for any answer."""

    def __init__(self) -> None:
        self._due = 0.0
        self.seconds = 0.0

    def watch(self) -> None:
        """Begin, in the event loop's thread."""
        self._due = time.monotonic() + LAG_EVERY_SECONDS
        IOLoop.current().add_callback(PeriodicCallback(self._note, LAG_EVERY_SECONDS * 1e3).start)

    def _note(self) -> None:
        now = time.monotonic()
        self.seconds = max(0.0, now - self._due)
        self._due = now + LAG_EVERY_SECONDS


lag = Lag()
