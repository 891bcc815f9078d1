"""The last few results, as long as they do not take too much memory together."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """Keeps what was used last, up to `most` values and `most_bytes` of them together.

    A value larger than that by itself is not kept. Threads may share one.
    """

    def __init__(self, most: int, most_bytes: int = 2**63) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._kept: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Value | None:
        """The value kept for this key, which counts as used by this, or None."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def keep(self, key: Key, value: Value, size: int = 0) -> None:
        """Keep a value of `size` bytes, and let go of what was used longest ago where need be."""
        with self._lock:
            self._kept[key] = value, size
            self._kept.move_to_end(key)
            while len(self._kept) > self._most or self.bytes > self._most_bytes:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        """Let go of all."""
        with self._lock:
            self._kept.clear()

    @property
    def bytes(self) -> int:
        """The sizes of all values together."""
        return sum(size for _, size in self._kept.values())

    def __len__(self) -> int:
        return len(self._kept)
