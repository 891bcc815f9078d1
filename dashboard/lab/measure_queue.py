"""A queue of measurements: one at a time in the measuring process, with progress and Cancel."""

from __future__ import annotations

import html
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import replace

import panel as pn

from dashboard import server_settings
from dashboard.compute import workers
from dashboard.compute.clock import Clock
from dashboard.compute.pending import Pending
from dashboard.lab import stored
from dashboard.lab.host import MeasuringHost, OtherTabs
from dashboard.lab.waiting import ahead_of
from mandel_core import STAGES, Measurement, Settings, StageFailure, Viewport
from mandel_core.measurement.ratios import BUSY
from mandel_core.model.control import Phase
from mandel_core.words import duration
from mandel_core.worker.tasks import Measure

# Room for a bar and two lines, so that nothing moves when measuring begins.
_PROGRESS_HEIGHT = 56


class MeasureQueue:
    """A button that starts measuring, one that ends it, and how far it is.

    What was measured while other programs were busy is measured once more, after all the rest.

    on_start : called when the button is pressed; it should call `start`.
    on_measured : called with each measurement as soon as it is made, a failure among them.
    on_change : called after that, and once measuring was cancelled.
    label : what the button says.
    name : of the tab; tells this queue from others of the same host.
    limit_seconds : a measurement that takes longer is given up, and is a failure of kind
        "too-long". Waiting for others does not count.
    """

    def __init__(
        self,
        host: MeasuringHost,
        others: OtherTabs,
        name: str,
        label: str,
        on_start: Callable[[], None],
        on_measured: Callable[[Measurement], None],
        on_change: Callable[[], None],
        limit_seconds: float = math.inf,
    ) -> None:
        self._host, self._others = host, others
        self._session = f"{host.session}/{name}"
        self._on_measured, self._on_change = on_measured, on_change
        self._limit = limit_seconds
        self._todo: list[Settings] = []
        self._total = self._repeats = 0
        self._disturbed: list[Measurement] = []  # to be measured once more
        self._pending: Pending[Measurement | StageFailure] = Pending(host.in_document)
        self._clock = Clock(host.in_document, self._show_progress)
        self._again = False  # whether the one under way is measured once more
        self._doing: tuple[Settings, Phase, float] | None = None  # and since when
        self._started = 0.0
        self._failed = 0
        self._remark = ""  # beside the progress and what comes of it
        self._words: Callable[[Settings], str] = in_words
        self._button = pn.widgets.Button(label=label, color="primary", width=110)
        self._button.on_click(lambda event: on_start())
        self._open = server_settings.current().measuring
        self._button.disabled = not self._open
        self._cancel = pn.widgets.Button(
            label="Cancel", width=90, visible=False, color="primary", variant="outline"
        )
        self._cancel.on_click(lambda event: self._on_cancel())
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
        return bool(self._todo or self._disturbed) or self._pending.busy

    def start(
        self,
        view: Viewport,
        todo: Iterable[Settings],
        words: Callable[[Settings], str] | None = None,
    ) -> None:
        """Measure these one after another; `words` names one of them in the progress."""
        self.cancel()
        self._view, self._todo = view, list(todo)
        self._words, self._remark = words or in_words, ""
        self._total, self._repeats, self._failed = len(self._todo), 0, 0
        self._started = time.monotonic()
        self._button.disabled = self._cancel.visible = True
        self._clock.start()
        self._next()

    def cancel(self) -> None:
        """Stop measuring, also in mid-compile; what has been measured stays."""
        left, self._todo, self._disturbed = len(self._todo) + (not self._again), [], []
        if self._pending.cancel():
            done = self._total - left - self._failed
            self._end(f"Cancelled; {done} of {self._total} measured." if done else "Cancelled.")

    def _on_cancel(self) -> None:
        self.cancel()
        self._on_change()

    def _next(self) -> None:
        if self._todo:
            self._submit(self._todo.pop(0))
        elif self._disturbed:
            first = self._disturbed.pop(0)
            self._submit(first.settings, first)
        else:
            took = duration(time.monotonic() - self._started)
            failed = f"; {self._failed} could not be" if self._failed else ""
            self._end(f"{self._total - self._failed} measured in {took}{failed}.")

    def _submit(self, settings: Settings, disturbed: Measurement | None = None) -> None:
        """Measure this; disturbed : what came of it before, while other programs were busy."""
        self._again = disturbed is not None
        self._on_phase(settings, "waiting")
        task = Measure(self._view, settings)
        self._pending.submit(
            lambda on_phase: workers.measure(
                task, session=self._session, on_phase=on_phase, limit_seconds=self._limit
            ),
            on_result=lambda outcome: self._on_result(settings, outcome, disturbed),
            on_phase=lambda phase: self._on_phase(settings, phase),
        )

    def _on_result(
        self,
        settings: Settings,
        outcome: Measurement | StageFailure,
        disturbed: Measurement | None,
    ) -> None:
        if isinstance(outcome, StageFailure):  # the process died: this one is lost, no other
            outcome = Measurement(self._view, settings, failure=outcome)
        if disturbed is not None:
            outcome = calmer(disturbed, outcome)
        elif outcome.failure is None and outcome.busy > BUSY:
            self._disturbed.append(outcome)
            self._repeats += 1
        if outcome is not disturbed:
            self._keep(outcome)
        self._on_change()
        self._next()

    def _keep(self, measured: Measurement) -> None:
        self._failed += measured.failure is not None
        stored.add(measured, on_notice=lambda notice: self._host.in_document(self._on_file, notice))
        self._on_measured(measured)

    def _on_file(self, notice: str) -> None:
        """What is wrong with the file of results is said once, and again once it is otherwise."""
        if self._host.is_news(notice):
            self._remark = f"<br>{html.escape(notice)}"
            if not self.running:
                self._progress.value += self._remark

    def _on_phase(self, settings: Settings, phase: Phase) -> None:
        since = time.monotonic()
        if self._doing is not None and self._doing[:2] == (settings, phase):
            since = self._doing[2]
        self._doing = settings, phase, since
        self._show_progress()

    def _show_progress(self) -> None:
        if self._doing is None:
            return
        settings, phase, since = self._doing
        doing = {
            "compiling": "compiling",
            "waiting": f"once {ahead_of(self._session, self._others)[0]}, measuring",
            "over budget": "once this visit has not used more computing than it may in a minute, "
            "measuring",
        }.get(phase, "measuring")
        number, of = self._total - len(self._todo), self._total
        told = f"{number} of {of}"
        if self._again:
            once_more = self._repeats - len(self._disturbed)
            told += f"; others were busy, so once more {once_more} of {self._repeats}"
            number, of = number + once_more, of + self._repeats
        spent = int(time.monotonic() - since)
        words = f"{doing} {self._words(settings)}…{f' {spent} s' if spent else ''}"
        if phase == "compiling" and (before := stored.compile_seconds(settings)) is not None:
            words += f"; it took {duration(before)} here before"
        self._progress.value = (
            f"<progress value={number - 1} max={of} style='width:100%' "
            f"aria-label='Measurements done'></progress><br>"
            f"{told}: {words}{self._remark}"
        )

    def _end(self, word: str) -> None:
        self._clock.stop()
        self._doing = None
        self._button.disabled, self._cancel.visible = not self._open, False
        self._progress.value = word + self._remark


def calmer(first: Measurement, second: Measurement) -> Measurement:
    """Of two measurements of the same, the one in which other programs were less busy.

    It tells what compiling took the first time, since the second finds all compiled.
    """
    if second.failure is not None or second.busy >= first.busy:
        return first
    return replace(second, compile_seconds=max(first.compile_seconds, second.compile_seconds))


def in_words(settings: Settings) -> str:
    """A measurement to come, in a few words."""
    stage = STAGES[settings.stage]
    chunks = f", chunk size {settings.chunksize}" if "chunksize" in stage.varies else ""
    return stage.title + chunks
