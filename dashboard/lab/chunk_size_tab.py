"""Run time against chunk size for the view on screen: measured, drawn, kept."""

from __future__ import annotations

import html
from functools import cached_property
from typing import ClassVar

import panel as pn

from dashboard import server_settings
from dashboard.lab import stored
from dashboard.lab.before_measuring import before_measuring
from dashboard.lab.chart import Chart
from dashboard.lab.chunk_sizes import in_order, parse_sizes
from dashboard.lab.host import MeasuringHost, OtherTabs
from dashboard.lab.marks import disturbed
from dashboard.lab.measure_queue import MeasureQueue, in_words
from dashboard.lab.redrawing import Redrawing
from dashboard.lab.subjects import Subjects
from dashboard.subject import Subject
from dashboard.words import width
from mandel_core import STAGES, Measurement, Settings, Viewport
from mandel_core.measurement.ratios import TUTORIAL
from mandel_core.runtime.threads import cores
from mandel_core.words import count

REFERENCES = ("numpy", "numba", "fast")

_WIDEST = 960  # pixels: wider charts are no easier to read

# Chunks as large as these take minutes to compile where no cache knows them.
LONG_CHUNKS = 100


class ChunkSizeTab:
    """A tab of the lab: the Measure button, its progress and the chart it fills."""

    name: ClassVar[str] = "chunksize"
    title: ClassVar[str] = "Chunk size"

    def __init__(self, host: MeasuringHost, others: OtherTabs) -> None:
        self._host = host
        self._failures: list[Measurement] = []
        self._subjects = Subjects(host)
        self._redrawing = Redrawing(host, others, self, self._subjects)
        self._queue = MeasureQueue(
            *(host, others, self.name, "Measure"),
            on_start=self.start,
            on_measured=self._on_measured,
            on_change=self._redrawing.request,
        )
        self._sizes = pn.widgets.TextInput(
            label="Chunk sizes to measure", value=self._kept, sizing_mode="stretch_width"
        )
        self._sizes.param.watch(lambda event: self._on_sizes(), "value")
        self._heading = pn.widgets.StaticText(sizing_mode="stretch_width")
        # A group of one: the label of Bokeh's single checkbox is neither read out nor clickable.
        self._tutorial = pn.widgets.CheckBoxGroup(options=["Show the tutorial's Table I"], value=[])
        self._tutorial.param.watch(lambda event: host.in_document(self.open), "value")
        self._caption = pn.widgets.StaticText(
            sizing_mode="stretch_width", css_classes=["caption"], styles={"font-size": "0.85em"}
        )
        self._before = pn.widgets.StaticText(
            sizing_mode="stretch_width", css_classes=["prose"], visible=False
        )
        # The chart comes with the first thing there is to show: making it takes as long as half of
        # the other widgets.
        self._place = pn.Column(sizing_mode="stretch_width")
        self.panel = pn.Column(
            self._heading,
            self._sizes,
            self._queue.bar,
            self._subjects.panel,
            self._before,
            self._place,
            self._tutorial,
            self._caption,
            sizing_mode="stretch_width",
            max_width=_WIDEST,
        )

    def start(self) -> None:
        """Measure the lines to compare with, then the chunk sizes that compile fastest first."""
        subject = self._subjects.measure()
        self._failures = []
        self._queue.start(subject.view, self._todo(subject), _words)
        self.open()

    def _todo(self, subject: Subject) -> list[Settings]:
        offers = server_settings.current().offers
        references = [subject.settings(stage) for stage in REFERENCES if offers(stage)]
        return in_order(common(subject), self._host.chunk_sizes, references)

    def close(self) -> None:
        """Stop measuring, also in mid-compile; the points already there stay."""
        self._queue.cancel()

    def open(self) -> None:
        """Show what is known for the view and the settings of now."""
        self._sizes.value = self._kept
        now = self._host.subject()
        known_now = bool(stored.points(now.view, common(now)).here)
        subject = self._subjects.current(self._queue.running, known_now)
        settings, view = common(subject), subject.view
        self._heading.value = heading(settings.stage, subject.state.stage)
        found = stored.points(view, settings)
        known = {
            stage: latest.median
            for stage in REFERENCES
            if (latest := stored.latest(view, subject.settings(stage)))
        }
        tutorial: dict[int, dict[int, float]] = {}
        if self._tutorial.value and "numpy" in known:
            for (size, threads), ratio in TUTORIAL.items():
                tutorial.setdefault(threads, {})[size] = known["numpy"] / ratio
        if self._place.objects or found.here or found.drawn or known:
            self._chart.show(
                STAGES[settings.stage].title,
                *(found.here, found.drawn, found.elsewhere),
                known,
                tutorial,
            )
        if not self._place.objects and "_chart" in vars(self):
            self._place.append(self._chart.panel)
        empty = not self._place.objects
        self._tutorial.visible = not empty
        self._before.param.update(
            value=before_measuring(self._todo(subject)) if empty else "", visible=empty
        )
        lines = self._caption_text(view, settings, found, "numpy" in known)
        self._caption.value = "<br>".join(lines)

    @cached_property
    def _chart(self) -> Chart:
        return Chart(self._take_chunksize)

    def _take_chunksize(self, size: int) -> None:
        self._host.chunksize = size

    def _on_measured(self, measured: Measurement) -> None:
        if measured.failure is not None:
            self._failures.append(measured)

    def _caption_text(
        self, view: Viewport, settings: Settings, found: stored.Points, numpy: bool
    ) -> list[str]:
        lines = [
            f"{view.nx} × {view.ny} pixels, {count(settings.maxiter, 'iteration')}, "
            f"{width(view.pixel[0] * view.nx)} wide, {settings.dtype}, {settings.device}, "
            f"{count(settings.threads or cores(), 'thread')}."
        ]
        if self._place.objects:
            lines[0] += " Points are medians, whiskers quartiles; a click takes the chunk size."
        if not found.here and not self._queue.running:
            lines.append("Nothing is measured for this view yet: press Measure.")
        if found.elsewhere:
            lines.append(
                "Grey, elsewhere: measured for another view, device, thread count or version."
            )
        if self._tutorial.value:
            lines.append(
                "The tutorial's ratios, times NumPy's run time here."
                if numpy
                else "The tutorial's table needs NumPy's run time for this view: press Measure."
            )
        for mark in found.here:
            if words := disturbed(mark.measurement):
                lines.append(f"Chunk size {mark.measurement.chunksize}: {words}.")
        for failed in self._failures:
            title = STAGES[failed.stage].title
            what = f"chunk size {failed.chunksize}" if failed.stage == settings.stage else title
            reason = failed.failure.reason if failed.failure else ""
            lines.append(f"Not measured: {what}. {html.escape(reason)}")
        return lines

    @property
    def _kept(self) -> str:
        return ", ".join(map(str, self._host.chunk_sizes))

    def _on_sizes(self) -> None:
        if self._sizes.value == self._kept:
            return
        try:
            sizes = parse_sizes(self._sizes.value)
        except ValueError as error:
            self._host.notify(f"{error} The sizes stay {self._kept}.", topic="chunk sizes")
        else:
            self._host.notify("", topic="chunk sizes")
            self._host.chunk_sizes = list(sizes)
        self._sizes.value = self._kept


def common(subject: Subject) -> Settings:
    """The settings of all points: those of the subject, with a stage that has chunks."""
    stage = subject.state.stage
    return subject.settings(stage if "chunksize" in STAGES[stage].varies else "chunked")


def heading(measured: str, drawn: str) -> str:
    title = html.escape(STAGES[measured].title)
    if measured == drawn:
        return f"<b>{title}</b>: run time against chunk size"
    return f"<b>{title}</b> is measured here: {html.escape(STAGES[drawn].title)} has no chunks"


def _words(settings: Settings) -> str:
    if settings.chunksize < LONG_CHUNKS or "chunksize" not in STAGES[settings.stage].varies:
        return in_words(settings)
    return f"{in_words(settings)}, which may take minutes to compile"
