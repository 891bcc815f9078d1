"""The picture: a DynamicMap that shows the newest frame, and the axes that say what is looked at.

The axes belong to the person in front of them. This module tells the explorer where they went
(`on_view`), keeps pixels square, and moves the axes when the explorer asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import holoviews as hv
import holoviews.plotting.bokeh
import numpy as np
import panel as pn
from holoviews import streams

from dashboard.state import HOME, MAX_CENTRE, MAX_WIDTH, MIN_WIDTH
from mandel_core.tasks import Picture

# Not `hv.extension`, which in a notebook fetches Panel's scripts from a CDN.
hv.Store.set_current_backend("bokeh")

# Axes that differ by less than this share of the width show the same view; screens round.
SAME = 1e-9


class PictureView:
    """The DynamicMap, its streams, and the Bokeh ranges of every place where it is shown."""

    def __init__(
        self,
        on_view: Callable[[Decimal, Decimal, Decimal], None],
        on_size: Callable[[int, int], None],
        on_reset: Callable[[], None],
        in_document: Callable[..., None],
    ) -> None:
        self._on_view, self._on_size = on_view, on_size
        self._in_document = in_document
        self._following = False
        self._centre = (float(HOME.x), float(HOME.y))
        self._width = float(HOME.width)
        self._size: tuple[int, int] | None = None
        self._ranges: dict[str, tuple[Any, Any]] = {}
        self._pipe = streams.Pipe(data=None)
        plot = hv.DynamicMap(self._element, streams=[self._pipe]).opts(
            hv.opts.RGB(
                responsive=True,
                xaxis=None,
                yaxis=None,
                toolbar="above",
                default_tools=[],
                tools=["pan", "box_zoom", "wheel_zoom", "reset", "save"],
                active_tools=["pan", "wheel_zoom"],
                apply_ranges=False,
                hooks=[self._adopt],
            )
        )
        self._range_stream = streams.RangeXY(source=plot)
        # Streams call from outside the document's lock, so what they say is taken up in a tick.
        self._range_stream.add_subscriber(
            lambda x_range, y_range, **_: in_document(self._moved, x_range, y_range)
        )
        self._size_stream = streams.PlotSize(source=plot)
        self._size_stream.add_subscriber(
            lambda width, height, **_: in_document(self._resized, width, height)
        )
        self._reset_stream = streams.PlotReset(source=plot)
        self._reset_stream.add_subscriber(
            lambda resetting, **_: in_document(on_reset) if resetting else None
        )
        self.pane = pn.pane.HoloViews(
            plot,
            sizing_mode="stretch_both",
            min_height=360,
            min_width=320,
            linked_axes=False,
            css_classes=["picture"],
        )

    def show(self, picture: Picture) -> None:
        """Put a new frame in place of the old one, exactly where it belongs on the axes."""
        self._pipe.send(picture)

    def move(self, x: Decimal, y: Decimal, width: Decimal) -> None:
        """Move the axes to this view, as high as the window is.

        Does nothing where they are already: in mid-gesture the person has moved on by now.
        """
        view = ((float(x), float(y)), float(width))
        if view != (self._centre, self._width):
            self._centre, self._width = view
            self._place_axes()

    def _element(self, data: Picture | None) -> hv.RGB:
        if data is None:
            nothing = np.zeros((1, 1, 4), np.uint8)
            return hv.RGB(nothing, bounds=self._bounds(*self._centre, self._width))
        left, right, bottom, top = data.view.extent
        # Deep down the edges are rounded by a good part of a pixel, which is no reason to warn.
        return hv.RGB(data.rgba[::-1], bounds=(left, bottom, right, top), rtol=1)

    def _bounds(self, x: float, y: float, width: float) -> tuple[float, float, float, float]:
        nx, ny = self._size or (4, 3)
        height = width * ny / nx
        return (x - width / 2, y - height / 2, x + width / 2, y + height / 2)

    def _adopt(self, plot: Any, element: Any) -> None:
        """A hook of HoloViews: the figure exists now, or was drawn again."""
        if plot.id in self._ranges:
            return
        figure = plot.state
        figure.background_fill_color = figure.border_fill_color = "#000000"
        figure.outline_line_color = None
        figure.min_border = 0
        for tool in figure.tools:
            if type(tool).__name__ == "BoxZoomTool":
                tool.match_aspect = True
            if type(tool).__name__ == "WheelZoomTool":
                tool.zoom_on_axis = False
        self._ranges[plot.id] = (figure.x_range, figure.y_range)
        if pn.state.curdoc is not None:
            # RangeXY is silent until a gesture has ended; the ranges themselves are not.
            for axis in self._ranges[plot.id]:
                axis.on_change(
                    "start",
                    lambda attr, old, new: self._follow(figure.x_range, figure.y_range),
                )
        for axis in (figure.x_range, figure.y_range):
            axis.update(
                min_interval=float(MIN_WIDTH) / 8,
                max_interval=float(MAX_WIDTH) * 8,
                bounds=(-float(MAX_CENTRE) * 16, float(MAX_CENTRE) * 16),
            )
        self._place_axes()

    def _follow(self, x_range: Any, y_range: Any) -> None:
        """The axes move in mid-gesture; the tick after, all of their ends have arrived."""
        if not self._following:
            self._following = True

            def read() -> None:
                self._following = False
                self._moved(
                    (x_range.start, x_range.end), (y_range.start, y_range.end), gesture=True
                )

            self._in_document(read)

    def _place_axes(self) -> None:
        left, bottom, right, top = self._bounds(*self._centre, self._width)
        home = self._bounds(float(HOME.x), float(HOME.y), float(HOME.width))
        for x_range, y_range in self._ranges.values():
            x_range.update(start=left, end=right, reset_start=home[0], reset_end=home[2])
            y_range.update(start=bottom, end=top, reset_start=home[1], reset_end=home[3])
        if pn.state.curdoc is None and self.pane._models:
            pn.io.push_notebook(self.pane)

    def _resized(self, width: int | None, height: int | None) -> None:
        if width and height and (width, height) != self._size:
            # What the person has just done, and nobody has taken up yet, is not to be undone.
            for x_range, y_range in self._ranges.values():
                self._moved((x_range.start, x_range.end), (y_range.start, y_range.end))
            self._size = (width, height)
            self._place_axes()
            self._on_size(width, height)

    def _moved(
        self,
        x_range: tuple[float, float] | None,
        y_range: tuple[float, float] | None,
        gesture: bool = False,
    ) -> None:
        """Take up where the axes went, and put them right; but never in mid-gesture."""
        if self._size is None or not x_range or not y_range:
            return
        if not np.isfinite([*x_range, *y_range]).all():
            self._place_axes()
            return
        nx, ny = self._size
        left, bottom, right, top = self._bounds(*self._centre, self._width)
        moved = np.abs(np.subtract([*x_range, *y_range], [left, right, bottom, top])).max()
        rounding = 8 * np.finfo(float).eps * max(np.abs([*x_range, *y_range]))
        if moved <= SAME * self._width + rounding:
            return
        x, y = (x_range[0] + x_range[1]) / 2, (y_range[0] + y_range[1]) / 2
        wide, high = x_range[1] - x_range[0], y_range[1] - y_range[0]
        width = max(wide, high * nx / ny)
        # The state's limits answer here, before the axes can go where numbers end.
        limit = float(MAX_CENTRE)
        allowed = (
            min(max(x, -limit), limit),
            min(max(y, -limit), limit),
            min(max(width, float(MIN_WIDTH)), float(MAX_WIDTH)),
        )
        distortion = abs(wide * ny - high * nx)
        to_mend = allowed != (x, y, width) or (
            distortion > 1e-6 * wide * ny + rounding * max(nx, ny)
        )
        if to_mend and gesture:
            return
        self._centre, self._width = allowed[:2], allowed[2]
        if to_mend:
            self._place_axes()
        self._on_view(*(Decimal(repr(float(value))) for value in allowed))
