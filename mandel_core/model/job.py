"""One run of one stage: what to compute, when to stop, and what was spent on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from mandel_core.model.control import NO_CONTROL, Control
from mandel_core.model.settings import Settings
from mandel_core.model.viewport import Viewport
from mandel_core.runtime.pausing import clock


@dataclass
class Job:
    """One run of one stage: what to compute, when to stop, and what was spent on compiling."""

    view: Viewport
    settings: Settings
    control: Control = NO_CONTROL
    compile_seconds: float = 0.0
    warnings: list[str] = field(default_factory=list)
    executed: int | None = None  # iterations, where the stage can tell
    _compile_started: float = 0.0

    def checkpoint(self) -> None:
        """Called between steps. Raises Cancelled once the result is no longer wanted."""
        self.control.checkpoint()

    def compile_starts(self, *_: object) -> None:
        self._compile_started = clock()
        self.control.on_phase("compiling")

    def compile_ends(self, *_: object) -> None:
        self.compile_seconds += clock() - self._compile_started
        self.control.on_phase("running")

    @contextmanager
    def compiling(self) -> Iterator[None]:
        """The time spent inside counts as compiling."""
        self.compile_starts()
        try:
            yield
        finally:
            self.compile_ends()
