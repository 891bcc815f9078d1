"""The Mandelbrot set and others, by every stage of optimisation; knows nothing of any UI."""

from __future__ import annotations

from importlib.metadata import version

from mandel_core.comparison.comparing import Comparison, compare
from mandel_core.compilers.torch_devices import devices
from mandel_core.formulas import FORMULAS
from mandel_core.formulas.formula import Formula
from mandel_core.formulas.own_formula import register_formula
from mandel_core.inspection.inspecting import inspect
from mandel_core.inspection.report import Inspection
from mandel_core.measurement.measuring import measure, sweep
from mandel_core.model.failures import Cancelled, StageFailure
from mandel_core.model.results import Frame, Measurement
from mandel_core.model.settings import Settings
from mandel_core.model.stage import Stage
from mandel_core.model.viewport import Viewport
from mandel_core.rendering.engine import render
from mandel_core.stages import STAGES
from mandel_core.stages.own_stage import register_stage

__version__ = version("mandel-explorer")
"""The version of the distribution `mandel-explorer`, which holds both packages."""

__all__ = [
    "FORMULAS",
    "STAGES",
    "Cancelled",
    "Comparison",
    "Formula",
    "Frame",
    "Inspection",
    "Measurement",
    "Settings",
    "Stage",
    "StageFailure",
    "Viewport",
    "__version__",
    "compare",
    "devices",
    "inspect",
    "measure",
    "register_formula",
    "register_stage",
    "render",
    "sweep",
]
