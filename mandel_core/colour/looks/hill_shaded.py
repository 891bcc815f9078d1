"""The tutorial's picture: the count as a landscape, lit from the north-west, low."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mandel_core.colour.looks.look import Look
from mandel_core.colour.measures import Measures
from mandel_core.colour.smooth import Floats

if TYPE_CHECKING:
    from mandel_core.colour.places import Places

Range = tuple[float, float]
_POWER = 0.3  # the tutorial's norm
_EXAGGERATION = 1.5  # likewise, of a picture of so many columns:
_COLUMNS = 1000


def place(measures: Measures, scale: Range | None) -> tuple[Places, Range]:
    """The height by the tutorial's norm, from the lowest to the highest of the frame."""
    from mandel_core.colour.places import Places

    count = measures.count
    outside = ~np.isnan(count)
    if scale is None:
        # The interior is the ground, at 0.
        lowest = 0.0 if not outside.all() else float(count.min())
        highest = float(count[outside].max()) if outside.any() else 0.0
        scale = min(lowest, float(count[outside].min()) if outside.any() else 0.0), highest
    low, high = scale
    share = (count.astype(np.float64) - low) / max(high - low, 1e-9)
    return Places(np.clip(share, 0, 1) ** _POWER), scale


def relief(measures: Measures) -> Floats:
    """The cosine of the angle at which the light falls on the count's landscape, -1 to 1.

    It is Matplotlib's hill shading, which goes on to stretch the darkest and the lightest of a
    picture to the ends: here the same slope is as light in every view. Slopes are those of a
    picture as large as the tutorial's, so that a coarse picture is lit like a fine one.
    """
    from matplotlib.colors import LightSource

    count = np.nan_to_num(measures.count)
    rows, columns = count.shape
    if min(count.shape) < 2:  # a landscape needs neighbours to have a slope
        count = np.pad(count, ((0, 2), (0, 2)), mode="edge")
    steepness = np.float32(_EXAGGERATION * max(rows, columns) / _COLUMNS)
    up, right = np.gradient(count * steepness)
    east, north, above = LightSource(azdeg=315, altdeg=10).direction.astype(np.float32)
    light = (above - east * right - north * up) / np.sqrt(1 + right * right + up * up)
    return np.asarray(light)[:rows, :columns]


HILL_SHADED = Look(
    name="hill-shaded",
    title="Hill-shaded",
    about="The iterations as a landscape, lit from the north-west: the tutorial's own picture.",
    place=place,
    scaled=True,
    relief=relief,
)
