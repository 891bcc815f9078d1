"""The looks a picture can have, and the colours of their palettes."""

from __future__ import annotations

from functools import cache
from typing import Literal, get_args

import numpy as np

from mandel_core.colour.encoding import RGBA

Look = Literal["equalised", "hill-shaded"]
LOOKS: tuple[str, ...] = get_args(Look)
PALETTES = ("inferno", "hot", "twilight", "twilight_shifted", "viridis", "cividis", "gray")

LEVELS = 255  # of the equalised look; with the interior they are what fits into a byte


def check(look: str, palette: str) -> None:
    """Raises ValueError, naming those there are, for an unknown look or palette."""
    if look not in LOOKS:
        raise ValueError(f"there is no look {look!r}; there are {', '.join(LOOKS)}")
    if palette not in PALETTES:
        raise ValueError(f"there is no palette {palette!r}; there are {', '.join(PALETTES)}")


@cache
def palette_colours(palette: str) -> RGBA:
    """The colours of the equalised look: (256, 4) uint8, read-only.

    Row 0 is the interior's black; rows 1 to 255 go from the lowest count's to the highest's.

    Raises ValueError, naming those there are, for an unknown palette.
    """
    from matplotlib import colormaps

    check(LOOKS[0], palette)
    colormap = colormaps[palette]
    own = colormap(np.arange(colormap.N))
    at = np.linspace(0, 1, colormap.N)
    levels = [np.interp(np.linspace(0, 1, LEVELS), at, channel) for channel in own.T]
    colours = np.zeros((LEVELS + 1, 4), np.uint8)
    colours[1:] = np.rint(255 * np.stack(levels, axis=-1))
    colours[0, 3] = 255
    colours.setflags(write=False)
    return colours
