"""Whether a process is alive and its interpreter runs, seen from outside without asking it.

A thread of the process counts up in memory that both processes see. It stands still when the
process is stopped, or when something holds the interpreter's lock and does not give it back.
"""

from __future__ import annotations

import mmap
import os
import threading
import time

import psutil

from mandel_core.runtime.shared_memory import shared_file

BEAT_SECONDS = 0.1
# Before its first beat a process imports what it needs, from a cold disk maybe.
START_SECONDS = 60.0
# Silence after which it is worth to ask the system whether the process is stopped.
SUSPICIOUS_SECONDS = 0.3
# The observer may itself have been stopped: require LOOKS equal readings.
LOOKS = 5
_SIZE = 8  # bytes of one unsigned integer


def _count(fd: int) -> memoryview[int]:
    return memoryview(mmap.mmap(fd, _SIZE)).cast("Q")


def beat(fd: int) -> None:
    """From now on count up in a thread; `fd` is that of a `Heartbeat`."""
    count = _count(fd)
    os.close(fd)

    def go_on() -> None:
        while True:
            count[0] += 1
            time.sleep(BEAT_SECONDS)

    threading.Thread(target=go_on, name="heartbeat", daemon=True).start()


class Heartbeat:
    """The count of one process, and how long it has not changed.

    `fd` has to be inherited by that process and given to `beat`.
    """

    def __init__(self) -> None:
        self.fd = shared_file()
        os.truncate(self.fd, _SIZE)
        self._count = _count(self.fd)
        self._seen = 0
        self._looks = 0
        self._since = time.monotonic()
        self._closed = False

    def silence(self) -> float:
        """Look: for how many seconds the count has been the same."""
        try:
            count = self._count[0]
        except ValueError:  # closed, maybe in this moment: others than the supervisor look as well
            count = 0
        if count != self._seen:
            self._seen = count
            self.excuse()
        self._looks += 1
        return time.monotonic() - self._since

    @property
    def begun(self) -> bool:
        """Whether the process has begun to beat."""
        return self._seen > 0

    def excuse(self) -> None:
        """Begin anew: the process was stopped by us until now."""
        self._looks = 0
        self._since = time.monotonic()

    def hung(self, pid: int, patience: float) -> str:
        """Look, and say why the process has to be taken for hung; "" if it need not.

        patience : seconds of silence that are borne of a process that has begun to beat.
        """
        silence = self.silence()
        if silence < SUSPICIOUS_SECONDS or self._looks < LOOKS:
            return ""
        try:
            if psutil.Process(pid).status() == psutil.STATUS_STOPPED:
                return "stopped by a signal"
        except psutil.Error:
            return ""  # its end is noticed elsewhere
        if silence > (patience if self._seen else START_SECONDS):
            return f"without a sign of life for {silence:.1f} s"
        return ""

    def close(self) -> None:
        """Give the memory back."""
        if not self._closed:
            self._closed = True
            self._count.release()
            os.close(self.fd)
