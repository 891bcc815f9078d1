"""A queue of measurements: one at a time in the measuring process, with progress and Cancel."""

from __future__ import annotations

import html
import math
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import panel as pn

from dashboard import server_settings
from dashboard.compute import workers
from dashboard.lab import stored
from dashboard.view.describe import seconds
from mandel_core import STAGES, Measurement, Settings, StageFailure, Viewport
from mandel_core.worker.submission import OVER_BUDGET
from mandel_core.worker.tasks import Measure

if TYPE_CHECKING:
    from dashboard.explorer import Explorer

# Room for a bar and two lines, so that nothing moves when measuring begins.
_PROGRESS_HEIGHT = 56


class MeasureQueue:
    """A button that starts measuring, one that ends it, and how far it is.

    on_start : called when the button is pressed; it should call `start`.
    on_measured : called with each measurement as soon as it is made, a failure among them; then
        the explorer is refreshed.
    label : what the button says.
    name : tells this queue from others of the same explorer.
    limit_seconds : a measurement that takes longer is given up, and is a failure of kind
        "too-long". Waiting for others does not count.
    """

    def __init__(
        self,
        explorer: Explorer,
        name: str,
        label: str,
        on_start: Callable[[], None],
        on_measured: Callable[[Measurement], None],
        limit_seconds: float = math.inf,
    ) -> None:
        self._explorer = explorer
        self._name = name
        self._on_measured = on_measured
        self._limit = limit_seconds
        self._todo: list[Settings] = []
        self._current: Settings | None = None
        self._total = 0
        self._pending: Future[Measurement | StageFailure] | None = None
        self._started = 0.0
        self._failed = 0
        self._remark = ""  # beside the progress and what comes of it
        self._words: Callable[[Settings], str] = describe
        self._button = pn.widgets.Button(label=label, color="primary", width=110)
        self._button.on_click(lambda event: on_start())
        self._open = server_settings.current().measuring
        self._button.disabled = not self._open
        self._cancel = pn.widgets.Button(
            label="Cancel", width=90, visible=False, color="primary", variant="outline"
        )
        self._cancel.on_click(lambda event: self.cancel())
        self._progress = pn.widgets.StaticText(
            value="" if self._open else "This server does not measure for its visitors.",
            sizing_mode="stretch_width",
            css_classes=["progress"],
            min_height=_PROGRESS_HEIGHT,
        )
        self.bar = pn.Column(
            pn.Row(self._button, self._cancel), self._progress, sizing_mode="stretch_width"
        )

    @property
    def running(self) -> bool:
        """Whether something is being measured, or waits for it."""
        return self._pending is not None

    def start(
        self,
        view: Viewport,
        todo: Iterable[Settings],
        words: Callable[[Settings], str] | None = None,
    ) -> None:
        """Measure these one after another; `words` names one of them in the progress."""
        self.cancel()
        self._view, self._todo = view, list(todo)
        self._words, self._remark = words or describe, ""
        self._total, self._failed, self._started = len(self._todo), 0, time.monotonic()
        self._button.disabled = self._cancel.visible = True
        self._next()

    def cancel(self) -> None:
        """Stop measuring, also in mid-compile; what has been measured stays."""
        if self._pending is not None:
            pending, self._pending, self._todo = self._pending, None, []
            pending.cancel()
            self._end("Cancelled.")

    def say(self, text: str) -> None:
        """Show a sentence in place of the progress."""
        self._progress.value = text

    def _next(self) -> None:
        if not self._todo:
            self._pending = None
            took = seconds(time.monotonic() - self._started)
            failed = f", {self._failed} could not be measured" if self._failed else ""
            self._end(f"{self._total} measured in {took}{failed}.")
            return
        settings = self._todo.pop(0)
        self._current = settings
        self._say(settings, "waiting")
        self._pending = pending = workers.measure(
            Measure(self._view, settings),
            session=f"{self._explorer.session}/{self._name}",
            on_phase=lambda phase: self._explorer.in_document(self._hear, settings, phase),
            limit_seconds=self._limit,
        )
        pending.add_done_callback(
            lambda future: (
                None
                if future.cancelled()
                else self._explorer.in_document(self._take, future, settings)
            )
        )

    def _hear(self, settings: Settings, phase: str) -> None:
        if settings is self._current and self._pending is not None:
            self._say(settings, phase)

    def _take(self, future: Future[Any], settings: Settings) -> None:
        if future is self._pending:
            outcome = future.result()
            if isinstance(outcome, StageFailure):  # the process died: this one is lost, no other
                outcome = Measurement(self._view, settings, failure=outcome)
            self._keep(outcome)

    def _keep(self, measured: Measurement) -> None:
        self._failed += measured.failure is not None
        stored.add(
            measured, tell=lambda notice: self._explorer.in_document(self._hear_of_file, notice)
        )
        self._on_measured(measured)
        self._explorer.refresh()
        self._next()

    def _hear_of_file(self, notice: str) -> None:
        """What is wrong with the file of results is said once, and again once it is otherwise."""
        if self._explorer.is_news(notice):
            self._remark = f"<br>{html.escape(notice)}"
            if not self.running:
                self._progress.value += self._remark

    def _say(self, settings: Settings, phase: str) -> None:
        number = self._total - len(self._todo)
        doing = {
            "compiling": "compiling",
            "waiting": "once the picture or measurement under way is done,",
            OVER_BUDGET: "once this visit has not used more computing than it may in a minute,",
        }.get(phase, "measuring")
        self._progress.value = (
            f"<progress value={number - 1} max={self._total} style='width:100%'></progress><br>"
            f"{number} of {self._total}: {doing} {self._words(settings)}…{self._remark}"
        )

    def _end(self, word: str) -> None:
        self._button.disabled, self._cancel.visible = not self._open, False
        self._progress.value = word + self._remark


def describe(settings: Settings) -> str:
    """A measurement to come, in a few words."""
    stage = STAGES[settings.stage]
    chunks = f", chunk size {settings.chunksize}" if "chunksize" in stage.varies else ""
    return stage.title + chunks
