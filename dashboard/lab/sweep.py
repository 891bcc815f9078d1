"""Run time against chunk size for the view on screen: measured, drawn, kept."""

from __future__ import annotations

import html
from functools import cached_property

import panel as pn

from dashboard import server_settings
from dashboard.lab import stored
from dashboard.lab.chart import Chart
from dashboard.lab.chunk_sizes import in_order, parse_sizes
from dashboard.lab.host import Host
from dashboard.lab.marks import disturbed
from dashboard.lab.measure_queue import MeasureQueue, in_words
from dashboard.words import count
from mandel_core import STAGES, Measurement, Settings
from mandel_core.measurement.measuring import CHUNK_SIZES
from mandel_core.measurement.ratios import TUTORIAL
from mandel_core.runtime.threads import cores
from mandel_core.worker.tasks import Picture

REFERENCES = ("numpy", "numba", "fast")

# Chunks as large as these take minutes to compile where no cache knows them.
LONG_CHUNKS = 100


class Sweep:
    """The Measure button, its progress and the chart it fills."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._failures: list[Measurement] = []
        self._queue = MeasureQueue(host, "sweep", "Measure", self.start, self._on_measured)
        self._kept = ", ".join(map(str, CHUNK_SIZES[: server_settings.current().sweep_length]))
        self._sizes = pn.widgets.TextInput(
            label="Chunk sizes to measure", value=self._kept, sizing_mode="stretch_width"
        )
        self._sizes.param.watch(lambda event: self._on_sizes(), "value")
        # A group of one: the label of Bokeh's single checkbox is neither read out nor clickable.
        self._tutorial = pn.widgets.CheckBoxGroup(options=["Show the tutorial's Table I"], value=[])
        self._tutorial.param.watch(lambda event: host.in_document(self.refresh), "value")
        self._caption = pn.widgets.StaticText(
            sizing_mode="stretch_width", css_classes=["caption"], styles={"font-size": "0.85em"}
        )
        # The chart comes with the first thing there is to show: making it takes as long as half of
        # the other widgets.
        self._place = pn.Column(sizing_mode="stretch_width")
        self.panel = pn.Column(
            self._sizes,
            self._queue.bar,
            self._place,
            self._tutorial,
            self._caption,
            sizing_mode="stretch_width",
        )

    def start(self) -> None:
        """Measure the current chunk size, then the lines to compare with, then all other sizes."""
        host = self._host
        offers = server_settings.current().offers
        references = [host.settings(stage) for stage in REFERENCES if offers(stage)]
        self._failures = []
        self._queue.start(
            host.viewport(),
            in_order(self._common(), parse_sizes(self._kept), references),
            _words,
        )

    def cancel(self) -> None:
        """Stop measuring, also in mid-compile; the points already there stay."""
        self._queue.cancel()

    def drawn(self, picture: Picture) -> None:
        """A settled view is on screen; if chunks made it, its own time is a point."""
        if "chunksize" in STAGES[picture.settings.stage].varies:
            times = (picture.run_seconds,), 0.0, picture.compile_seconds
            stored.add(Measurement(picture.view, picture.settings, *times), "frame", self._on_file)

    def _on_file(self, notice: str) -> None:
        self._host.in_document(
            lambda: self._host.notify(notice) if self._host.is_news(notice) else None
        )

    def refresh(self) -> None:
        """Show what is known for the view and the settings of now."""
        host, common = self._host, self._common()
        view = host.viewport()
        found = stored.points(view, common)
        known = {
            stage: latest.median
            for stage in REFERENCES
            if (latest := stored.latest(view, host.settings(stage)))
        }
        tutorial: dict[int, dict[int, float]] = {}
        if self._tutorial.value and "numpy" in known:
            for (size, threads), ratio in TUTORIAL.items():
                tutorial.setdefault(threads, {})[size] = known["numpy"] / ratio
        if self._place.objects or found.here or found.drawn or known:
            self._chart.show(
                STAGES[common.stage].title,
                *(found.here, found.drawn, found.elsewhere),
                known,
                tutorial,
            )
        if not self._place.objects and "_chart" in vars(self):
            self._place.append(self._chart.panel)
        self._caption.value = "<br>".join(self._caption_text(common, found, "numpy" in known))

    @cached_property
    def _chart(self) -> Chart:
        return Chart(self._host.take_chunksize)

    def _common(self) -> Settings:
        """The settings of all points: those of now, with a stage that has chunks."""
        stage = self._host.stage
        return self._host.settings(stage if "chunksize" in STAGES[stage].varies else "chunked")

    def _on_measured(self, measured: Measurement) -> None:
        if measured.failure is not None:
            self._failures.append(measured)
        elif measured.stage == "numpy":
            self._host.remember_numpy(measured.view, measured.settings, measured.median)

    def _caption_text(self, common: Settings, found: stored.Points, numpy: bool) -> list[str]:
        view = self._host.viewport()
        lines = [
            f"{view.nx} × {view.ny} pixels, {common.maxiter} iterations, "
            f"{view.pixel[0] * view.nx:.3g} wide, {common.dtype}, {common.device}, "
            f"{count(common.threads or cores(), 'thread')}."
        ]
        if self._place.objects:
            lines[0] += " Points are medians, whiskers quartiles; a click takes the chunk size."
        if not found.here:
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
            what = f"chunk size {failed.chunksize}" if failed.stage == common.stage else title
            reason = failed.failure.reason if failed.failure else ""
            lines.append(f"Not measured: {what}. {html.escape(reason)}")
        return lines

    def _on_sizes(self) -> None:
        try:
            sizes = parse_sizes(self._sizes.value)
        except ValueError as error:
            self._host.notify(f"{error} The sizes stay {self._kept}.")
            self._sizes.value = self._kept
            return
        self._kept = ", ".join(map(str, sizes))
        self._sizes.value = self._kept


def _words(settings: Settings) -> str:
    if settings.chunksize < LONG_CHUNKS or "chunksize" not in STAGES[settings.stage].varies:
        return in_words(settings)
    return f"{in_words(settings)}, which may take minutes to compile"
