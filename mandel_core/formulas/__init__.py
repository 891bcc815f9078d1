"""The formulas that can be iterated: one file each, and those of one's own."""

from __future__ import annotations

from mandel_core.formulas.burning_ship import BURNING_SHIP
from mandel_core.formulas.celtic import CELTIC
from mandel_core.formulas.formula import Formula
from mandel_core.formulas.julia import JULIA
from mandel_core.formulas.mandelbrot import MANDELBROT
from mandel_core.formulas.multibrot import MULTIBROTS
from mandel_core.formulas.phoenix import PHOENIX
from mandel_core.formulas.tricorn import TRICORN
from mandel_core.runtime.registry import Registry

FORMULAS: Registry[Formula] = Registry(
    "formula", (MANDELBROT, *MULTIBROTS, JULIA, BURNING_SHIP, TRICORN, CELTIC, PHOENIX)
)
"""All formulas in order, registered ones last: ``FORMULAS["julia"]``, ``FORMULAS.names``."""

__all__ = ["FORMULAS", "MANDELBROT"]
