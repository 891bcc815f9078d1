"""Colours in light and shade, as Matplotlib's `LightSource` blends them in the mode "hsv"."""

from __future__ import annotations

import numpy as np

from mandel_core.colour.encoding import RGBA
from mandel_core.colour.palettes import Colours
from mandel_core.colour.smooth import Floats
from mandel_core.runtime.threads import COLOURING, shared

ROWS_AT_ONCE = 16


def lit(positions: Floats, brightness: Floats, palette: Colours) -> RGBA:
    """The palette's colours at the positions, lit: (ny, nx, 4) uint8.

    positions : (ny, nx), 0 to 1; what is nan gets the palette's first colour.
    brightness : (ny, nx), from -1, in the dark, to 1.
    palette : (n, 3), 0 to 1.

    It is `LightSource.shade` but for its conversions between colour spaces, pixel by pixel, which
    take ten times as long: light changes saturation and value, never the hue, and with s and v each
    channel is v * (1 - s * k), where k depends on the hue.
    """
    from matplotlib.colors import LightSource, hsv_to_rgb, rgb_to_hsv

    light = LightSource(azdeg=315, altdeg=10)
    hsv = rgb_to_hsv(palette)
    saturation, value = hsv[:, 1], hsv[:, 2]
    hsv[:, 1:], saturation, value = 1, saturation.copy(), value.copy()
    fall = 1 - hsv_to_rgb(hsv).T
    rows = positions.shape[0]
    picture = np.full((*positions.shape, 4), 255, np.uint8)

    bands = iter(range(0, rows, ROWS_AT_ONCE))

    def paint(start: int) -> None:
        band = slice(start, min(start + ROWS_AT_ONCE, rows))
        at = np.nan_to_num(positions[band])
        step = np.minimum((at * value.size).astype(np.intp), value.size - 1)
        bright = brightness[band]
        share = np.abs(bright)
        s, v = saturation[step], value[step]
        to_s = np.where(bright > 0, light.hsv_max_sat, light.hsv_min_sat)
        to_v = np.where(bright > 0, light.hsv_max_val, light.hsv_min_val)
        s = np.where(s > 1e-10, s + share * (to_s - s), s)
        v = v + share * (to_v - v)
        for channel, k in enumerate(fall):
            picture[band, :, channel] = np.rint(255 * (v * (1 - s * k[step])))

    def paint_bands(_: int) -> None:
        for start in bands:
            paint(start)

    shared(paint_bands, COLOURING)
    return picture
