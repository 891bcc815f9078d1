"""Work shared out among threads, the calling one among them."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import TypeVar

T = TypeVar("T")


def usable_cores() -> tuple[int, ...]:
    """The numbers of the cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


def cores() -> int:
    """How many threads can compute at once."""
    return len(usable_cores())


# What shares a picture's colours out among threads takes no more than these.
COLOURING = min(cores(), 8)


def shared(work: Callable[[int], T], threads: int) -> list[T]:
    """`work(0)` in this thread and `work(1)` to `work(threads - 1)` in others; all results.

    This thread does its share because it runs already: of two threads that are woken at once,
    the scheduler likes to put both on one core for some milliseconds, which is many frames.
    All have ended when this returns or raises what one of them raised.
    """
    others = [_pool().submit(work, number) for number in range(1, threads)]
    try:
        first = work(0)
    finally:
        wait(others)
    return [first, *(other.result() for other in others)]


@cache
def _pool() -> ThreadPoolExecutor:
    # The limit is never reached: idle threads are taken before a new one is made.
    return ThreadPoolExecutor(1024, thread_name_prefix="mandel")
