"""Chunk size against threads: the form of the tutorial's Table I, for this machine."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import panel as pn
from bokeh.models import ColumnDataSource, HoverTool, LogColorMapper
from bokeh.plotting import figure
from bokeh.transform import transform

from dashboard.document import sent_in_order
from dashboard.lab import stored
from dashboard.lab.before_measuring import before_threads
from dashboard.lab.host import MeasuringHost, OtherTabs
from dashboard.lab.measure_queue import MeasureQueue
from dashboard.lab.redrawing import Redrawing
from dashboard.lab.subjects import Subjects
from dashboard.subject import Subject
from dashboard.widgets import theme
from dashboard.words import factor
from mandel_core import STAGES, Measurement, Settings, Viewport
from mandel_core.measurement.measuring import points_of
from mandel_core.measurement.ratios import (
    BUSY,
    TUTORIAL,
    TUTORIAL_SOURCE,
    ratio,
    to_csv,
    to_markdown,
)
from mandel_core.runtime.threads import cores
from mandel_core.words import count, duration

_COLUMNS = ("chunksize", "column", "ratio", "text", "told")


class ThreadsTab:
    """A tab of the lab: ratios to NumPy as a heat map with the tutorial's beside, and downloads."""

    name: ClassVar[str] = "threads"
    title: ClassVar[str] = "Threads"

    def __init__(self, host: MeasuringHost, others: OtherTabs) -> None:
        self._host = host
        self._subjects = Subjects(host)
        self._redrawing = Redrawing(host, others, self, self._subjects)
        self._queue = MeasureQueue(
            *(host, others, self.name, "Run"),
            on_start=self.start,
            on_measured=self._on_measured,
            on_change=self._redrawing.request,
        )
        self._failed: dict[tuple[Viewport, Settings], Measurement] = {}
        self._source = ColumnDataSource({name: [] for name in _COLUMNS})
        self._figure = _figure(self._source)
        self._pane = pn.pane.Bokeh(self._figure, sizing_mode="stretch_width")
        self._caption = pn.widgets.StaticText(sizing_mode="stretch_width")
        self._before = pn.widgets.StaticText(
            sizing_mode="stretch_width", css_classes=["prose"], visible=False
        )
        wide = {"width": 200, "color": "primary", "variant": "outline"}
        self._downloads = pn.FlexBox(
            pn.widgets.FileDownload(
                callback=lambda: self._file(csv=True),
                filename="chunks-by-threads.csv",
                label="Download CSV",
                **wide,
            ),
            pn.widgets.FileDownload(
                callback=lambda: self._file(csv=False),
                filename="chunks-by-threads.md",
                label="Download Markdown",
                **wide,
            ),
        )
        self.panel = pn.Column(
            pn.widgets.StaticText(
                value="<b>How many times as fast as NumPy</b>, by chunk size and threads",
                sizing_mode="stretch_width",
            ),
            self._queue.bar,
            self._subjects.panel,
            self._before,
            self._pane,
            self._caption,
            self._downloads,
            sizing_mode="stretch_width",
        )

    def open(self) -> None:
        """Show what is known for the view and the settings of now."""
        subject = self._subject()
        numpy, measured = _known(subject, self._points(subject), self._failed)
        empty = (numpy is None or not measured) and not self._queue.running
        words = before_threads(self._points(subject)) if empty else ""
        self._before.param.update(value=words, visible=empty)
        rows: list[tuple[Any, ...]] = [_cell(numpy, one) for one in measured]
        rows += [
            (str(size), f"tutorial, {threads}", value, f"{value:g}", TUTORIAL_SOURCE)
            for (size, threads), value in TUTORIAL.items()
        ]
        sizes = sorted({int(row[0]) for row in rows} | {p.chunksize for p in self._points(subject)})
        mine = [count(threads, "thread") for threads in _threads()]
        theirs = [f"tutorial, {threads}" for threads in sorted({t for _, t in TUTORIAL})]
        with sent_in_order(self._pane):
            self._figure.x_range.factors = [str(size) for size in sizes]
            self._figure.y_range.factors = [*theirs[::-1], *mine[::-1]]
            self._source.data = {
                name: list(values)
                for name, values in zip(_COLUMNS, zip(*rows, strict=True), strict=True)
            }
            self._caption.value = self._caption_text(subject, numpy, measured)

    def close(self) -> None:
        """Cancel what is under way."""
        self._queue.cancel()

    def start(self) -> None:
        """Measure NumPy, then every chunk size with every number of threads."""
        self._failed.clear()
        subject = self._subjects.measure()
        todo = [subject.settings("numpy"), *self._points(subject)]
        self._queue.start(subject.view, todo, _words)
        self.open()

    def _points(self, subject: Subject) -> list[Settings]:
        common = subject.settings(_stage(subject))
        wanted = (*self._host.chunk_sizes, common.chunksize)
        sizes = {size for size in wanted if size <= common.maxiter}
        ordered = points_of(common, sizes, _threads(), nearest_to=common.chunksize)
        return [subject.settings(one.stage, one.chunksize, one.threads) for one in ordered]

    def _subject(self) -> Subject:
        now = self._host.subject()
        _, measured = _known(now, self._points(now), self._failed)
        return self._subjects.current(self._queue.running, bool(measured))

    def _on_measured(self, measured: Measurement) -> None:
        if measured.failure is not None:
            self._failed[measured.view, measured.settings] = measured

    def _file(self, csv: bool) -> io.StringIO:
        subject = self._subject()
        numpy, measured = _known(subject, self._points(subject), self._failed)
        if numpy is None:
            return io.StringIO("Nothing has been measured for this view yet.\n")
        write = to_csv if csv else to_markdown
        return io.StringIO(write(numpy, measured) + ("" if csv else "\n"))

    def _caption_text(
        self, subject: Subject, numpy: Measurement | None, measured: list[Measurement]
    ) -> str:
        common, view = subject.settings(_stage(subject)), subject.view
        told = (
            f"{STAGES[common.stage].title} on {view.nx} × {view.ny} pixels, "
            f"{count(common.maxiter, 'iteration')}, {common.dtype}, {common.device}. "
        )
        if any(one.busy > BUSY for one in measured):
            told += "Other programs were busy meanwhile; some of this would be faster alone. "
        if len(_threads()) == 1:
            told += "This machine has one core. "
        return told + f"The tutorial's figures: {TUTORIAL_SOURCE}."


