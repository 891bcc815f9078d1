"""The inside by its cycles: atom domains, periods, and the distance from the boundary."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mandel_core.colour.interior.inside import Inside
from mandel_core.colour.looks.distance import nearness
from mandel_core.colour.measures import Measures

# Steps of the golden ratio along the palette: numbers next to each other are never alike.
_GOLDEN = 0.6180339887498949


def _told_apart(numbers: NDArray[np.int32]) -> NDArray[np.float32]:
    at = np.mod((numbers.astype(np.float64) - 1) * _GOLDEN + 0.25, 1).astype(np.float32)
    return np.where(numbers > 0, at, np.float32(np.nan))


def _by_lowest(measures: Measures) -> NDArray[np.floating[Any]]:
    return _told_apart(measures.lowest)


def _by_period(measures: Measures) -> NDArray[np.floating[Any]]:
    return _told_apart(measures.period)


def _by_distance(measures: Measures) -> NDArray[np.floating[Any]]:
    left, right, *_ = measures.frame.view.extent
    at = nearness(measures.inner_distance, max(right - left, 1e-300))
    return np.asarray(np.minimum(at, np.float32(1)))


ATOM_DOMAINS = Inside(
    name="atom-domains",
    title="Atom domains",
    about="By the step at which a point's orbit comes closest to 0.",
    place=_by_lowest,
)
PERIOD = Inside(
    name="period",
    title="Period",
    about="By the length of the cycle that a point's orbit ends in.",
    place=_by_period,
)
DISTANCE = Inside(
    name="distance",
    title="Distance",
    about="By how far a point is from the boundary of its component.",
    place=_by_distance,
)
