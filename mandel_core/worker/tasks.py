"""What can be asked of a worker: small requests that travel to its process, and what comes back."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from statistics import median
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from mandel_core.colour.colouring import Colouring
from mandel_core.colour.encoding import Encoded, encode_finely
from mandel_core.colour.histogram import Histogram, histogram
from mandel_core.comparison.comparing import Agreement, compare_settings
from mandel_core.comparison.marking import mark_size, marks
from mandel_core.compilers.torch_devices import devices_of_torch
from mandel_core.formulas import FORMULAS
from mandel_core.formulas.own_formula import receive as receive_formula
from mandel_core.inspection.inspecting import inspect_settings
from mandel_core.inspection.report import Inspection
from mandel_core.measurement.measuring import measure_settings
from mandel_core.model.control import Control
from mandel_core.model.job import Job
from mandel_core.model.results import Frame, Measurement
from mandel_core.model.settings import Settings
from mandel_core.model.viewport import Viewport
from mandel_core.rendering import device_drawing, drawing
from mandel_core.rendering.antialiasing import antialiased
from mandel_core.rendering.discovering import discover
from mandel_core.rendering.engine import render_settings
from mandel_core.rendering.iteration_limit import automatic_limit
from mandel_core.stages import STAGES
from mandel_core.stages.own_stage import receive

Result_co = TypeVar("Result_co", covariant=True)


class Task(Protocol[Result_co]):
    """A picklable request. It may raise StageFailure, which the worker hands on as a value."""

    @property
    def compile_key(self) -> Hashable:
        """Equal for two tasks if what is compiled for one serves the other."""

    @property
    def stage(self) -> str:
        """The stage to name if the worker's process dies over this task."""

    def run(self, control: Control) -> Result_co:
        """Do it. Raises Cancelled soon after `control` says to stop."""


class TaskOfStage(Task[Result_co], Protocol[Result_co]):
    """A task for a view."""

    @property
    def settings(self) -> Settings:
        """How the view is computed."""


@dataclass(frozen=True)
class OfView:
    """What all tasks have that compute a view by a stage."""

    view: Viewport
    settings: Settings

    @property
    def stage(self) -> str:
        return self.settings.stage

    @property
    def compile_key(self) -> Hashable:
        view, settings = self.view, self.settings
        stage = STAGES[settings.stage]
        # Of its own stages and formulas a notebook may have several versions, with steps of theirs.
        size = () if stage.any_size else (view.nx, view.ny)
        own = stage, stage.step, FORMULAS[settings.formula]
        return (*own, *size, settings.compiled_for(stage.varies))


def size_of(task: Task[Any]) -> tuple[int, int]:
    """How many pixels and iterations a task is for; 0 and 0 if it computes no view."""
    if not isinstance(task, OfView):
        return 0, 0
    return task.view.nx * task.view.ny, task.settings.maxiter


@dataclass(frozen=True)
class Render(OfView):
    """Compute a frame."""

    def run(self, control: Control) -> Frame:
        return render_settings(self.view, self.settings, control)


@dataclass(frozen=True, eq=False)
class Picture:
    """A coloured frame; times in seconds.

    settings : those used; maxiter is the limit that was found where that was asked for.
    run_seconds, compile_seconds : of the frame; if it was still in memory, what it once took to
        run, and 0.
    all_interior : whether none of its points leaves, which makes a picture of one colour.
    surround, surround_view : what lies around, coarse, in the same colours; None if not asked for
        or too wide.
    notice : what of the colouring cannot be had of this view, in a sentence; "" if all can.
    histogram : of its counts; None where no point leaves.
    """

    view: Viewport
    settings: Settings
    image: Encoded
    run_seconds: float
    compile_seconds: float
    all_interior: bool = False
    surround: Encoded | None = None
    surround_view: Viewport | None = None
    notice: str = ""
    histogram: Histogram | None = None


@dataclass(frozen=True, eq=False)
class Marked(Agreement):
    """How far a stage agrees with its reference, and where.

    marks : (ny, nx) uint8, first row at the bottom, from `mandel_core.comparison.marking`.
    size : the width of a mark in pixels.
    """

    marks: NDArray[np.uint8]
    size: int


