"""Is it right? Where a stage's counts differ from NumPy's in float64, by how much, and why."""

from __future__ import annotations

import html
import time
from typing import Any, ClassVar

import panel as pn
from bokeh.models import ColumnDataSource

from dashboard.compute import workers
from dashboard.compute.clock import Clock
from dashboard.compute.pending import Pending
from dashboard.document import sent_in_order
from dashboard.lab import stored
from dashboard.lab.difference_html import about, failed, verdict
from dashboard.lab.difference_plot import difference_plot
from dashboard.lab.host import OtherTabs, TabHost
from dashboard.lab.waiting import Waiting
from mandel_core import STAGES, StageFailure
from mandel_core.model.control import Phase
from mandel_core.words import duration
from mandel_core.worker.tasks import Compare, Marked

# Comparisons of more work (pixels × iterations) begin only when the button is pressed.
_UNASKED = 1e10

_WAITING = "Waiting until"  # and then for what, which may change

_ABOUT = (
    "The iteration count of every pixel on screen is held against that of the NumPy listing in "
    "float64. Where they differ each orbit is followed, to see whether the number type explains it."
)


class DifferenceTab:
    """A tab of the lab: the verdict, the sizes of the differences, and the picture of where."""

    name: ClassVar[str] = "difference"
    title: ClassVar[str] = "Is it right?"

    def __init__(self, host: TabHost, others: OtherTabs) -> None:
        self._host = host
        self._pending: Pending[Marked | StageFailure] = Pending(host.in_document)
        self._asked: tuple[object, ...] | None = None
        self._clock = Clock(host.in_document, self._show_status)
        self._doing = self._more = ""  # what is under way
        self._since = 0.0
        self._compare = pn.widgets.Button(label="Compare", color="primary", width=110)
        self._compare.on_click(lambda event: self.start())
        self._cancel = pn.widgets.Button(
            label="Cancel", width=90, visible=False, color="primary", variant="outline"
        )
        self._cancel.on_click(lambda event: self.cancel())
        self._waiting = Waiting(host, others, self)
        self._progress = _text("progress")
        self._verdict = _text("verdict")
        self._about = _text("compared")
        self._about.value = _ABOUT
        self._source = ColumnDataSource({"marks": [], "nx": [], "ny": []})
        self._figure = difference_plot(self._source)
        self._picture = pn.pane.Bokeh(self._figure, sizing_mode="scale_width")
        self._where = pn.Column(self._picture, sizing_mode="stretch_width", visible=False)
        self._controls = pn.Row(
            self._compare, self._cancel, self._progress, sizing_mode="stretch_width"
        )
        self.panel = pn.Column(
            self._verdict,
            self._about,
            self._controls,
            self._waiting.button,
            self._where,
            sizing_mode="stretch_width",
        )

    def open(self) -> None:
        """Compare what is on screen, unless that is what is shown or would take minutes."""
        task = self._task()
        if self._asked == _key(task):
            return
        view, settings = task.view, task.settings
        if view.nx * view.ny * settings.maxiter <= _UNASKED:
            self.start()
        else:
            self.cancel()
            self._end("Not compared yet: with so many iterations it may take minutes.")

    def close(self) -> None:
        """Cancel what is under way."""
        self.cancel()

    def start(self) -> None:
        """Compare the stage on screen with its reference, in the worker that measures."""
        self.cancel()
        task = self._task()
        self._asked = _key(task)
        self._controls.visible = self._cancel.visible = True
        self._compare.visible = False
        self._clock.start()
        self._begin(_WAITING)
        session = f"{self._host.session}/{self.name}"
        self._pending.submit(
            lambda on_phase: workers.measure(task, session=session, on_phase=on_phase),
            on_result=self._on_result,
            on_phase=lambda phase: self._on_phase(task, phase),
        )

    def cancel(self) -> None:
        """Give up the comparison under way; the one shown stays."""
        if self._pending.cancel():
            self._asked = None
            self._end("Cancelled.")

    def _task(self) -> Compare:
        return Compare(self._host.viewport, self._host.settings())

    def _on_phase(self, task: Compare, phase: Phase) -> None:
        stage, reference = STAGES[task.stage].title, STAGES[task.reference].title
        doing = {
            "waiting": _WAITING,
            "over budget": "Waiting until this visit has not used more computing than it may in a "
            "minute…",
            "reference": f"Running {html.escape(reference)} in float64…",
            "compiling": f"Compiling {html.escape(stage)}…",
            "explaining": "Following the orbits of the pixels that differ…",
        }.get(phase, f"Running {html.escape(stage)}…")
        before = stored.compile_seconds(task.settings) if phase == "compiling" else None
        self._begin(doing, f"; it took {duration(before)} here before" if before else "")

    def _begin(self, doing: str, more: str = "") -> None:
        """Say what is under way, and from now on how long it has been."""
        if doing != self._doing:
            self._since = time.monotonic()
            self._waiting.over()
        self._doing, self._more = doing, more
        self._show_status()

    def _show_status(self) -> None:
        spent = int(time.monotonic() - self._since)
        doing = f"{_WAITING} {self._waiting.words()}…" if self._doing == _WAITING else self._doing
        self._progress.value = f"{doing}{f' {spent} s' if spent else ''}{self._more}"

    def _on_result(self, outcome: Marked | StageFailure) -> None:
        if isinstance(outcome, StageFailure):
            self._fail(outcome)
        else:
            self._show(outcome)
        self._end("")

    def _fail(self, failure: StageFailure) -> None:
        self._verdict.value, self._about.value = failed(failure)
        self._where.visible = False

    def _show(self, found: Marked) -> None:
        self._verdict.value = verdict(found)
        self._about.value = about(found)
        ny, nx = found.marks.shape
        with sent_in_order(self._picture):
            self._source.data = {"marks": [found.marks], "nx": [nx], "ny": [ny]}
            self._figure.aspect_ratio = nx / ny
            for axis, end in ((self._figure.x_range, nx), (self._figure.y_range, ny)):
                axis.update(start=0, end=end, reset_start=0, reset_end=end, bounds=(0, end))
            self._where.visible = True

    def _end(self, word: str) -> None:
        """Nothing is under way; a sentence says why what is on screen is not compared."""
        self._clock.stop()
        self._waiting.over()
        self._doing = self._more = ""
        self._cancel.visible = False
        self._compare.visible = self._controls.visible = bool(word)
        if word and self._where.visible:
            word += " What is shown is of before."
        self._progress.value = word


def _key(task: Compare) -> tuple[object, ...]:
    return task.view, task.settings, STAGES[task.stage]


def _text(kind: str) -> Any:
    # Not a pane: in a notebook each update of a pane sends its style sheets' CDN addresses.
    return pn.widgets.StaticText(sizing_mode="stretch_width", css_classes=[kind])
