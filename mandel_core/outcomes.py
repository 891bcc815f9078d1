"""What comes of asking for a picture: a frame, a measurement, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from mandel_core.job import Settings
    from mandel_core.viewport import Viewport

FailureKind = Literal[
    "recompile-limit",
    "graph-break",
    "unsupported",
    "no-compiler",
    "no-device",
    "died",
    "too-long",
    "error",
]


class StageFailure(Exception):
    """A stage cannot run here. `render` raises it; sweeps and the worker carry it as a value.

    `kind` is one of FailureKind, `reason` one sentence for people, `details` the compiler's own
    words (may be long, may be empty).
    """

    def __init__(self, stage: str, kind: FailureKind, reason: str, details: str = "") -> None:
        super().__init__(stage, kind, reason, details)
        self.stage = stage
        self.kind = kind
        self.reason = reason
        self.details = details

    def __str__(self) -> str:
        return f"{self.stage}: {self.reason}"


class Cancelled(Exception):
    """The computation was given up between two steps because nobody waits for it any more."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One computed viewport.

    iterations : (ny, nx) int64 or int32, the tutorial's N: the last n at which |z| was below the
        horizon, and 0 where that is the last step, which the tutorial takes for the interior.
    z : (ny, nx) complex64 or complex128, the tutorial's Z: the orbit where it was left. Where a
        stage knows of the interior beforehand it is some number below the horizon.
    run_seconds, compile_seconds : wall time, the second not contained in the first.
    warnings : what the compiler warned of on the way.
    executed : iterations done, useful or not, in all points together; None where unknown.
    """

    view: Viewport
    settings: Settings
    iterations: NDArray[np.integer]
    z: NDArray[np.complexfloating]
    run_seconds: float
    compile_seconds: float
    warnings: tuple[str, ...] = ()
    executed: int | None = None


@dataclass(frozen=True)
class Measurement:
    """Run times of one stage at one chunk size, after a run that is not counted.

    run_seconds : every repeat, in order; empty if the stage failed.
    compile_seconds : what the uncounted first run spent compiling.
    failure : why there are no times, else None.
    """

    stage: str
    chunksize: int
    run_seconds: tuple[float, ...]
    compile_seconds: float
    failure: StageFailure | None = None

    @property
    def median(self) -> float:
        """The median repeat in seconds; nan if the stage failed."""
        return float(np.median(self.run_seconds)) if self.run_seconds else float("nan")
