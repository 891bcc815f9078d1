"""What comes of computing a viewport: a frame, or a measurement of the time it takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mandel_core.model.failures import StageFailure
from mandel_core.model.settings import Settings
from mandel_core.model.viewport import Viewport
from mandel_core.runtime.threads import cores


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
    """Run times of one stage on one viewport, compiling and first run apart; all in seconds.

    run_seconds : every steady run that counts, in order; empty if the stage failed.
    first_seconds : the first run, which is never among them, without its compiling.
    compile_seconds : what compiling took, in whichever run; in no other number.
    failure : why there are no times, else None.
    retaken : runs thrown away because this process was paused in their midst.
    busy : the share, 0 to 1, of the cores that other processes took meanwhile, pauses left out.
    """

    view: Viewport
    settings: Settings
    run_seconds: tuple[float, ...] = ()
    first_seconds: float = 0.0
    compile_seconds: float = 0.0
    failure: StageFailure | None = None
    retaken: int = 0
    busy: float = 0.0

    @property
    def stage(self) -> str:
        """The name of the stage."""
        return self.settings.stage

    @property
    def chunksize(self) -> int:
        """Iterations per compiled call, for the stages that have it."""
        return self.settings.chunksize

    @property
    def threads(self) -> int:
        """How many threads were asked for; all cores where none were."""
        return self.settings.threads or cores()

    @property
    def median(self) -> float:
        """The median of the counted runs in seconds; nan if the stage failed."""
        return float(np.median(self.run_seconds)) if self.run_seconds else float("nan")

    @property
    def quartiles(self) -> tuple[float, float]:
        """The first and third quartile of the counted runs in seconds; nan if the stage failed."""
        if not self.run_seconds:
            return float("nan"), float("nan")
        low, high = np.quantile(self.run_seconds, [0.25, 0.75])
        return float(low), float(high)
