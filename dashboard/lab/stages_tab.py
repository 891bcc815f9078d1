"""Every stage on the view on screen: its time, ratios to NumPy and Numba, or why it fails."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

import panel as pn
from bokeh.models import ColumnDataSource, FixedTicker, HoverTool
from bokeh.plotting import figure

from dashboard.document import sent_in_order
from dashboard.lab import stored
from dashboard.lab.before_measuring import before_stages
from dashboard.lab.host import MeasuringHost, OtherTabs
from dashboard.lab.marks import COMPILED_SECONDS, disturbed
from dashboard.lab.measure_queue import MeasureQueue
from dashboard.lab.order import quickest_first
from dashboard.lab.redrawing import Redrawing
from dashboard.lab.subjects import Subjects
from dashboard.lab.ticks import time_ticks
from dashboard.state import stage_names
from dashboard.subject import Subject
from dashboard.widgets import theme
from dashboard.words import against
from mandel_core import STAGES, Measurement, Settings, Viewport
from mandel_core.words import count, duration

LIMIT_SECONDS = 60.0
_COLUMNS = ("stage", "base", "run", "low", "high", "compile", "end", "text", "told", "shade")
_ROW = 34  # pixels a stage
# The rest of the width is for the words that follow the longest bar.
PLOT_SHARE = 0.45


class StagesTab:
    """A tab of the lab: one bar a stage, and a button that measures them all."""

    name: ClassVar[str] = "stages"
    title: ClassVar[str] = "Stages"

    def __init__(self, host: MeasuringHost, others: OtherTabs) -> None:
        self._host = host
        self._subjects = Subjects(host)
        self._redrawing = Redrawing(host, others, self, self._subjects)
        self._queue = MeasureQueue(
            *(host, others, self.name, "Run all"),
            on_start=self.start,
            on_measured=self._on_measured,
            on_change=self._redrawing.request,
            limit_seconds=LIMIT_SECONDS,
        )
        self._began = datetime.now(UTC)  # of the last run
        self._failed: dict[tuple[Viewport, Settings], Measurement] = {}
        self._source = ColumnDataSource({name: [] for name in _COLUMNS})
        self._figure = _figure(self._source)
        self._pane = pn.pane.Bokeh(self._figure, sizing_mode="stretch_width")
        self._caption = pn.widgets.StaticText(sizing_mode="stretch_width")
        self._before = pn.widgets.StaticText(
            sizing_mode="stretch_width", css_classes=["prose"], visible=False
        )
        self.panel = pn.Column(
            pn.widgets.StaticText(
                value="<b>Each stage on this view</b>: bars run, diamonds compile",
                sizing_mode="stretch_width",
            ),
            self._queue.bar,
            self._subjects.panel,
            self._before,
            self._pane,
            self._caption,
            sizing_mode="stretch_width",
        )

    def open(self) -> None:
        """Show what is known for the view and the settings of now."""
        now = self._host.subject()
        known = self._known(now)
        subject = self._subjects.current(self._queue.running, any(known.values()))
        if subject != now:
            known = self._known(subject)
        empty = not any(known.values()) and not self._queue.running
        words = before_stages(_in_order(subject), LIMIT_SECONDS) if empty else ""
        self._before.param.update(value=words, visible=empty)
        self._pane.visible = not empty
        times = [
            time
            for one in known.values()
            if one and one.measured.run_seconds
            for time in (*one.measured.quartiles, *_compiling(one.measured))
        ]
        low, high = (min(times) / 2, max(times)) if times else (1e-3, 1.0)
        rows = [_row(name, one, known, low) for name, one in known.items()]
        ticks = time_ticks(low, high, most=5)
        with sent_in_order(self._pane):
            self._figure.x_range.update(start=low, end=low * (high / low) ** (1 / PLOT_SHARE))
            self._figure.xaxis[0].ticker.ticks = list(ticks)
            self._figure.xaxis[0].major_label_overrides = ticks
            self._figure.y_range.factors = [row[0] for row in rows][::-1]
            self._figure.height = 60 + _ROW * len(rows)
            columns = zip(*rows, strict=True)
            self._source.data = dict(zip(_COLUMNS, map(list, columns), strict=True))
            self._caption.value = self._caption_text(subject, known)

    def close(self) -> None:
        """Cancel what is under way."""
        self._queue.cancel()

    def start(self) -> None:
        """Measure every stage."""
        self._failed.clear()
        self._began = datetime.now(UTC)
        subject = self._subjects.measure()
        self._queue.start(
            subject.view, _in_order(subject), lambda settings: STAGES[settings.stage].title
        )
        self.open()

    def _known(self, subject: Subject) -> dict[str, _Result | None]:
        known: dict[str, _Result | None] = {}
        for stage in stage_names().values():
            settings = subject.settings(stage)
            record = stored.latest_record(subject.view, settings)
            failed = self._failed.get((subject.view, settings))
            if record is not None:
                earlier = "" if record.when >= self._began else f"{record.when:%d %b %H:%M} UTC"
                known[stage] = _Result(record.measurement, earlier)
            else:
                known[stage] = _Result(failed) if failed else None
        return known

    def _on_measured(self, measured: Measurement) -> None:
        if measured.failure is not None:
            self._failed[measured.view, measured.settings] = measured

    def _caption_text(self, subject: Subject, known: dict[str, _Result | None]) -> str:
        view, settings = subject.view, subject.settings()
        lines = [
            f"{view.nx} × {view.ny} pixels, {count(settings.maxiter, 'iteration')}, "
            f"{settings.dtype}; chunk size {settings.chunksize} where there are chunks. Bars end "
            f"at the median, lines span the quartiles. A stage is given up after "
            f"{LIMIT_SECONDS:g} s of compiling or running."
        ]
        if any(known.values()) and (missing := sum(one is None for one in known.values())):
            lines.append(f"Without a bar: {count(missing, 'stage')} not measured for this view.")
        if any(one and one.earlier for one in known.values()):
            lines.append("Pale bars were measured before, at the time beside them.")
        for name, one in known.items():
            title = html.escape(STAGES[name].title)
            if one is not None and one.measured.failure is not None:
                lines.append(f"<b>{title}</b>: {html.escape(one.measured.failure.reason)}")
            elif one is not None and (words := disturbed(one.measured)):
                lines.append(f"<b>{title}</b>: {html.escape(words)}.")
        return "<br>".join(lines)


def _in_order(subject: Subject) -> list[Settings]:
    """What to measure: every stage."""
    return quickest_first(subject.settings(stage) for stage in stage_names().values())


@dataclass(frozen=True)
class _Result:
    """What is known of a stage; earlier : when, unless in the last run."""

    measured: Measurement
    earlier: str = ""


def _compiling(one: Measurement) -> tuple[float, ...]:
    return (one.compile_seconds,) if one.compile_seconds > COMPILED_SECONDS else ()


def _row(
    name: str, result: _Result | None, known: dict[str, _Result | None], base: float
) -> tuple[Any, ...]:
    title, nan = STAGES[name].title, float("nan")
    missing = (nan, nan, nan, nan, base)
    if result is None:
        return (title, base, *missing, "–", "not measured for this view", 1.0)
    one = result.measured
    if one.failure is not None:
        return (title, base, *missing, "✗ " + _short(one), one.failure.reason, 1.0)
    compiling = _compiling(one)
    # Two lines: one would be cut at the right where a diamond stands far from its bar.
    above, below = [duration(one.median)], list[str]()
    for other, title_of, line in (("numpy", "NumPy", above), ("numba", "Numba", below)):
        reference = known.get(other)
        if reference is not None and reference.measured.run_seconds and other != name:
            line.append(against(reference.measured.median / one.median, title_of))
    if result.earlier:
        above.append(result.earlier)
    if compiling:
        below.append(f"compiled in {duration(compiling[0])}")
    low, high = one.quartiles
    told = f"{duration(low)} – {duration(high)}, {count(len(one.run_seconds), 'run')}"
    text = "\n".join(" · ".join(line) for line in (above, below) if line)
    end = max(high, *compiling) if compiling else high
    shade = 0.45 if result.earlier else 1.0
    return (title, base, one.median, low, high, *(compiling or (nan,)), end, text, told, shade)


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
        fill_alpha="shade",
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
        text_font_size="12px",
        text_line_height=1.1,
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
