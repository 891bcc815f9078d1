"""From a frame to a coloured picture, equalised or hill-shaded."""

from __future__ import annotations

from functools import cache

import numpy as np

from mandel_core.colour.encoding import RGBA
from mandel_core.colour.palettes import LEVELS, Look, check, palette_colours
from mandel_core.colour.smooth import Floats, continuous_count
from mandel_core.model.results import Frame
from mandel_core.runtime.threads import COLOURING, shared

ROWS_AT_ONCE = 16


def shade(frame: Frame, look: Look = "equalised", palette: str = "inferno") -> RGBA:
    """The frame as RGBA, shape (ny, nx, 4), uint8, first row at the bottom.

    The interior is black when equalised, and the ground of the landscape when hill-shaded.

    Raises ValueError, naming those there are, for an unknown look or palette.
    """
    check(look, palette)
    if look == "hill-shaded":
        return hill_shade(continuous_count(frame), palette)
    from mandel_core.colour.equalising import equalised_in  # which imports Numba

    return equalised_in(frame, palette_colours(palette))


def hill_shade(count: Floats, palette: str = "hot") -> RGBA:
    """The tutorial's picture: the count as a landscape, lit from the north-west, low."""
    from matplotlib.colors import LightSource, PowerNorm

    top_down = np.nan_to_num(count[::-1])
    if min(top_down.shape) < 2:  # a landscape needs neighbours to have a slope
        top_down = np.pad(top_down, ((0, 2), (0, 2)), mode="edge")
    # `LightSource.shade` in the mode "hsv" but for its conversions between colour spaces, pixel by
    # pixel, which take ten times as long: light changes saturation and value, never the hue, and
    # with s and v each channel is v * (1 - s * k), where k depends on the hue.
    light = LightSource(azdeg=315, altdeg=10)
    brightness = 2 * light.hillshade(top_down, vert_exag=1.5) - 1
    height = np.asarray(PowerNorm(0.3)(top_down))
    saturation, value, fall = _hues(palette)
    rows, columns = count.shape
    picture = np.full((rows, columns, 4), 255, np.uint8)
    downwards = picture[::-1]

    bands = iter(range(0, rows, ROWS_AT_ONCE))

    def paint(start: int) -> None:
        band = slice(start, min(start + ROWS_AT_ONCE, rows))
        step = np.minimum((height[band, :columns] * value.size).astype(np.intp), value.size - 1)
        bright = brightness[band, :columns]
        share = np.abs(bright)
        s, v = saturation[step], value[step]
        to_s = np.where(bright > 0, light.hsv_max_sat, light.hsv_min_sat)
        to_v = np.where(bright > 0, light.hsv_max_val, light.hsv_min_val)
        s = np.where(s > 1e-10, s + share * (to_s - s), s)
        v = v + share * (to_v - v)
        for channel, k in enumerate(fall):
            downwards[band, :, channel] = np.rint(255 * (v * (1 - s * k[step])))

    def paint_bands(_: int) -> None:
        for start in bands:
            paint(start)

    shared(paint_bands, COLOURING)
    return picture


@cache
def _hues(palette: str) -> tuple[Floats, Floats, Floats]:
    """Saturation and value of each colour, and how far each channel falls below the value.

    Shapes (n,), (n,) and (3, n): a channel is value * (1 - saturation * fall).
    """
    from matplotlib import colormaps
    from matplotlib.colors import hsv_to_rgb, rgb_to_hsv

    colormap = colormaps[palette]
    hsv = rgb_to_hsv(colormap(np.arange(colormap.N))[:, :3])
    pure = hsv.copy()
    pure[:, 1:] = 1
    return hsv[:, 1], hsv[:, 2], 1 - hsv_to_rgb(pure).T


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