def _stage(subject: Subject) -> str:
    stage = subject.state.stage
    return stage if "chunksize" in STAGES[stage].varies else "chunked"


def _known(
    subject: Subject,
    points: Iterable[Settings],
    failed: Mapping[tuple[Viewport, Settings], Measurement],
) -> tuple[Measurement | None, list[Measurement]]:
    """NumPy's result and those of the points, as far as there are any."""
    view = subject.view
    numpy = stored.latest(view, subject.settings("numpy"))
    found = (stored.latest(view, point) or failed.get((view, point)) for point in points)
    return numpy, [one for one in found if one is not None]


def _threads() -> list[int]:
    """One thread, twice as many, and so on, and all cores."""
    powers = [2**exponent for exponent in range(cores().bit_length())]
    return sorted({*powers, cores()})


def _cell(numpy: Measurement | None, one: Measurement) -> tuple[Any, ...]:
    where = str(one.chunksize), count(one.threads, "thread")
    if one.failure is not None:
        return (*where, float("nan"), "failed", one.failure.reason)
    told = f"{duration(one.median)}, {count(len(one.run_seconds), 'run')}"
    value = ratio(numpy, one) if numpy else None
    if value is None:
        return (*where, float("nan"), duration(one.median), told)
    return (*where, value, factor(value), told)


def _words(settings: Settings) -> str:
    if settings.stage == "numpy":
        return "NumPy"
    threads = count(settings.threads or cores(), "thread")
    return f"chunk size {settings.chunksize} in {threads}"


def _figure(source: ColumnDataSource) -> Any:
    plot = figure(
        height=320,
        sizing_mode="stretch_width",
        x_range=[],
        y_range=[],
        x_axis_label="chunk size (iterations per compiled call)",
        toolbar_location=None,
        tools="",
        outline_line_color=None,
    )
    # From eight times slower to 64 times as fast: the tutorial's table reaches 42.
    colours = LogColorMapper(
        palette=theme.RATIOS, low=1 / 8, high=64, nan_color="#7f7f7f55", low_color=theme.RATIOS[0]
    )
    cells = plot.rect(
        x="chunksize",
        y="column",
        width=0.96,
        height=0.92,
        source=source,
        line_color=None,
        fill_color=transform("ratio", colours),
    )
    plot.text(
        x="chunksize",
        y="column",
        text="text",
        source=source,
        text_align="center",
        text_baseline="middle",
        text_color="white",
        text_font_size="14px",
    )
    plot.add_tools(
        HoverTool(
            renderers=[cells],
            tooltips=[
                ("chunk size", "@chunksize"),
                ("threads", "@column"),
                ("× NumPy", "@text"),
                ("", "@told"),
            ],
        )
    )
    plot.grid.visible = False
    for axis in (*plot.xaxis, *plot.yaxis):
        axis.update(
            axis_label_text_font_style="normal",
            major_label_text_font_size="13px",
            major_tick_line_color=None,
            axis_line_color=None,
        )
    plot.y_range.range_padding = 0
    return plot
