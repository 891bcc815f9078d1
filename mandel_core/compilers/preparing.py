"""What a process does once before it computes: import a compiler, compile or load a kernel.

It takes up to seconds, cannot be stopped meanwhile, and serves whatever comes next. Whoever runs
tasks for others learns of it here, wherever in a task it happens.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_depth = 0
_listeners: list[Callable[[bool], None]] = []


@contextmanager
def preparing() -> Iterator[None]:
    """What is done inside prepares this process; what lies within another such, is part of it."""
    _enter(1)
    try:
        yield
    finally:
        _enter(-1)


@contextmanager
def listening(listener: Callable[[bool], None]) -> Iterator[None]:
    """Inside, `listener` is called with True when preparing begins, and with False when it ends.

    It may be called in any thread, but by one at a time.
    """
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def _enter(by: int) -> None:
    global _depth
    with _lock:
        before, _depth = _depth, _depth + by
        if not before or not _depth:
            for listener in tuple(_listeners):
                listener(bool(_depth))
