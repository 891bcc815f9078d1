"""Every stage on the view on screen: its time, ratios to NumPy and Numba, or why it fails."""

from __future__ import annotations

import html
from typing import Any, ClassVar

import panel as pn
from bokeh.models import ColumnDataSource, FixedTicker, HoverTool
from bokeh.plotting import figure

from dashboard import notebook
from dashboard.lab import stored
from dashboard.lab.host import Host
from dashboard.lab.marks import COMPILED_SECONDS, disturbed
from dashboard.lab.measure_queue import MeasureQueue
from dashboard.lab.ticks import time_ticks
from dashboard.state import stage_names
from dashboard.widgets import theme
from dashboard.words import duration
from mandel_core import STAGES, Measurement, Settings

LIMIT_SECONDS = 60.0
_COLUMNS = ("stage", "base", "run", "low", "high", "compile", "end", "text", "told")
_ROW = 34  # pixels a stage
# The rest of the width is for the words that follow the longest bar.
PLOT_SHARE = 0.55


class StagesView:
    """A tab of the lab: one bar a stage, and a button that measures them all."""

    title: ClassVar[str] = "Stages"

    def __init__(self, host: Host) -> None:
        self._host = host
        self._queue = MeasureQueue(
            host, "stages", "Run all", self.start, self._on_measured, LIMIT_SECONDS
        )
        self._failed: dict[Settings, Measurement] = {}
        self._source = ColumnDataSource({name: [] for name in _COLUMNS})
        self._figure = _figure(self._source)
        self._pane = pn.pane.Bokeh(self._figure, sizing_mode="stretch_width")
        self._caption = pn.widgets.StaticText(sizing_mode="stretch_width")
        self.panel = pn.Column(
            pn.widgets.StaticText(
                value="<b>Each stage on this view</b>: bars run, diamonds compile",
                sizing_mode="stretch_width",
            ),
            self._queue.bar,
            self._pane,
            self._caption,
            sizing_mode="stretch_width",
        )

    def open(self) -> None:
        """Show what is known for the view and the settings of now."""
        host = self._host
        view = host.viewport()
        known = {}
        for stage in stage_names().values():
            settings = host.settings(stage)
            known[stage] = stored.latest(view, settings) or self._failed.get(settings)
        times = [
            time
            for one in known.values()
            if one and one.run_seconds
            for time in (*one.quartiles, *_compiling(one))
        ]
        low, high = (min(times) / 2, max(times)) if times else (1e-3, 1.0)
        rows = [_row(name, one, known, low) for name, one in known.items()]
        ticks = time_ticks(low, high, most=5)
        self._figure.x_range.update(start=low, end=low * (high / low) ** (1 / PLOT_SHARE))
        self._figure.xaxis[0].ticker.ticks = list(ticks)
        self._figure.xaxis[0].major_label_overrides = ticks
        self._figure.y_range.factors = [row[0] for row in rows][::-1]
        self._figure.height = 60 + _ROW * len(rows)
        columns = zip(*rows, strict=True)
        self._source.data = dict(zip(_COLUMNS, map(list, columns), strict=True))
        self._caption.value = self._caption_text(known)
        notebook.push(self._pane)

    def close(self) -> None:
        """Cancel what is under way."""
        self._queue.cancel()

    def start(self) -> None:
        """Measure every stage, those without a compiler first: they take no time to begin."""
        host = self._host
        self._failed.clear()
        todo = [host.settings(stage) for stage in stage_names().values()]
        todo.sort(key=lambda settings: STAGES[settings.stage].uses_torch(settings))
        self._queue.start(host.viewport(), todo, lambda settings: STAGES[settings.stage].title)

    def _on_measured(self, measured: Measurement) -> None:
        if measured.failure is not None:
            self._failed[measured.settings] = measured

    def _caption_text(self, known: dict[str, Measurement | None]) -> str:
        view, settings = self._host.viewport(), self._host.settings()
        lines = [
            f"{view.nx} × {view.ny} pixels, {settings.maxiter} iterations, {settings.dtype}; "
            f"chunk size {settings.chunksize} where there are chunks. Bars end at the median, "
            f"lines span the quartiles. A stage is given up after {LIMIT_SECONDS:g} s "
            "of compiling or running."
        ]
        for name, one in known.items():
            title = html.escape(STAGES[name].title)
            if one is not None and one.failure is not None:
                lines.append(f"<b>{title}</b>: {html.escape(one.failure.reason)}")
            elif one is not None and (words := disturbed(one)):
                lines.append(f"<b>{title}</b>: {html.escape(words)}.")
        return "<br>".join(lines)


