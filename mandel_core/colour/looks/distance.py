"""The estimated distance from the set: filaments finer than a pixel are seen, and nothing speckles.

The palette begins at the boundary and is gone through once as far as the window is wide; by powers
of two in between, so that each view is as rich as the next.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from mandel_core.colour.looks.look import Look
from mandel_core.colour.measures import Measures

if TYPE_CHECKING:
    from mandel_core.colour.places import Places

FINEST = 1 / 1000  # of the window's width, which is hardly seen as a distance


def nearness(distance: np.ndarray, width: float) -> np.ndarray:
    """0 at a boundary, 1 as far from it as the window is wide; nan for nan. float32."""
    unit = np.float32(1 / (width * FINEST))
    return np.log2(1 + distance * unit) * np.float32(1 / math.log2(1 + 1 / FINEST))


def place(measures: Measures, scale: float | None) -> tuple[Places, float]:
    """By powers of two of the distance, in parts of the window's width, which is the scale."""
    from mandel_core.colour.places import Places

    left, right, bottom, top = measures.frame.view.extent
    # A single column has a height only, a single point neither; float32 holds the inverse.
    width = scale or max(right - left or top - bottom, 1e-30)
    return Places(nearness(measures.distance, width)), width


DISTANCE = Look(
    name="distance",
    title="Distance estimate",
    about="How far a point is from the set: even the finest filaments are seen.",
    place=place,
    check=lambda measures: measures.need_derivative("A distance estimate"),
)
