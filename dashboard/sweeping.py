"""Measuring run time against chunk size: one point at a time, until done or cancelled."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import panel as pn

from dashboard import workers
from dashboard.chart import Chart
from mandel_core import STAGES, Measurement, Settings, StageFailure
from mandel_core.tasks import Measure

if TYPE_CHECKING:
    from dashboard.explorer import Explorer

CHUNK_SIZES = (1, 2, 10, 50)


class Sweep:
    """The Measure button, its progress and the chart it fills."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._chart = Chart()
        self._todo: list[Settings] = []
        self._total = 0
        self._pending: Future[Measurement | StageFailure] | None = None
        self._measure = pn.widgets.Button(label="Measure", color="primary", width=110)
        self._measure.on_click(lambda event: self.start())
        self._cancel = pn.widgets.Button(label="Cancel", width=90, visible=False)
        self._cancel.on_click(lambda event: self.cancel())
        self._progress = pn.widgets.StaticText(
            sizing_mode="stretch_width", css_classes=["progress"]
        )
        self.panel = pn.Column(
            pn.Row(self._measure, self._cancel, self._progress, sizing_mode="stretch_width"),
            self._chart.panel,
            sizing_mode="stretch_width",
        )

    def start(self) -> None:
        """Measure NumPy, then every chunk size, for the view on screen now."""
        explorer = self._explorer
        self._view = explorer.viewport()
        stage = explorer.stage if "chunksize" in STAGES[explorer.stage].varies else "chunked"
        current = explorer.chunksize
        sizes = sorted({*CHUNK_SIZES, current}, key=lambda size: (abs(size - current), size))
        common = explorer.settings(stage)
        self._todo = [explorer.settings("numpy")]
        self._todo += [
            replace(common, chunksize=size) for size in sizes if size <= explorer.iterations
        ]
        self._total = len(self._todo)
        self._chart.start(
            STAGES[stage].title,
            f"{self._view.nx} × {self._view.ny} pixels, {common.maxiter} iterations, "
            f"width {float(explorer.width):.3g}, {common.dtype}, {common.device}",
        )
        self._measure.disabled = self._cancel.visible = True
        self._next()

    def cancel(self) -> None:
        """Stop measuring, also in mid-compile; the points already there stay."""
        if self._pending is None:
            return
        pending, self._pending, self._todo = self._pending, None, []
        pending.cancel()
        self._end("Cancelled.")

    def _next(self) -> None:
        if not self._todo:
            self._pending = None
            self._end("Done.")
            return
        settings = self._todo.pop(0)
        self._say(settings, "running")
        pending = workers.measuring().submit(
            Measure(self._view, settings),
            session=self._explorer.session,
            on_phase=lambda phase: self._explorer.in_document(self._say, settings, phase),
        )
        self._pending = pending
        pending.add_done_callback(
            lambda future: (
                None
                if future.cancelled()
                else self._explorer.in_document(self._add, future, settings)
            )
        )

    def _add(self, future: Future[Any], settings: Settings) -> None:
        if future is not self._pending:
            return
        outcome = future.result()
        if isinstance(outcome, StageFailure):  # the process died: this point is lost, not the rest
            outcome = Measurement(self._view, settings, failure=outcome)
        if settings.stage == "numpy":
            self._chart.set_numpy(outcome)
            if outcome.failure is None:
                self._explorer.remember_numpy(self._view, settings.maxiter, outcome.median)
        else:
            self._chart.add(outcome)
        self._next()

    def _say(self, settings: Settings, phase: str) -> None:
        if self._cancel.visible:
            done = self._total - len(self._todo)
            what = "NumPy" if settings.stage == "numpy" else f"chunk size {settings.chunksize}"
            doing = "compiling" if phase == "compiling" else "measuring"
            self._progress.value = f"{done} of {self._total}: {doing} {what}…"

    def _end(self, word: str) -> None:
        self._measure.disabled = self._cancel.visible = False
        self._progress.value = word
