"""From a viewport to a coded picture, by way of frames that need not be computed again."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mandel_core.colour.colouring import Colouring
from mandel_core.colour.looks import LOOKS
from mandel_core.colour.measures import Measures
from mandel_core.colour.painting import Painting, paint
from mandel_core.formulas import FORMULAS
from mandel_core.model.control import NO_CONTROL, Control
from mandel_core.model.results import Frame
from mandel_core.model.settings import Settings
from mandel_core.model.viewport import Viewport
from mandel_core.rendering.engine import render_settings
from mandel_core.runtime.recent import Recent
from mandel_core.stages import STAGES

# An underlay is seen for moments and at the edges: one of its pixels to twelve of the picture's.
COARSENESS = 12
MOST_COLUMNS = 400
# Further out there is nothing to see.
WIDEST = 64

# Bytes: six frames of 1000 x 833 points. Each picture may bring its surroundings, which are small.
REMEMBERED = 2**26
known_frames: Recent[Hashable, Frame] = Recent(most=16, most_bytes=REMEMBERED)
# The scales of pictures, which others may borrow: about a megabyte each.
_scales: Recent[Hashable, Any] = Recent(most=8)
# What was measured of frames beyond their counts, which can take longer than they did.
known_measures: Recent[Hashable, NDArray[Any]] = Recent(most=16, most_bytes=REMEMBERED // 2)


def _key(view: Viewport, settings: Settings) -> Hashable:
    # Of its own stages and formulas a notebook may have several versions, each with its own step.
    stage, formula = STAGES.find(settings.stage), FORMULAS.find(settings.formula)
    return view, settings, stage, stage.step, formula


def frame_of(
    view: Viewport,
    settings: Settings,
    control: Control = NO_CONTROL,
) -> Frame:
    """`render_settings`, or what it made lately of the same view, settings and stage.

    A frame from memory has the run time it once took, and no time for compiling.
    """
    key = _key(view, settings)
    known = known_frames.get(key)
    if known is not None:
        return replace(known, compile_seconds=0.0)
    frame = render_settings(view, settings, control)
    known_frames.keep(key, frame, frame.z.nbytes + frame.iterations.nbytes)
    return frame


def measures_of(frame: Frame, control: Control = NO_CONTROL) -> Measures:
    """What can be measured of a frame's points, or what was measured of it lately."""
    of_frame = _key(frame.view, frame.settings)

    def keep(name: str, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        known = known_measures.get((name, of_frame))
        if known is None:
            known = make()
            known_measures.keep((name, of_frame), known, known.nbytes)
        return known

    return Measures(frame, control, keep)


def coloured(
    frame: Frame, colouring: Colouring, scale: Any = None, control: Control = NO_CONTROL
) -> tuple[Painting, Any]:
    """The frame's picture, and the scale that gives other frames the same colours.

    scale : that of another frame, which lends it; None for this one's own.

    Raises ValueError for a colouring that makes no sense.
    """
    painting, used = paint(measures_of(frame, control), colouring, scale)
    if scale is None and LOOKS[colouring.look].scaled:
        _scales.keep((colouring.look, _key(frame.view, frame.settings)), used)
    return painting, used


def scale_of(view: Viewport, settings: Settings, look: str) -> Any:
    """The scale of a picture that was drawn here lately; None if it is not known any more."""
    return _scales.get((look, _key(view, settings)))


def surroundings(view: Viewport, times: int) -> Viewport | None:
    """The view `times` as wide around the same centre, coarse; None if it is wider than WIDEST.

    Its pixels are square, COARSENESS of the view's to one of its own or more.
    """
    if view.nx < 2 or view.width * times > WIDEST:
        return None
    columns = max(1, min(MOST_COLUMNS, round(view.nx * times / COARSENESS)))
    rows = max(1, round(columns * view.ny / view.nx))
    width = view.width * times
    return Viewport.from_screen(view.x, view.y, width, columns, rows)


def draw_surroundings(
    view: Viewport,
    settings: Settings,
    control: Control = NO_CONTROL,
) -> Frame:
    """A frame of an underlay, by the stage `fast` on the CPU whatever stage the settings name."""
    settings = replace(settings, stage="fast", device="cpu")
    return frame_of(view, settings, control)


def is_all_interior(frame: Frame) -> bool:
    """Whether no point of the frame leaves."""
    return not np.any(frame.iterations)
