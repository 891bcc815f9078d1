"""The process of a worker: started when needed, paused, and replaced when it ends or hangs."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import psutil

from mandel_core.worker.child import Child
from mandel_core.worker.tasks import Task

_log = logging.getLogger(__name__)

# How long to wait before a process is started again, at first and at most, when one ended before
# its first sign of life: whatever is short, trying on and on makes it shorter.
BACK_OFF_SECONDS, MOST_BACK_OFF_SECONDS = 0.25, 30.0


class Keeper:
    """Keeps a process; `pause` and `resume` may be called from any thread, the rest from one.

    role : names the process in the log and in its command line.
    memory : bytes of data the process may have; Linux only.
    patience : seconds the process may go without a sign of life.
    """

    def __init__(self, role: str, memory: int | None, patience: float) -> None:
        self.role = role
        self.replaced: Counter[str] = Counter()  # by reason
        self.child: Child | None = None
        self.closing = threading.Event()
        self.needed = False  # whether there ever was a process
        self._memory, self._patience = memory, patience
        self._spare: Child | None = None
        self._warming: Sequence[Task[Any]] = ()
        self._begun = 0.0
        self._back_off = 0.0
        self._holds = 0
        self._holding = threading.Lock()

    def keep_spare(self, *warming: Task[Any]) -> None:
        """From now on have a second process at hand; in each new one these tasks are run first.

        Starting a process and loading its kernels takes seconds, during which no task runs.
        """
        self._warming = warming

    def ready(self) -> Child:
        """The process, a new one if need be. Raises what starting one raises."""
        child = self.child
        if child is not None and not child.alive:
            self.lose(child, "ended")
            child = None
        if child is None:
            child = self._take_spare()
            if child is None and self._back_off:
                self.closing.wait(self._back_off)
            child = child or self._start()
            with self._holding:
                self.child = child
                if self._holds:
                    child.pause()
            self.needed, self._begun = True, time.monotonic()
        return child

    def look_after(self) -> None:
        """Replace the process if it has ended or hangs, or was ended, before anybody needs it.

        The spare one is looked after as well.
        """
        child = self.child
        if child is not None:
            how = child.hung(self.held) if child.alive else "ended"
            if how:
                self.lose(child, how)
        if self.child is None and self.needed and not self.closing.is_set():
            try:
                self.ready()
            except Exception as error:
                not_started(self.role, error)
                self.closing.wait(BACK_OFF_SECONDS)
        self._look_after_spare()

    def _look_after_spare(self) -> None:
        spare = self._spare
        if spare is not None and (not spare.alive or spare.hung(held=False)):
            self._spare = None
            spare.kill()
        main = self.child
        if self._spare is None and self._warming and main is not None and not main.starting:
            try:
                self._spare = self._start()
            except Exception as error:
                not_started(f"spare {self.role}", error)

    def _take_spare(self) -> Child | None:
        spare, self._spare = self._spare, None
        if spare is not None and (not spare.alive or spare.hung(held=False)):
            spare.kill()
            return None
        return spare

    def close(self) -> None:
        """End the processes."""
        for child in (self._take_spare(), self.child):
            if child is not None:
                self.end(child, "closed")

    def lose(self, child: Child, how: str) -> str:
        """Clean up after a process that has ended or hangs; what happened to it, in words.

        how : "ended", or why it has to be taken for hung.
        """
        stillborn = child.starting
        self.end(child, "ended" if how == "ended" else "hung")
        words = f"ended unexpectedly ({child.death})" if how == "ended" else f"hung ({how})"
        lived = time.monotonic() - self._begun
        longer = min(max(2 * self._back_off, BACK_OFF_SECONDS), MOST_BACK_OFF_SECONDS)
        self._back_off = longer if stillborn else 0.0
        if not self.closing.is_set():
            _log.warning(
                "The %s process %d %s after %.0f s; it is replaced.",
                *(self.role, child.process.pid, words, lived),
            )
        return words

    def give_up(self, child: Child, why: str) -> None:
        """End a process whose task does not stop although nobody wants what comes of it."""
        self.end(child, why)
        if not self.closing.is_set():
            words = "The %s process %d was ended, as its task (%s) did not stop; it is replaced."
            _log.info(words, self.role, child.process.pid, why)

    def end(self, child: Child, why: str) -> None:
        """End a process, and count why."""
        # The thread that pauses must not wait until the memory of a large process is given back.
        with self._holding:
            self.child = None
        child.kill()
        if not self.closing.is_set():
            self.replaced[why] += 1

    def pause(self) -> None:
        """Let the process stand still until as many `resume`s."""
        with self._holding:
            self._holds += 1
            if self._holds == 1 and self.child:
                self.child.pause()

    def resume(self) -> None:
        """Take one `pause` back. Raises RuntimeError if there is none."""
        with self._holding:
            if not self._holds:
                raise RuntimeError("this worker is not paused")
            self._holds -= 1
            if not self._holds and self.child:
                self.child.resume()

    @property
    def held(self) -> bool:
        """Whether the process stands still because of `pause`."""
        return self._holds > 0

    @property
    def answers(self) -> bool:
        """Whether the process is there and gives signs of life, or was not needed so far."""
        child = self.child
        if child is None or not child.alive:
            return not self.needed
        return self.held or child.silence < self._patience

    @property
    def memory(self) -> int:
        """Bytes of the process that are resident."""
        child = self.child
        with contextlib.suppress(psutil.Error):
            if child is not None:
                return int(psutil.Process(child.process.pid).memory_info().rss)
        return 0

    def _start(self) -> Child:
        child = Child(self.role, self._memory, self._patience)
        for task in self._warming:  # the answers are not waited for
            child.send(("run", -1, task))
        return child


def not_started(role: str, error: Exception) -> None:
    """Say in the log that a process could not be started; what the system is short of in a line."""
    traceback = not isinstance(error, OSError)
    _log.error("The %s process could not be started: %s", role, error, exc_info=traceback)
