"""From a frame to a coloured picture."""

from __future__ import annotations

from typing import Any

import numpy as np

from mandel_core.colour.colouring import Colouring
from mandel_core.colour.encoding import RGBA
from mandel_core.colour.measures import Measures
from mandel_core.colour.painting import paint
from mandel_core.colour.palettes import LEVELS, palette_colours
from mandel_core.colour.smooth import Floats
from mandel_core.model.results import Frame


def shade(frame: Frame, look: str = "smooth", palette: str = "lagoon", **more: Any) -> RGBA:
    """The frame as RGBA, shape (ny, nx, 4), uint8, first row at the bottom.

    more : the other fields of `Colouring`.

    Raises ValueError, in one sentence, for a value that makes no sense.
    """
    colouring = Colouring(look, palette, **more)
    colouring.check()
    return paint(Measures(frame), colouring)[0].rgba


def equalise(count: Floats, palette: str = "inferno") -> RGBA:
    """Histogram equalisation as datashader does it: each colour covers about the same area."""
    from datashader.transfer_functions import eq_hist

    index = np.zeros(count.shape, np.uint8)
    outside = ~np.isnan(count)
    if outside.any():
        level, _ = eq_hist(count, ~outside)
        lowest = np.nanmin(level)
        share = (level[outside] - lowest) / max(1 - lowest, 1e-9)
        index[outside] = 1 + np.rint((LEVELS - 1) * share)
    return palette_colours(palette)[index]
