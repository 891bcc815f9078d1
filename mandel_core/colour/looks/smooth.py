"""The smooth iteration count along the palette, again and again: the same colours in every view.

Between the counts of neighbours lie a few steps far out and hundreds deep down, where counts are
in the thousands. Their root keeps the bands of either apart. The palette begins where |c| is 2 and
ends four roots further; it has no end there, so it goes on.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from mandel_core.colour.looks.look import Look
from mandel_core.colour.measures import Measures
from mandel_core.formulas import FORMULAS
from mandel_core.model.settings import Settings

if TYPE_CHECKING:
    from mandel_core.colour.places import Places

ROOTS = 4.0  # for the palette's length
# Added to the counts before their root is taken: the farthest point of the widest view has -2.
FARTHEST = 2.0


def place(measures: Measures, scale: None) -> tuple[Places, None]:
    """The root of the count of steps to |z| = 2, in palettes."""
    from mandel_core.colour.places import Places

    count = measures.count
    count += np.float32(shift(measures.frame.settings))
    np.maximum(count, 0, out=count)
    np.sqrt(count, out=count)
    count -= np.float32(math.sqrt(FARTHEST))
    count *= np.float32(1 / ROOTS)
    return Places(count), None


def shift(settings: Settings) -> float:
    """What is added to a count so that it is one of steps to |z| = 2, and FARTHEST."""
    further = math.log(math.log2(settings.horizon), FORMULAS.find(settings.formula).exponent)
    return FARTHEST - further


SMOOTH = Look(
    name="smooth",
    title="Smooth",
    about="The palette runs on and on with the iterations; a point has the same colour in "
    "every view.",
    place=place,
)
