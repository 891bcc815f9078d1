"""From a viewport to a coded picture, by way of frames that need not be computed again."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from mandel_core.colour.encoding import Encoded, encode_indices, encode_rgba
from mandel_core.colour.palettes import Look, palette_colours
from mandel_core.colour.shading import shade
from mandel_core.formulas import FORMULAS
from mandel_core.model.control import NO_CONTROL, Control
from mandel_core.model.results import Frame
from mandel_core.model.settings import Settings
from mandel_core.model.viewport import Viewport
from mandel_core.rendering.engine import render_settings
from mandel_core.runtime.recent import Recent
from mandel_core.stages import STAGES

if TYPE_CHECKING:
    from mandel_core.colour.equalising import Levels

# An underlay is seen for moments and at the edges: one of its pixels to twelve of the picture's.
COARSENESS = 12
MOST_COLUMNS = 400
# Further out there is nothing to see.
WIDEST = 64

# Bytes: six frames of 1000 x 833 points. Each picture may bring its surroundings, which are small.
REMEMBERED = 2**26
_frames: Recent[Hashable, Frame] = Recent(most=16, most_bytes=REMEMBERED)


def frame_of(
    view: Viewport,
    settings: Settings,
    control: Control = NO_CONTROL,
) -> Frame:
    """`render_settings`, or what it made lately of the same view, settings and stage.

    A frame from memory has the run time it once took, and no time for compiling.
    """
    # Of its own stages and formulas a notebook may have several versions, each with its own step.
    stage, formula = STAGES.find(settings.stage), FORMULAS.find(settings.formula)
    key = view, settings, stage, stage.step, formula
    known = _frames.get(key)
    if known is not None:
        return replace(known, compile_seconds=0.0)
    frame = render_settings(view, settings, control)
    _frames.keep(key, frame, frame.z.nbytes + frame.iterations.nbytes)
    return frame


def coloured(
    frame: Frame, look: Look, palette: str, levels: Levels | None = None
) -> tuple[Encoded, Levels | None]:
    """The frame's picture, coded, and the levels of its counts where the look has some.

    levels : those of a frame beside this one, which lends them; None for this one's own.

    Raises ValueError for an unknown look or palette.
    """
    if look != "equalised":
        return encode_rgba(shade(frame, look, palette)), None
    from mandel_core.colour.equalising import equalised

    colours = palette_colours(palette)
    if levels is not None and levels.some:
        return encode_indices(levels.indices(frame), colours), levels
    indices, levels = equalised(frame)
    return encode_indices(indices, colours), levels


def surroundings(view: Viewport, times: int) -> Viewport | None:
    """The view `times` as wide around the same centre, coarse; None if it is wider than WIDEST.

    Its pixels are square, COARSENESS of the view's to one of its own or more.
    """
    if view.nx < 2 or view.width * times > WIDEST:
        return None
    columns = max(1, min(MOST_COLUMNS, round(view.nx * times / COARSENESS)))
    rows = max(1, round(columns * view.ny / view.nx))
    width = view.width * times * view.nx / Decimal(view.nx - 1)
    return Viewport.from_screen(view.x, view.y, width, columns, rows)


def draw_surroundings(
    view: Viewport,
    settings: Settings,
    control: Control = NO_CONTROL,
) -> Frame:
    """A frame of an underlay, by the stage `fast` on the CPU whatever stage the settings name."""
    settings = replace(settings, stage="fast", device="cpu")
    return frame_of(view, settings, control)


def is_inside(frame: Frame) -> bool:
    """Whether no point of the frame leaves."""
    return not np.any(frame.iterations)
