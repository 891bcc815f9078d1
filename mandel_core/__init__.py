"""The Mandelbrot set, computed by every stage of optimisation; knows nothing of any UI."""

from __future__ import annotations

from mandel_core.comparing import Comparison, compare
from mandel_core.compiling import devices
from mandel_core.engine import render
from mandel_core.inspecting import inspect
from mandel_core.inspection import Inspection
from mandel_core.job import Settings
from mandel_core.measuring import measure, sweep
from mandel_core.outcomes import Cancelled, Frame, Measurement, StageFailure
from mandel_core.registering import register_stage
from mandel_core.stage import Stage
from mandel_core.stages import STAGES
from mandel_core.viewport import Viewport

__all__ = [
    "STAGES",
    "Cancelled",
    "Comparison",
    "Frame",
    "Inspection",
    "Measurement",
    "Settings",
    "Stage",
    "StageFailure",
    "Viewport",
    "compare",
    "devices",
    "inspect",
    "measure",
    "register_stage",
    "render",
    "sweep",
]
