"""Results in memory, found by what is asked of them instead of by looking at each."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Hashable, Iterable

from mandel_core import Settings, Viewport
from mandel_core.measurement.record import Record


class Known:
    """The newest results, so many at most. Any thread may use it.

    records : to begin with, the oldest first.
    """

    def __init__(self, most: int, records: Iterable[Record] = ()) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._all: deque[Record] = deque()
        # Under each key in their order, so that the oldest of all is the first under its keys.
        self._found: dict[Hashable, deque[Record]] = {}
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        """Keep it, and of too many the newest."""
        with self._lock:
            self._all.append(record)
            for key in _keys(record):
                self._found.setdefault(key, deque()).append(record)
            if len(self._all) > self._most:
                self._drop(self._all.popleft())

    def of_stage(self, stage: str) -> list[Record]:
        """All of a stage, the newest first."""
        return self._newest(stage)

    def like(self, view: Viewport, settings: Settings) -> list[Record]:
        """Those of a stage that may be of this setting, the newest first; no other can be."""
        return self._newest(_setting(view, settings))

    def __len__(self) -> int:
        return len(self._all)

    def _newest(self, key: Hashable) -> list[Record]:
        with self._lock:
            return list(self._found.get(key, ()))[::-1]

    def _drop(self, record: Record) -> None:
        for key in _keys(record):
            self._found[key].popleft()
            if not self._found[key]:
                del self._found[key]


def _keys(record: Record) -> tuple[Hashable, ...]:
    measured = record.measurement
    return measured.stage, _setting(measured.view, measured.settings)


def _setting(view: Viewport, settings: Settings) -> Hashable:
    """What two results have in common that belong on one chart, and quickly compared."""
    formula = settings.formula, settings.formula_c
    return settings.stage, view, settings.maxiter, settings.horizon, settings.dtype, formula
