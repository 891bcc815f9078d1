"""A process of its own for each contender and thread count, with empty compiler caches.

Else a contender would profit from what the ones before it compiled, and thread pools that are
sized once per process could not be told another number.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeVar

from mandel_core.runtime.threads import cores, usable_cores

T = TypeVar("T")
GRACE_SECONDS = 10.0


class Died(Exception):
    """The process ended before it had answered."""


class FreshProcess:
    """Calls functions in a process that starts on the first call, and anew after it has ended."""

    def __init__(self, folder: Path, threads: int) -> None:
        self._folder, self._threads = folder, threads
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None

    def call(self, function: Callable[..., T], *args: Any, timeout: float | None = None) -> T:
        """`function(*args)`, both picklable.

        Raises Died if the process does, and TimeoutError, ending it, after `timeout` seconds.
        """
        pipe = self._started()
        try:
            pipe.send((function, args))
            if not pipe.poll(timeout):
                self._kill()
                raise TimeoutError
            answer: T = pipe.recv()
        except (EOFError, ConnectionError) as error:
            self._kill()
            raise Died("The process of this contender died.") from error
        return answer

    def _started(self) -> Connection:
        if self._pipe is None:
            context = get_context("spawn")
            self._pipe, theirs = context.Pipe()
            arguments = (theirs, str(self._folder), self._threads)
            self._process = context.Process(target=_serve, args=arguments, daemon=False)
            self._process.start()
            theirs.close()
        return self._pipe

    def close(self) -> None:
        """End the process, which is idle."""
        if self._pipe is not None and self._process is not None:
            self._pipe.close()  # it takes this for the end, and leaves nothing behind
            self._process.join(GRACE_SECONDS)
        self._kill()

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
        if self._pipe is not None:
            self._pipe.close()
        self._process = self._pipe = None


def _serve(pipe: Connection, folder: str, threads: int) -> None:
    os.dup2(2, 1)  # stdout belongs to the report
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = os.environ["NUMBA_CACHE_DIR"] = folder
    os.environ["MANDEL_BENCH_BUILD_DIR"] = folder
    os.environ["OMP_NUM_THREADS"] = str(threads)
    os.environ["JAX_PLATFORMS"] = "cpu"
    # Some programs take as many threads as they see cores; so all of them are shown only so many.
    if hasattr(os, "sched_setaffinity") and threads < cores():
        os.sched_setaffinity(0, usable_cores()[:threads])
    while True:
        try:
            function, args = pipe.recv()
        except EOFError:
            return
        pipe.send(function(*args))
