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
_EXAGGERATION = 1.5


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
    """Matplotlib's hill shading of the count, from -1 in the dark to 1 in the light."""
    from matplotlib.colors import LightSource

    top_down = np.nan_to_num(measures.count[::-1].astype(np.float64))
    if min(top_down.shape) < 2:  # a landscape needs neighbours to have a slope
        top_down = np.pad(top_down, ((0, 2), (0, 2)), mode="edge")
    light = LightSource(azdeg=315, altdeg=10).hillshade(top_down, vert_exag=_EXAGGERATION)
    rows, columns = measures.frame.iterations.shape
    return np.asarray(2 * light - 1)[:rows, :columns][::-1]


HILL_SHADED = Look(
    name="hill-shaded",
    title="Hill-shaded",
    about="The iterations as a landscape, lit from the north-west: the tutorial's own picture.",
    place=place,
    scaled=True,
    relief=relief,
)
