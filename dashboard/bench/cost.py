"""Processor time of a process and, apart, of its children."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Cpu:
    """Seconds, of the process itself and of its children, theirs included."""

    own: float = 0.0
    children: float = 0.0

    @property
    def all(self) -> float:
        """Both together."""
        return self.own + self.children

    def __sub__(self, other: Cpu) -> Cpu:
        return Cpu(self.own - other.own, self.children - other.children)


def cpu_of(pid: int) -> Cpu:
    """What a process and the children that it has now have computed so far."""
    process = psutil.Process(pid)
    children = 0.0
    for child in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            children += _seconds(child)
    return Cpu(_seconds(process), children)


class Others:
    """What processes that are no part of the measurement take of the machine."""

    def __init__(self) -> None:
        self._wall, self._busy = time.perf_counter(), _busy()

    def share(self, measured: float) -> float:
        """Of all cores' time since the beginning, where so many seconds were the measurement's."""
        available = (time.perf_counter() - self._wall) * (psutil.cpu_count() or 1)
        return min(max((_busy() - self._busy - measured) / available, 0.0), 1.0)


def _busy() -> float:
    times = psutil.cpu_times()
    # A guest's time is part of its host's `user`.
    idle = ("idle", "iowait", "guest", "guest_nice")
    return float(sum(times) - sum(getattr(times, name, 0.0) for name in idle))


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
