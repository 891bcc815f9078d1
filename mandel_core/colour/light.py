"""Between sRGB, as colours are written, and linear light, in which they can be averaged.

IEC 61966-2-1 has the two curves.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

_STEPS = 2**14  # of linear light; the steepest step of sRGB is 1 / 3295 of it


def to_linear(srgb: ArrayLike) -> NDArray[np.float32]:
    """The linear light, 0 to 1, of channels from 0 to 255."""
    part = np.asarray(srgb, np.float32) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4).astype(
        np.float32
    )


def to_srgb(light: NDArray[np.floating]) -> NDArray[np.uint8]:
    """The channels, 0 to 255, of linear light from 0 to 1."""
    step = (light * (_STEPS - 1) + 0.5).astype(np.int32)
    return np.take(_curve(), step)


@cache
def _curve() -> NDArray[np.uint8]:
    light = np.linspace(0, 1, _STEPS)
    part = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * part), np.uint8)
