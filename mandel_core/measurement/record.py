"""One stored result: a measurement, what it was made on, and when."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from typing import Literal, get_args

from mandel_core.formulas import FORMULAS
from mandel_core.formulas.formula import Formula
from mandel_core.measurement.machine import Machine, with_card
from mandel_core.model.results import Measurement
from mandel_core.model.settings import MOST_THREADS, Settings
from mandel_core.model.sources import text_of
from mandel_core.model.stage import Stage, Varies
from mandel_core.model.viewport import Viewport
from mandel_core.stages import STAGES

Kind = Literal["measured", "frame"]


@dataclass(frozen=True)
class Record:
    """A measurement, and on what and when it was made.

    kind : "measured", or "frame" for a picture that was drawn once, with all that this includes.
    when : the moment it was stored, in UTC.
    step : a fingerprint of the stage's source and the formula's, which may have been edited since;
        "" if unknown.
    """

    measurement: Measurement
    kind: Kind = "measured"
    machine: Machine = field(default_factory=Machine.here)
    when: datetime = field(default_factory=lambda: datetime.now(UTC))
    step: str = ""

    @property
    def threads(self) -> int:
        """How many threads there were: those asked for, or all cores of that machine."""
        return self.measurement.settings.threads or self.machine.cores

    def differences(
        self, view: Viewport, settings: Settings, machine: Machine | None = None
    ) -> tuple[str, ...]:
        """In what it was made otherwise than a measurement of `settings` on `view` would be now.

        Words for people, such as "step", "viewport", "threads" and "torch version"; none if both
        belong on one chart. Stage and chunk size are the chart's own axes and do not count; nor do
        device and threads where they make no difference to the stage. `machine` is by default
        this one.
        """
        mine, own = self.measurement.settings, self.machine
        machine = with_card(machine or Machine.here(), mine.device)
        # A stage that is not known here may vary with everything.
        varies = STAGES[mine.stage].varies if mine.stage in STAGES else get_args(Varies)
        made, asked = _with_threads(mine, own), _with_threads(settings, machine)
        differs = {
            "step": self.step not in ("", fingerprint(mine)),
            "viewport": self.measurement.view != view,
            **dict.fromkeys(made.differences(asked, varies), True),
            "machine": (own.processor, own.cores) != (machine.processor, machine.cores),
            "instruction set": own.instruction_set != machine.instruction_set,
            "python version": own.python != machine.python,
            "torch version": own.torch != machine.torch,
            "numpy version": own.numpy != machine.numpy,
            "numba version": own.numba != machine.numba,
        }
        return tuple(name for name, differ in differs.items() if differ)

    def same_setting(
        self, view: Viewport, settings: Settings, machine: Machine | None = None
    ) -> bool:
        """Whether it belongs on one chart with a measurement of `settings` on `view` now."""
        return not self.differences(view, settings, machine)


def _with_threads(settings: Settings, machine: Machine) -> Settings:
    """With the number of threads that there are if none is asked for."""
    threads = settings.threads or min(machine.cores, MOST_THREADS)
    return replace(settings, threads=threads)


def fingerprint(settings: Settings) -> str:
    """What tells one source of a stage and formula from another; "" if there is no such one.

    It covers the files of all functions whose arithmetic runs on the device, and the package's
    version.
    """
    if settings.stage not in STAGES or settings.formula not in FORMULAS:
        return ""
    formula = FORMULAS[settings.formula]
    of_stage = _fingerprint(STAGES[settings.stage], formula, settings.device.partition(":")[0])
    return of_stage and f"{of_stage}+{formula.fingerprint}"


@lru_cache(64)
def _fingerprint(stage: Stage, formula: Formula, device: str) -> str:
    try:
        # Whole files: their constants count as much as what is shown, which one's own step is.
        texts = map(text_of, sorted(stage.modules_for(formula, device)))
        shown = stage.source_for(formula, device)
        known = "\n".join([version("mandel-explorer"), shown, *texts])
        return hashlib.sha256(known.encode()).hexdigest()[:16]
    except OSError:  # the file is gone
        return ""
