"""What can be asked of a worker about single orbits, and about where many of them go."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mandel_core.formulas import FORMULAS
from mandel_core.model.control import Control
from mandel_core.model.settings import Settings
from mandel_core.model.viewport import Viewport
from mandel_core.orbits.density import Density, add_orbits, picture, prepare
from mandel_core.orbits.path import path
from mandel_core.orbits.probing import probe_settings
from mandel_core.orbits.report import PointReport
from mandel_core.stages.applying import numba_trouble
from mandel_core.worker.tasks import Draw, Picture


@dataclass(frozen=True, eq=False)
class Probed:
    """What was asked of a point.

    path : the orbit, complex128, the first point z0; None if not asked for.
    picture : likewise; for a point of the Mandelbrot set's plane it is the Julia set of it.
    """

    report: PointReport
    path: NDArray[np.complex128] | None = None
    picture: Picture | None = None


@dataclass(frozen=True)
class Probe:
    """Look at one point; all of it is quick.

    settings : formula, c and iterations; in float64, whatever the picture's are.
    path : how many points of its orbit are wanted at most.
    beside : a small picture to draw as well.
    """

    x: float
    y: float
    settings: Settings
    path: int = 0
    beside: Draw | None = None
    stage: str = "fast"

    @property
    def compile_key(self) -> Hashable:
        return "probe", FORMULAS[self.settings.formula]

    def run(self, control: Control) -> Probed:
        formula = FORMULAS.find(self.settings.formula)
        with numba_trouble(self.stage, formula):
            report = probe_settings(self.x, self.y, formula, self.settings)
            points = path(self.x, self.y, formula, self.settings, self.path) if self.path else None
        return Probed(report, points, self.beside.run(control) if self.beside else None)


@dataclass(frozen=True, eq=False)
class Gathered:
    """A density, and a picture of it: a WebP file, as large as its counts."""

    density: Density
    picture: bytes


@dataclass(frozen=True)
class Gather:
    """Follow more orbits of a view's points, for about so many seconds; see `add_orbits`."""

    view: Viewport
    settings: Settings
    before: Density
    seconds: float
    stage: str = "fast"

    @property
    def compile_key(self) -> Hashable:
        return "gather", FORMULAS[self.settings.formula]

    def run(self, control: Control) -> Gathered:
        control.on_phase("compiling")
        prepare()
        control.on_phase("running")
        formula = FORMULAS.find(self.settings.formula)
        with numba_trouble(self.stage, formula):
            found = add_orbits(self.before, self.view, self.settings, self.seconds, control)
        return Gathered(found, picture(found.counts))
