"""How a computation is told to stop, and how it tells what it is doing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mandel_core.model.failures import Cancelled

Phase = Literal[
    "waiting",  # for another task in the same process
    "over budget",  # waiting, since its visitor has used too much
    "starting",  # first thing in its process
    "compiling",
    "warming up",  # runs that do not count
    "running",
    "reference",  # the frame that a comparison holds to be right
    "explaining",  # what of the differences is rounding
]


def _never() -> bool:
    return False


def ignore_phase(phase: Phase) -> None:
    """Do nothing: the default for `on_phase`."""


@dataclass(frozen=True)
class Control:
    """Asked and told by whatever takes long.

    should_stop : asked between two steps; once it says yes, the computation raises Cancelled.
    on_phase : called with each phase that begins; "compiling" and "running" may alternate.
    """

    should_stop: Callable[[], bool] = _never
    on_phase: Callable[[Phase], None] = ignore_phase

    def checkpoint(self) -> None:
        """Called between two steps. Raises Cancelled once the result is no longer wanted."""
        if self.should_stop():
            raise Cancelled


NO_CONTROL = Control()