@dataclass(frozen=True)
class Draw(OfView):
    """Compute a frame, unless it is still in memory, and colour it; only the picture travels back.

    automatic : settings.maxiter is only where to start from; `automatic_limit` finds the limit.
    surround : if not 0, also draw the view so many times as wide, coarse, with the stage `fast`.
    like : a picture drawn before, by view and settings, whose colours the same counts are to have,
        if it is not forgotten: so colours are steady while the view moves.
    """

    colouring: Colouring = field(default_factory=Colouring)
    automatic: bool = False
    surround: int = 0
    like: tuple[Viewport, Settings] | None = None

    def run(self, control: Control) -> Picture:
        self.colouring.check()
        view, settings = self.view, self.settings
        if self.automatic:
            settings = replace(settings, maxiter=automatic_limit(view, settings, control))
        picture, scale = self._drawn(settings, control)
        around = drawing.surroundings(view, self.surround) if self.surround else None
        if around is None:
            return picture
        beside = drawing.draw_surroundings(around, settings, control)
        surround, _ = drawing.coloured(beside, self.colouring, scale, control)
        return replace(picture, surround=surround.encoded(), surround_view=around)

    def _drawn(self, settings: Settings, control: Control) -> tuple[Picture, Any]:
        view, colouring = self.view, self.colouring
        if device_drawing.takes(settings, colouring):
            drawn = device_drawing.draw(Job(view, settings, control), colouring)
            image, seconds = drawn.painting.encoded(), (drawn.run_seconds, drawn.compile_seconds)
            return Picture(view, settings, image, *seconds, drawn.all_interior), drawn.scale
        frame = drawing.frame_of(view, settings, control)
        scale = drawing.scale_of(*self.like, colouring.look) if self.like else None
        painting, scale = drawing.coloured(frame, colouring, scale, control)
        picture = Picture(
            *(view, settings, painting.encoded(), frame.run_seconds, frame.compile_seconds),
            all_interior=drawing.is_all_interior(frame),
            notice=painting.notice,
            histogram=histogram(frame, painting),
        )
        return picture, scale


@dataclass(frozen=True)
class Refine(OfView):
    """Draw a view that has been drawn again, with its edges smoothed; the picture travels back."""

    colouring: Colouring = field(default_factory=Colouring)

    def run(self, control: Control) -> Encoded:
        self.colouring.check()
        return encode_finely(antialiased(self.view, self.settings, self.colouring, control))


@dataclass(frozen=True)
class Discover(OfView):
    """Find a place worth a look within the view: its centre and width; see `discover`."""

    seed: int = 0

    def run(self, control: Control) -> tuple[Decimal, Decimal, Decimal]:
        return discover(self.view, self.settings, self.seed, control)


@dataclass(frozen=True)
class Time(OfView):
    """How long this view's frame takes once all is warm: the median run time in seconds.

    At least LEAST_RUNS runs, and more as long as they take SECONDS together, up to MOST_RUNS.
    """

    LEAST_RUNS: ClassVar = 3
    MOST_RUNS: ClassVar = 20
    SECONDS: ClassVar = 0.1

    def run(self, control: Control) -> float:
        runs: list[float] = []
        while len(runs) < self.LEAST_RUNS or (
            len(runs) < self.MOST_RUNS and sum(runs) < self.SECONDS
        ):
            control.checkpoint()
            frame = render_settings(self.view, self.settings, control)
            runs.append(frame.run_seconds)
        return median(runs)


# A browser on the same machine draws for some 0.7 s whenever the lab has a result for it.
CALM_SECONDS = 1.0


@dataclass(frozen=True)
class Measure(OfView):
    """Time a stage; a failure of the stage is part of the Measurement."""

    repeats: int | None = None

    def run(self, control: Control) -> Measurement:
        control.on_phase("starting")  # from here on its time counts, not while others go before it
        return measure_settings(
            self.view, self.settings, self.repeats, control=control, calm_seconds=CALM_SECONDS
        )


@dataclass(frozen=True)
class Inspect(OfView):
    """Look at what the compiler makes of a stage; a failure is part of the Inspection.

    cold : put the compiler's cache on disk aside.
    """

    cold: bool = False

    def run(self, control: Control) -> Inspection:
        return inspect_settings(self.view, self.settings, self.cold, control)


@dataclass(frozen=True)
class Compare(OfView):
    """Hold a stage against NumPy in float64, or Numba where NumPy would take too long.

    Numba's stage does the same operations one point at a time, and differs by rounding alone.
    """

    most_by_numpy: float = 2e9  # iterations of points: some 10 s

    @property
    def reference(self) -> str:
        """The stage that is held to be right."""
        work = self.view.nx * self.view.ny * self.settings.maxiter
        return "numpy" if work <= self.most_by_numpy else "numba"

    def run(self, control: Control) -> Marked:
        found = compare_settings(self.view, self.settings, self.reference, control)
        known = {field.name: getattr(found, field.name) for field in fields(Agreement)}
        return Marked(**known, marks=marks(found), size=mark_size(found.share))


@dataclass(frozen=True)
class Register:
    """Make a registered stage known to the worker; `definition` is `OwnStage.definition`."""

    definition: bytes
    stage: str
    compile_key: Hashable = None

    def run(self, control: Control) -> None:
        receive(self.stage, self.definition)


@dataclass(frozen=True)
class RegisterFormula:
    """Make a registered formula known to the worker; `definition` is `Formula.definition`."""

    definition: bytes
    formula: str
    compile_key: Hashable = None
    stage: str = "fast"

    def run(self, control: Control) -> None:
        receive_formula(self.formula, self.definition)


@dataclass(frozen=True)
class Devices:
    """Import torch, which takes seconds, and say which devices it can use here."""

    compile_key: Hashable = None
    stage: str = "torch"

    def run(self, control: Control) -> tuple[str, ...]:
        return devices_of_torch()
