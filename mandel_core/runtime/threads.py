"""Work shared out among threads, the calling one among them."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
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
    if threads > 1:
        _pool_threads.keep_off_this_core()
    others = [_pool().submit(work, number) for number in range(1, threads)]
    try:
        first = work(0)
    finally:
        wait(others)
    return [first, *(other.result() for other in others)]


@cache
def _pool() -> ThreadPoolExecutor:
    # The limit is never reached: idle threads are taken before a new one is made.
    begin = _pool_threads.begin
    return ThreadPoolExecutor(1024, thread_name_prefix="mandel", initializer=begin)


class _PoolThreads:
    """The pool's threads, as the system numbers them."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._told: tuple[object, ...] = ()  # what the system was told last

    def begin(self) -> None:
        """Called by each of them."""
        self._numbers.append(threading.get_native_id())

    def keep_off_this_core(self) -> None:
        """Have them run on other cores than the one that this thread is on; Linux only.

        Where few cores share a cache, Linux may end its search for an idle one before it has looked
        at any, and puts a thread that is woken behind the one that wakes it. That one is busy with
        its own share, and of a picture of two milliseconds it then does all.
        """
        usable = usable_cores()
        core = _core() if len(usable) > 1 else -1
        telling = (usable, core, len(self._numbers))
        if core < 0 or telling == self._told:
            return
        self._told = telling
        for number in self._numbers:
            with suppress(OSError):  # what confines this process may have changed since
                os.sched_setaffinity(number, {*usable} - {core})


_pool_threads = _PoolThreads()


def _core() -> int:
    """The number of the core that this thread runs on; less than 0 where that is not told."""
    return _sched_getcpu()() if hasattr(os, "sched_setaffinity") else -1


@cache
def _sched_getcpu() -> Callable[[], int]:
    function: Callable[[], int] = getattr(ctypes.CDLL(None), "sched_getcpu", lambda: -1)
    return function