def _compiling(one: Measurement) -> tuple[float, ...]:
    return (one.compile_seconds,) if one.compile_seconds > COMPILED_SECONDS else ()


def _row(
    name: str, one: Measurement | None, known: dict[str, Measurement | None], base: float
) -> tuple[Any, ...]:
    title, nan = STAGES[name].title, float("nan")
    missing = (nan, nan, nan, nan, base)
    if one is None:
        return (title, base, *missing, "not measured for this view", "")
    if one.failure is not None:
        return (title, base, *missing, "✗ " + _short(one), one.failure.reason)
    compiling = _compiling(one)
    words = [duration(one.median)]
    for other, title_of in (("numpy", "NumPy"), ("numba", "Numba")):
        reference = known.get(other)
        if reference is not None and reference.run_seconds and other != name:
            words.append(f"{reference.median / one.median:.2g} × {title_of}")
    if compiling:
        words.append(f"compiled in {duration(compiling[0])}")
    low, high = one.quartiles
    told = f"{duration(low)} – {duration(high)}, {len(one.run_seconds)} runs"
    text = " · ".join(words)
    end = max(high, *compiling) if compiling else high
    return (title, base, one.median, low, high, *(compiling or (nan,)), end, text, told)


def _short(one: Measurement) -> str:
    assert one.failure is not None
    kinds = {
        "recompile-limit": "fails at the recompile limit",
        "graph-break": "cannot be traced in one graph",
        "unsupported": "cannot be traced on this torch",
        "no-compiler": "has no compiler here",
        "no-device": "has no device here",
        "too-long": one.failure.reason.partition(";")[0].lower(),
        "died": "its process died",
    }
    return kinds.get(one.failure.kind, "fails")


def _figure(source: ColumnDataSource) -> Any:
    plot = figure(
        height=500,
        sizing_mode="stretch_width",
        x_axis_type="log",
        x_range=(1e-3, 10),
        y_range=[],
        toolbar_location=None,
        tools="",
        outline_line_color=None,
    )
    bars = plot.hbar(
        y="stage",
        left="base",
        right="run",
        height=0.56,
        source=source,
        color=theme.RUN,
        line_color=None,
    )
    plot.segment("low", "stage", "high", "stage", source=source, color=theme.SPREAD, line_width=3)
    diamonds = plot.scatter(
        "compile", "stage", source=source, marker="diamond", size=11, color=theme.COMPILE
    )
    plot.text(
        x="end",
        y="stage",
        text="text",
        source=source,
        x_offset=10,
        text_baseline="middle",
        text_font_size="12.5px",
        text_color=theme.TEXT,
    )
    tooltips = [("stage", "@stage"), ("", "@text"), ("quartiles", "@told")]
    plot.add_tools(HoverTool(renderers=[bars, diamonds], tooltips=tooltips))
    plot.xaxis.ticker = plot.xgrid.ticker = FixedTicker(ticks=[], minor_ticks=[])
    plot.ygrid.visible = False
    plot.xgrid.grid_line_alpha = 0.35
    for axis in (*plot.xaxis, *plot.yaxis):
        axis.update(
            axis_label_text_font_style="normal",
            major_label_text_font_size="12.5px",
            minor_tick_line_color=None,
            major_tick_in=0,
            axis_line_color=theme.TEXT,
            major_tick_line_color=theme.TEXT,
        )
    plot.yaxis.axis_line_color = None
    plot.y_range.range_padding = 0.02
    return plot
