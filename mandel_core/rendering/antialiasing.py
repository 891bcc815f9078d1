"""A picture with its edges smoothed: several samples a pixel, averaged in linear light.

Colours are averaged and not counts: near the boundary counts have no mean that would say anything.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np

from mandel_core.colour.colouring import Colouring
from mandel_core.colour.encoding import RGBA
from mandel_core.colour.light import to_srgb
from mandel_core.colour.looks import LOOKS
from mandel_core.colour.painting import paint, paint_finely
from mandel_core.model.control import NO_CONTROL, Control
from mandel_core.model.settings import Settings
from mandel_core.model.viewport import Viewport
from mandel_core.rendering.drawing import frame_of, measures_of

# In pixels from a pixel's centre. No two share a row or a column, which smooths edges that are
# almost level or upright as well as the others: the "rotated grid" of graphics processors.
SAMPLES = ((-0.125, -0.375), (0.375, -0.125), (0.125, 0.375), (-0.375, 0.125))


def antialiased(
    view: Viewport,
    settings: Settings,
    colouring: Colouring,
    control: Control = NO_CONTROL,
    scale: Any = None,
) -> RGBA:
    """The view's picture with smooth edges: (ny, nx, 4) uint8, first row at the bottom.

    scale : that of another view's picture, which lends its colours; None for this one's own.

    The same arguments make the same picture, to the bit. Raises Cancelled soon after `control`
    says to stop.
    """
    if scale is None and LOOKS[colouring.look].scaled:
        plain = frame_of(view, settings, control)
        _, scale = paint(measures_of(plain, control), colouring)
    light = np.zeros((view.ny, view.nx, 3), np.float32)
    for across, up in SAMPLES:
        control.checkpoint()
        frame = frame_of(_moved(view, across, up), settings, control)
        control.checkpoint()
        light += paint_finely(measures_of(frame, control), colouring, scale)
    light /= len(SAMPLES)
    picture = np.full((view.ny, view.nx, 4), 255, np.uint8)
    picture[..., :3] = to_srgb(light)
    return picture


def _moved(view: Viewport, across: float, up: float) -> Viewport:
    """The view, by these parts of a pixel aside."""
    pixels = max(view.nx - 1, 1), max(view.ny - 1, 1)
    dx, dy = Decimal(across) * view.span_x / pixels[0], Decimal(up) * view.span_y / pixels[1]
    return replace(view, x=view.x + dx, y=view.y + dy)
