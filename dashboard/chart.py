"""The chart of runtime against chunk size, one point at a time."""

from __future__ import annotations

import html

import panel as pn
from bokeh.models import ColumnDataSource, HoverTool, Legend, Span, Whisker
from bokeh.plotting import figure

from mandel_core import Measurement


class Chart:
    """Median run time over chunk size on log axes, quartiles as whiskers, NumPy as a line."""

    def __init__(self) -> None:
        self._points = ColumnDataSource(_columns([]))
        self._measured: dict[int, Measurement] = {}
        self._figure = figure(
            height=280,
            sizing_mode="stretch_width",
            x_axis_type="log",
            y_axis_type="log",
            x_range=(0.8, 250),
            y_range=(1, 1000),
            x_axis_label="chunk size (iterations per compiled call)",
            y_axis_label="run time (ms)",
            toolbar_location=None,
            tools="",
        )
        line = self._figure.line("chunksize", "median", source=self._points, line_width=2)
        dots = self._figure.scatter("chunksize", "median", source=self._points, size=9)
        self._figure.add_layout(
            Whisker(base="chunksize", lower="low", upper="high", source=self._points, level="glyph")
        )
        self._figure.add_tools(
            HoverTool(
                renderers=[dots],
                tooltips=[
                    ("chunk size", "@chunksize"),
                    ("median", "@median{0.0} ms of @repeats runs"),
                    ("quartiles", "@low{0.0} – @high{0.0} ms"),
                    ("compiling", "@compile{0.0} s"),
                ],
            )
        )
        numpy_colour = "#d1495b"
        self._numpy = Span(
            dimension="width", line_color=numpy_colour, line_dash="dashed", line_width=2
        )
        self._numpy.visible = False
        self._figure.add_layout(self._numpy)
        # A Span has no legend entry; this line of no length stands in for it.
        stand_in = self._figure.line(
            [1, 1], [1, 1], line_color=numpy_colour, line_dash="dashed", line_width=2
        )
        self._figure.add_layout(
            Legend(
                items=[("Chunked", [line, dots]), ("NumPy", [stand_in])],
                location="top_right",
                orientation="horizontal",
                background_fill_alpha=0.6,
                padding=4,
            )
        )
        self._caption = pn.widgets.StaticText(sizing_mode="stretch_width")
        self._pane = pn.pane.Bokeh(self._figure, sizing_mode="stretch_width", min_height=280)
        self.panel = pn.Column(self._pane, self._caption, sizing_mode="stretch_width")

    def start(self, stage_title: str, about: str) -> None:
        """Begin anew for another view; `about` says in one line what is measured."""
        self._measured.clear()
        self._points.data = _columns([])
        self._numpy.visible = False
        self._figure.legend[0].items[0].label = {"value": stage_title}
        self._caption.value = about
        self._push()

    def add(self, point: Measurement) -> None:
        """Show one more point; a failure is written beneath the chart."""
        if point.failure is not None:
            self._caption.value += (
                f"<br>Chunk size {point.chunksize} could not be measured: "
                f"{html.escape(point.failure.reason)}"
            )
        else:
            self._measured[point.chunksize] = point
            ordered = [self._measured[size] for size in sorted(self._measured)]
            self._points.data = _columns(ordered)
            self._fit()
        self._push()

    def _fit(self) -> None:
        shown = [*self._points.data["low"], *self._points.data["high"]]
        if self._numpy.visible:
            shown.append(self._numpy.location)
        self._figure.y_range.update(start=min(shown) / 1.5, end=max(shown) * 2.5)

    def set_numpy(self, measurement: Measurement) -> None:
        """Draw NumPy's median as a line."""
        if measurement.failure is None:
            self._numpy.location = 1e3 * measurement.median
            self._numpy.visible = True
            self._fit()
        self._push()

    def _push(self) -> None:
        if pn.state.curdoc is None and self._pane._models:
            pn.io.push_notebook(self._pane)


def _columns(points: list[Measurement]) -> dict[str, list[float]]:
    columns: dict[str, list[float]] = {
        name: [] for name in ("chunksize", "median", "low", "high", "repeats", "compile")
    }
    for point in points:
        low, high = point.quartiles
        columns["chunksize"].append(point.chunksize)
        columns["median"].append(1e3 * point.median)
        columns["low"].append(1e3 * low)
        columns["high"].append(1e3 * high)
        columns["repeats"].append(len(point.run_seconds))
        columns["compile"].append(point.compile_seconds)
    return columns
