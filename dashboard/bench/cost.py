"""Processor time of a process and, apart, of its children."""

from __future__ import annotations

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


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
