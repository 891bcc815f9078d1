"""What can be asked of a worker for files: pictures as others open them, whole or in tiles."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from mandel_core.colour.colouring import Colouring
from mandel_core.colour.encoding import RGBA, Encoded, encode_finely, encode_rgba
from mandel_core.model.control import Control
from mandel_core.model.viewport import Viewport
from mandel_core.rendering import drawing
from mandel_core.rendering.antialiasing import SAMPLES, antialiased
from mandel_core.rendering.iteration_limit import automatic_limit
from mandel_core.worker.tasks import OfView

JPEG_QUALITY = 88
# What smoothing the edges of a JPEG file may take, after what the picture itself took.
SMOOTHING_SECONDS = 2.0
# The slope of a hill is known from a point's neighbours: beyond a band's edges they are drawn, too.
MARGIN = 4


@dataclass(frozen=True)
class DrawJPEG(OfView):
    """Draw a view as a JPEG file, which every program opens.

    automatic : settings.maxiter is only where to start from; `automatic_limit` finds the limit.
    smooth : whether edges are smoothed, where that is quick.
    """

    colouring: Colouring = field(default_factory=Colouring)
    automatic: bool = False
    smooth: bool = True

    def run(self, control: Control) -> bytes:
        from PIL import Image

        settings = self.settings
        if self.automatic:
            limit = automatic_limit(self.view, settings, control)
            settings = replace(settings, maxiter=limit)
        frame = drawing.frame_of(self.view, settings, control)
        quick = frame.run_seconds * len(SAMPLES) <= SMOOTHING_SECONDS
        task = replace(self, settings=settings, smooth=self.smooth and quick)
        rgba = _painted(task.view, task, None, control)
        file = io.BytesIO()
        Image.fromarray(rgba[::-1]).convert("RGB").save(file, "JPEG", quality=JPEG_QUALITY)
        return file.getvalue()


@dataclass(frozen=True)
class DrawTiles(OfView):
    """Draw a band of a large picture and cut it into tiles, each an image file, top row first.

    view : the band, with MARGIN more rows and columns on each side.
    like : the view whose picture lends its colours.
    tile : the width of a tile in pixels; the last one may be narrower.
    fine : whether the files are to be like the picture to the eye at 1:1; they are larger.
    """

    like: Viewport
    tile: int
    colouring: Colouring = field(default_factory=Colouring)
    smooth: bool = False
    fine: bool = False

    def run(self, control: Control) -> tuple[Encoded, ...]:
        frame = drawing.frame_of(self.like, self.settings, control)
        _, scale = drawing.coloured(frame, self.colouring, None, control)
        rgba = _painted(self.view, self, scale, control)
        inner = rgba[MARGIN:-MARGIN, MARGIN:-MARGIN][::-1]
        encode = encode_finely if self.fine else encode_rgba
        tiles: list[Encoded] = []
        for first in range(0, inner.shape[1], self.tile):
            control.checkpoint()
            tiles.append(encode(np.ascontiguousarray(inner[:, first : first + self.tile])))
        return tuple(tiles)


def _painted(view: Viewport, task: DrawJPEG | DrawTiles, scale: Any, control: Control) -> RGBA:
    """The picture, first row at the bottom."""
    task.colouring.check()
    if task.smooth:
        return antialiased(view, task.settings, task.colouring, control, scale)
    frame = drawing.frame_of(view, task.settings, control)
    painting, _ = drawing.coloured(frame, task.colouring, scale, control)
    return painting.rgba
