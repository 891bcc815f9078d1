"""What a stage is asked to do: the settings, and the job that carries them through a run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import get_args

from mandel_core.model.results import Cancelled
from mandel_core.model.viewport import Precision, Viewport
from mandel_core.runtime.pausing import clock

MAX_ITERATIONS = 10_000_000


def never() -> bool:
    return False


def _ignore(phase: str) -> None:
    pass


@dataclass(frozen=True)
class Settings:
    """How a viewport is computed; every field has the meaning `mandel_core.render` documents."""

    stage: str = "chunked"
    maxiter: int = 200
    horizon: float = 2.0**40
    chunksize: int = 10
    device: str = "cpu"
    threads: int | None = None
    dtype: Precision = "float32"

    def __post_init__(self) -> None:
        for name, limit in (("maxiter", MAX_ITERATIONS), ("chunksize", MAX_ITERATIONS)):
            value = getattr(self, name)
            if not (1 <= value <= limit and int(value) == value):
                raise ValueError(f"{name} must be a whole number from 1 to {limit}, not {value}")
            object.__setattr__(self, name, int(value))
        if self.dtype not in get_args(Precision):
            raise ValueError(f"dtype must be one of {get_args(Precision)}, not {self.dtype!r}")
        # Where |z| is just below the horizon, z**2 must still be a finite number.
        highest = 2.0**63 if self.dtype == "float32" else 2.0**511
        if not (math.isfinite(self.horizon) and 2 <= self.horizon <= highest):
            raise ValueError(
                f"horizon must lie between 2 and {highest:g} in {self.dtype}, not {self.horizon}"
            )
        threads = self.threads
        if threads is not None and not (1 <= threads <= 1024 and int(threads) == threads):
            raise ValueError(f"threads must be a whole number from 1 to 1024, not {threads}")
        object.__setattr__(self, "threads", None if threads is None else int(threads))


@dataclass
class Job:
    """One run of one stage: what to compute, when to stop, and what was spent on compiling."""

    view: Viewport
    settings: Settings
    should_stop: Callable[[], bool] = never
    on_phase: Callable[[str], None] = _ignore
    compile_seconds: float = 0.0
    warnings: list[str] = field(default_factory=list)
    executed: int | None = None  # iterations, where the stage can tell
    _compile_started: float = 0.0

    def checkpoint(self) -> None:
        """Called between steps. Raises Cancelled once nobody waits for the result."""
        if self.should_stop():
            raise Cancelled

    def compile_starts(self, *_: object) -> None:
        self._compile_started = clock()
        self.on_phase("compiling")

    def compile_ends(self, *_: object) -> None:
        self.compile_seconds += clock() - self._compile_started
        self.on_phase("running")

    @contextmanager
    def compiling(self) -> Iterator[None]:
        """The time spent inside counts as compiling."""
        self.compile_starts()
        try:
            yield
        finally:
            self.compile_ends()
