"""What can be asked of a worker: small requests that travel to its process, and what comes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from mandel_core.colour import RGBA, Look, shade
from mandel_core.compiling import devices
from mandel_core.engine import render_settings
from mandel_core.inspecting import inspect_settings
from mandel_core.inspection import Inspection
from mandel_core.job import Settings
from mandel_core.measuring import measure
from mandel_core.outcomes import Frame, Measurement, StageFailure
from mandel_core.stages import STAGES
from mandel_core.viewport import Viewport

Result_co = TypeVar("Result_co", covariant=True)


class Task(Protocol[Result_co]):
    """A picklable request. It may raise StageFailure, which the worker hands on as a value."""

    @property
    def compile_key(self) -> Hashable:
        """Equal for two tasks if what is compiled for one serves the other."""

    @property
    def stage(self) -> str:
        """The stage to name if the worker's process dies over this task."""

    def run(self, should_stop: Callable[[], bool], on_phase: Callable[[str], None]) -> Result_co:
        """Do it. Raises Cancelled soon after `should_stop` begins to say yes."""


@dataclass(frozen=True)
class _OfStage:
    """What all tasks have that run a stage."""

    view: Viewport
    settings: Settings

    @property
    def stage(self) -> str:
        return self.settings.stage

    @property
    def compile_key(self) -> Hashable:
        view, settings = self.view, self.settings
        used = [getattr(settings, name) for name in sorted(STAGES[settings.stage].varies)]
        return (settings.stage, settings.dtype, settings.horizon, view.nx, view.ny, *used)


@dataclass(frozen=True)
class Render(_OfStage):
    """Compute a frame."""

    def run(self, should_stop: Callable[[], bool], on_phase: Callable[[str], None]) -> Frame:
        return render_settings(self.view, self.settings, should_stop, on_phase)


@dataclass(frozen=True, eq=False)
class Picture:
    """A coloured frame: rgba is (ny, nx, 4) uint8, first row at the bottom; times in seconds."""

    view: Viewport
    settings: Settings
    rgba: RGBA
    run_seconds: float
    compile_seconds: float


@dataclass(frozen=True)
class Draw(_OfStage):
    """Compute a frame and colour it; only the colours travel back.

    A frame that takes longer than `limit_seconds` is a StageFailure of kind "too-long".
    """

    look: Look = "equalised"
    palette: str = "inferno"
    limit_seconds: float = 300.0  # others wait for the same worker

    def run(self, should_stop: Callable[[], bool], on_phase: Callable[[str], None]) -> Picture:
        deadline = time.monotonic() + self.limit_seconds

        def stop_or_late() -> bool:
            if time.monotonic() > deadline:
                raise StageFailure(
                    self.stage,
                    "too-long",
                    f"The picture was given up after {self.limit_seconds:g} s; fewer iterations, "
                    "a smaller window or a faster stage will do.",
                )
            return should_stop()

        frame = render_settings(self.view, self.settings, stop_or_late, on_phase)
        rgba = shade(frame, self.look, self.palette)
        return Picture(self.view, self.settings, rgba, frame.run_seconds, frame.compile_seconds)


@dataclass(frozen=True)
class Measure(_OfStage):
    """Time a stage; a failure of the stage is part of the Measurement."""

    repeats: int | None = None

    def run(self, should_stop: Callable[[], bool], on_phase: Callable[[str], None]) -> Measurement:
        return measure(
            self.view, self.settings, self.repeats, should_stop=should_stop, on_phase=on_phase
        )


@dataclass(frozen=True)
class Inspect(_OfStage):
    """Look at what the compiler makes of a stage; a failure is part of the Inspection.

    cold : put the compiler's cache on disk aside.
    """

    cold: bool = False

    def run(self, should_stop: Callable[[], bool], on_phase: Callable[[str], None]) -> Inspection:
        return inspect_settings(self.view, self.settings, self.cold, should_stop, on_phase)


@dataclass(frozen=True)
class Devices:
    """Which devices torch can use here; importing torch is most of the work."""

    compile_key: Hashable = None
    stage: str = "torch"

    def run(
        self, should_stop: Callable[[], bool], on_phase: Callable[[str], None]
    ) -> tuple[str, ...]:
        return devices()
