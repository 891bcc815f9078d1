"""What each visitor has lately cost, so that the least costly goes first, within a budget."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

MINUTE = 60.0


class Accounts:
    """Seconds of computing by visitor, paid back steadily (a token bucket for each).

    seconds_per_minute : how much a visitor may have open, and how much of it is paid back within
        a minute. Without a limit all is paid back within a minute at the rate of `SHARE`.
    """

    SHARE = 60.0

    def __init__(
        self,
        seconds_per_minute: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = seconds_per_minute
        self._rate = min(seconds_per_minute, self.SHARE) / MINUTE
        self._clock = clock
        self._open: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def charge(self, visitor: str, seconds: float) -> None:
        """Add what something for this visitor has cost."""
        with self._lock:
            now = self._clock()
            self._open[visitor] = self._level(visitor, now) + seconds, now
            for name in [name for name in self._open if self._level(name, now) <= 0]:
                del self._open[name]

    def level(self, visitor: str) -> float:
        """Seconds that are open; 0 for whoever cost nothing lately."""
        with self._lock:
            return self._level(visitor, self._clock())

    def wait(self, visitor: str) -> float:
        """Seconds until something more may be done for this visitor."""
        over = self.level(visitor) - self._limit
        return max(0.0, over / self._rate) if over > 0 else 0.0

    def _level(self, visitor: str, now: float) -> float:
        level, when = self._open.get(visitor, (0.0, now))
        return max(0.0, level - (now - when) * self._rate)

    def __len__(self) -> int:
        return len(self._open)
