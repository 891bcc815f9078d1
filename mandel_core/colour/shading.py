"""From a frame to a picture: the continuous iteration count, and two ways to colour it."""

from __future__ import annotations

import math
from functools import cache
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mandel_core.colour.encoding import RGBA
from mandel_core.model.results import Frame
from mandel_core.runtime.threads import cores, shared

Look = Literal["equalised", "hill-shaded"]
LOOKS: tuple[str, ...] = get_args(Look)
PALETTES = ("inferno", "hot", "twilight", "twilight_shifted", "viridis", "cividis", "gray")

Floats = NDArray[np.floating]

# The count is continuous up to a relative error of |c| / |z|**2; at this radius that is below
# float32's.
SMOOTH_RADIUS = 2.0**14
# Ample: what has reached 2 and leaves at all has its distance from 2 quadrupled by each step.
FURTHER_STEPS = 64
LEVELS = 255  # of the equalised look; with the interior they are what fits into a byte
_BAND = 16  # rows

# What shares a picture out among threads takes no more than these.
THREADS = min(cores(), 8)


def continuous_count(frame: Frame) -> Floats:
    """Iterations until escape as a real number, shape (ny, nx), float32 or float64 as the frame.

    With n the step at which z passed the horizon h, this is n + log2(log h / log |z|): at |z| = h
    it equals n, and bands of equal n meet without a step. That holds only for |z| >> |c|, so after
    a small horizon the orbit is followed a few steps further. It is the tutorial's `visualize`
    but for its offset, which is log2(h) there. Points that did not escape are nan.
    """
    horizon = frame.settings.horizon
    real = frame.z.real.dtype
    size = np.abs(frame.z)
    n = frame.iterations.astype(real)
    outside = (frame.iterations > 0) | (size >= horizon)
    _restore_last_step(frame, n, size, outside)
    if horizon < SMOOTH_RADIUS:
        _iterate_further(frame, n, size, outside)
    # Wherever log|z| makes no sense the point is inside, and nan is what it gets.
    with np.errstate(divide="ignore", invalid="ignore"):
        count = n + (1 + math.log2(math.log(horizon))) - np.log2(np.log(size))
    count[~outside] = np.nan
    return np.asarray(count, dtype=real)


def _restore_last_step(frame: Frame, n: Floats, size: Floats, outside: NDArray[np.bool_]) -> None:
    """Points that escaped at the very last step have n = 0 in the listing; give it back to them."""
    zero = np.nonzero(outside & (frame.iterations == 0))
    if zero[0].size:
        x, y = frame.view.axes(frame.settings.dtype)
        at_once = np.hypot(x[zero[1]], y[zero[0]]) >= frame.settings.horizon
        n[zero] = np.where(at_once, 0, frame.settings.maxiter - 1)


def _iterate_further(frame: Frame, n: Floats, size: Floats, outside: NDArray[np.bool_]) -> None:
    x, y = frame.view.axes(frame.settings.dtype)
    rows, columns = np.nonzero(outside & (size < SMOOTH_RADIUS))
    z, c = frame.z[rows, columns], x[columns] + 1j * y[rows]
    for _ in range(FURTHER_STEPS):
        z = z * z + c
        n[rows, columns] += 1
        size[rows, columns] = np.abs(z)
        on = np.abs(z) < SMOOTH_RADIUS
        rows, columns, z, c = rows[on], columns[on], z[on], c[on]
        if not rows.size:
            return
    # c = -2, whose orbit lies at 2 for ever, and belongs to the set.
    outside[rows, columns] = False


def shade(frame: Frame, look: Look = "equalised", palette: str = "inferno") -> RGBA:
    """The frame as RGBA, shape (ny, nx, 4), uint8, first row at the bottom.

    The interior is black when equalised, and the ground of the landscape when hill-shaded.

    Raises ValueError, naming those there are, for an unknown look or palette.
    """
    check(look, palette)
    if look == "hill-shaded":
        return hill_shade(continuous_count(frame), palette)
    from mandel_core.colour.equalising import equalised_in

    return equalised_in(frame, palette_colours(palette))


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

    bands = iter(range(0, rows, _BAND))

    def paint(start: int) -> None:
        band = slice(start, min(start + _BAND, rows))
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

    shared(paint_bands, THREADS)
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
