"""A task on its way through a worker: whose it is, what it may take, what it has taken."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from mandel_core.model.control import Phase
from mandel_core.model.failures import StageFailure
from mandel_core.worker.tasks import Task

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """How long a task may take in seconds, compiling and the rest apart; held time is not counted.

    yield_seconds : of running, after which it is given up when another visitor waits; its result
        is then a StageFailure of kind "yielded".
    what : names the task in the sentence that says it was given up.
    """

    run_seconds: float = math.inf
    compile_seconds: float = math.inf
    yield_seconds: float = math.inf
    what: str = "picture"


NO_LIMITS = Limits()


@dataclass(eq=False)
class Submission:
    """A task that waits or is under way.

    begun : whether its process has begun with it.
    kill_at : when its process is ended if the task has not stopped by itself; None if it need not.
    computed : how long its process had computed when the task was told to stop, in seconds.
    compiling : whether it compiles just now.
    spent : seconds it has taken, by whether it compiled.
    yielded : whether it has to give way to another visitor.
    """

    number: int
    task: Task[Any]
    session: str
    on_phase: Callable[[Phase], None]
    limits: Limits
    future: Future[Any] = field(default_factory=Future)
    begun: bool = False
    kill_at: float | None = None
    computed: float = 0.0
    compiling: bool = False
    spent: dict[bool, float] = field(default_factory=lambda: {False: 0.0, True: 0.0})
    yielded: bool = False
    told_of_budget: bool = False

    @property
    def visitor(self) -> str:
        """Whose account pays."""
        return visitor_of(self.session)

    @property
    def seconds(self) -> float:
        """All it has taken."""
        return sum(self.spent.values())

    @property
    def given_up(self) -> StageFailure | None:
        """The failure that it is by now, if it has taken too long."""
        limits = self.limits
        if self.yielded:
            return StageFailure(self.task.stage, "yielded", "Another visitor's picture went first.")
        if self.spent[True] > limits.compile_seconds:
            reason = (
                f"Compiling was given up after {limits.compile_seconds:g} s; a smaller chunk "
                "size or another stage will do."
            )
        elif self.spent[False] > limits.run_seconds:
            reason = (
                f"The {limits.what} was given up after {limits.run_seconds:g} s; fewer "
                "iterations, a smaller window or a faster stage will do."
            )
        else:
            return None
        return StageFailure(self.task.stage, "too-long", reason)

    def gives_way_to(self, other: Submission) -> bool:
        """Whether another visitor's task may take this one's place.

        Of those that give way at once none does to another: they would go on so for ever.
        """
        at_once = not self.limits.yield_seconds and not other.limits.yield_seconds
        return self.visitor != other.visitor and not at_once

    def report(self, phase: Phase) -> None:
        """Tell the requester of a phase; what its callback raises goes to the log."""
        try:
            self.on_phase(phase)
        except Exception:
            _log.exception("A listener to a task's phases failed")


def visitor_of(session: str) -> str:
    """The visitor whose session this is: what stands before the first slash."""
    return session.partition("/")[0]
