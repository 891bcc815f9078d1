"""What is gathered: a row for each case, and the reference that says whether a count is right."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mandel_core.bench.contenders import Contender, Counts, Failure
from mandel_core.bench.scenes import Scene
from mandel_core.model.results import Frame
from mandel_core.model.viewport import Viewport
from mandel_core.rendering.engine import render

BUDGET_SECONDS = 8.0  # the counted rounds of one case together, if there are two of them
SLOW_SECONDS = 10.0  # not tried with fewer threads
ONLY_ONCE_SECONDS = 20.0  # the first run is the only one


@dataclass
class Case:
    """One contender on one scene with one number of threads: a row of the tables."""

    contender: Contender
    scene: Scene
    threads: int
    rounds: list[float] = field(default_factory=list)
    first_seconds: float = 0.0
    compile_seconds: float | None = None
    executed: int | None = None
    warnings: int = 0
    agrees: float | None = None
    version: str | None = None
    note: str = ""
    failure: Failure | None = None

    def is_done(self, repeats: int) -> bool:
        """Whether this case takes no part in further rounds."""
        slowest = max(self.rounds, default=self.first_seconds)
        wanted = min(repeats, max(1, int(BUDGET_SECONDS / max(slowest, 1e-9))))
        return self.failure is not None or len(self.rounds) >= wanted

    def makes_hopeless(self, other: Case) -> bool:
        """Whether this one was so slow that `other`, with fewer threads, need not be tried."""
        return (
            (self.scene, self.contender) == (other.scene, other.contender)
            and self.threads > other.threads
            and (
                self.first_seconds > SLOW_SECONDS
                or (self.failure is not None and self.failure.too_long)
            )
        )


class References:
    """What is taken for the truth: the stage `numba`, pixel by pixel in float64."""

    def __init__(self) -> None:
        self._frames: dict[tuple[Viewport, int, float], Frame] = {}

    def frame(self, view: Viewport, maxiter: int, horizon: float) -> Frame:
        key = (view, maxiter, horizon)
        if key not in self._frames:
            self._frames[key] = render(view, "numba", maxiter, horizon=horizon, dtype="float64")
        return self._frames[key]

    def agreement(self, counts: Counts, scene: Scene) -> float:
        """The share of pixels that have the same count."""
        truth = self.frame(counts.view, scene.maxiter, counts.horizon)
        return float(np.mean(counts.iterations == truth.iterations))

    def useful(self, scene: Scene) -> int:
        """Iterations of a program that stops each point as soon as it has left."""
        executed = self.frame(scene.view, scene.maxiter, scene.horizon).executed
        assert executed is not None
        return executed
