"""How much of the machine other processes take while one is timed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from mandel_core.model.control import NO_CONTROL, Control

# The system counts in hundredths of a second: in a look as long as this one of them is 2.5 % of two
# cores. Less than the share that is called calm does not move the median of a measurement.
LOOK_SECONDS, CALM = 0.2, 0.1


class LoadReading(NamedTuple):
    wall: float
    machine: float
    own: float
    cores: int


class Load:
    """Adds up, over the stretches of time that count, what others took of the cores.

    The cores are those this process may use; what the machine's host took of them counts as well.
    """

    def __init__(self) -> None:
        self._available = self._others = 0.0
        self.seconds = 0.0  # of wall time that count

    @contextmanager
    def watched(self) -> Iterator[Watch]:
        """Watch the machine while inside; `Watch.count` afterwards makes it count."""
        watch = Watch(self)
        yield watch
        watch.end = _read()

    def add(self, start: LoadReading, end: LoadReading) -> None:
        """Count what happened between two readings."""
        self.seconds += end.wall - start.wall
        self._available += (end.wall - start.wall) * start.cores
        self._others += (end.machine - start.machine) - (end.own - start.own)

    @property
    def share(self) -> float:
        """What others took, as a share of all cores' time: 0 to 1."""
        return min(max(self._others / self._available, 0.0), 1.0) if self._available else 0.0


class Watch:
    """A stretch of time, and what the machine did in it."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self.start = self.end = _read()

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.perf_counter() - self.start.wall

    def count(self) -> None:
        """Let this stretch count."""
        self._load.add(self.start, self.end)


def wait_for_calm(most_seconds: float, control: Control = NO_CONTROL) -> None:
    """Wait until others leave the cores alone, or until it has taken `most_seconds`.

    Raises Cancelled soon after `control` says to stop.
    """
    waited = 0.0
    while waited < most_seconds:
        control.checkpoint()
        load = Load()
        with load.watched() as watch:
            time.sleep(LOOK_SECONDS)
        watch.count()
        if load.share <= CALM:
            return
        waited += load.seconds


def _read() -> LoadReading:
    import psutil

    cores = psutil.cpu_times(percpu=True)
    if hasattr(os, "sched_getaffinity"):
        cores = [cores[number] for number in os.sched_getaffinity(0) if number < len(cores)]
    # A guest's time is part of its host's `user`.
    idle = ("idle", "iowait", "guest", "guest_nice")
    worked = sum(sum(core) - sum(getattr(core, name, 0.0) for name in idle) for core in cores)
    return LoadReading(time.perf_counter(), worked, time.process_time(), len(cores))
