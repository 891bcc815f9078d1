"""Pausing a process that measures, and telling it, so that it can take a disturbed run again.

The total is written into memory that both processes see while the paused one cannot run: when it
goes on it knows at once. A message could come after the run it concerns has been counted.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import signal
import time

from mandel_core.runtime.shared_memory import shared_file

_SIZE = 8  # bytes of one float64
_shared: memoryview[float] | None = None


def _totals(fd: int) -> memoryview[float]:
    return memoryview(mmap.mmap(fd, _SIZE)).cast("d")


def listen(fd: int) -> None:
    """From now on know of this process's pauses; `fd` is that of its `Pauses`."""
    global _shared  # noqa: PLW0603 - a process has one clock
    _shared = _totals(fd)
    os.close(fd)


def seconds() -> float:
    """Seconds this process has been paused in total; 0 where it cannot be paused."""
    return _shared[0] if _shared is not None else 0.0


def clock() -> float:
    """`time.perf_counter` that stands still while this process is paused."""
    return time.perf_counter() - seconds()


class Pauses:
    """Stops and continues a process group, and tells its first process how long it stood still.

    `fd` has to be inherited by that process and given to `listen`.
    """

    def __init__(self) -> None:
        self.fd = shared_file()
        os.truncate(self.fd, _SIZE)
        self._totals = _totals(self.fd)
        self._since: float | None = None
        self._ended = False

    def begin(self, group: int) -> None:
        """Stop every process of the group."""
        if not self._ended:  # its number may be another's by now
            self._since = time.perf_counter()
            _signal(group, signal.SIGSTOP)

    def end(self, group: int) -> None:
        """Let them go on, if they were stopped."""
        if self._since is not None and not self._ended:
            self._totals[0] += time.perf_counter() - self._since
            self._since = None
            _signal(group, signal.SIGCONT)

    def close(self) -> None:
        """The group has ended; `begin` and `end` do nothing any more."""
        os.close(self.fd)
        self._totals.release()
        self._ended = True


def _signal(group: int, which: signal.Signals) -> None:
    with contextlib.suppress(OSError):  # they may have ended
        os.killpg(group, which)
