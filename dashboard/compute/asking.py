"""Asking for pictures: one under way, then the newest request, heavy ones coarse to fine.

Requests that come meanwhile are coalesced: of those that wait only the newest is kept.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from dashboard import server_settings
from dashboard.compute import workers
from dashboard.compute.clock import later
from dashboard.compute.pending import Pending
from dashboard.compute.picture_progress import PictureProgress
from dashboard.compute.too_long import given_up, too_long
from mandel_core import STAGES, Settings, StageFailure, Viewport
from mandel_core.model.control import Phase
from mandel_core.worker.tasks import Draw, Picture

# A picture that takes longer than this is announced; shorter ones would only make the page flicker.
PATIENCE_SECONDS = 0.25

# How long the next picture waits for one under way: for a picture of a gesture, and for the full
# picture of a view that has been left.
GESTURE_SECONDS = 0.3
LEFT_SECONDS = 0.05

# A picture that will take longer than this is drawn coarsely first: by these divisors.
HEAVY_SECONDS = 0.2
COARSE_TO_FINE = (8, 3)


@dataclass(frozen=True)
class PictureRequest:
    """A picture to be drawn.

    task : the picture in the end.
    number : of the browser's request that it answers.
    rest : whether the view stands still.
    stepwise : whether a coarse picture is better than what is shown meanwhile.
    since : when it was asked for, by the monotonic clock.
    """

    task: Draw
    number: int
    rest: bool = True
    stepwise: bool = False
    since: float = field(default_factory=time.monotonic, compare=False)


@dataclass
class _Step:
    """A picture under way: the one asked for, or a coarser one on the way to it."""

    asked: PictureRequest
    task: Draw
    then: tuple[Draw, ...]
    since: float
    phase: Phase = "running"


class Asking:
    """At most one picture under way for a session, and the line that tells of it.

    on_outcome : called with each outcome, the request it is of, and whether it is the last of it.
    on_late : called when a view at rest has had no full picture for PATIENCE_SECONDS.
    compile_seconds : how long compiling for settings has taken here, None where it is unknown.
    """

    def __init__(
        self,
        session: str,
        on_outcome: Callable[[Picture | StageFailure, PictureRequest, bool], None],
        on_late: Callable[[PictureRequest], None],
        in_document: Callable[..., None],
        compile_seconds: Callable[[Settings], float | None] = lambda settings: None,
    ) -> None:
        self._session, self._on_outcome, self._on_late = session, on_outcome, on_late
        self._in_document, self._compile_seconds = in_document, compile_seconds
        self._progress = PictureProgress(in_document, self._on_second)
        self.panel = self._progress.panel
        self._pending: Pending[Picture | StageFailure] = Pending(in_document)
        self._running: _Step | None = None
        self._next: PictureRequest | None = None
        # From the last picture of each stage; for `fast`, with which the page opens, a usual value.
        self._seconds_per_iteration = {"fast": 3e-10}
        self._limit = server_settings.current().picture_seconds

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Have the button call back."""
        self._progress.on_cancel(callback)

    def cancel(self) -> bool:
        """Give up what is under way; whether there was anything."""
        running, self._running, self._next = self._running, None, None
        if running is None:
            return False
        self._pending.cancel()
        self._progress.hide()
        return True

    @property
    def busy(self) -> bool:
        """Whether a picture is under way."""
        return self._running is not None

    def drop(self) -> None:
        """Give up what is under way without a message: its view is on screen already."""
        if self._running is not None:
            self.cancel()

    def ask(self, asked: PictureRequest) -> None:
        """Draw this; what waits is dropped, what is under way is left a moment to finish.

        Dropping that at every tick of a gesture would leave the screen as it was until its end.
        """
        running = self._running
        if running is None:
            self._start(asked)
            return
        if is_same_picture(running.asked.task, asked.task):
            running.asked = replace(running.asked, number=asked.number, rest=asked.rest)
            self._next = None
            return
        waited = time.monotonic() - running.since
        patience = LEFT_SECONDS if running.asked.rest else GESTURE_SECONDS
        if waited >= patience:
            self._start(asked)
            return
        if self._next is None:
            later(self._in_document, patience - waited, self._hurry, running)
        self._next = asked

    def _hurry(self, running: _Step) -> None:
        if self._running is running and self._next is not None:
            self._start(self._next)

    def _start(self, asked: PictureRequest) -> None:
        tasks = self._steps(asked)
        self._next = None
        self._draw(asked, tasks[0], tasks[1:])
        if asked.rest:
            later(self._in_document, PATIENCE_SECONDS, self._late, asked)

    def _steps(self, asked: PictureRequest) -> tuple[Draw, ...]:
        """The pictures to draw, the one asked for at the end."""
        task = asked.task
        expected = self._expected(task)
        if not asked.stepwise or expected < HEAVY_SECONDS or min(task.view.nx, task.view.ny) < 64:
            return (task,)
        return (*(_coarse(task, divisor) for divisor in COARSE_TO_FINE), task)

    def _expected(self, task: Draw) -> float:
        """Seconds that a picture will take, after the last one of its stage; inf if unknown."""
        known = self._seconds_per_iteration.get(task.settings.stage, math.inf)
        return known * _work(task.view, task.settings)

    def _draw(self, asked: PictureRequest, task: Draw, then: tuple[Draw, ...]) -> None:
        step = self._running = _Step(asked, task, then, time.monotonic())

        # Called in another thread, several times a picture: the document is told only while
        # it shows progress.
        def on_phase(phase: Phase) -> None:
            step.phase = phase
            if self._progress.visible:
                self._in_document(self._announce, step)

        self._pending.submit(
            lambda _: workers.draw(task, self._session, on_phase, self._expected(task)),
            on_result=lambda outcome: self._on_result(step, outcome),
        )

    def _on_result(self, step: _Step, outcome: Picture | StageFailure) -> None:
        self._running, asked = None, step.asked
        failed = isinstance(outcome, StageFailure)
        if isinstance(outcome, StageFailure) and outcome.kind == "too-long":
            outcome = self._given_up(step, outcome)
        elif isinstance(outcome, Picture):
            per_iteration = outcome.run_seconds / _work(outcome.view, outcome.settings)
            self._seconds_per_iteration[outcome.settings.stage] = per_iteration
        last = failed or not step.then
        if self._next is not None:
            self._start(self._next)
        elif not last and (refused := self._too_long(step)) is not None:
            self._progress.hide()
            self._on_outcome(outcome, asked, False)
            self._on_outcome(refused, asked, True)
            return
        elif not last:
            self._draw(asked, step.then[0], step.then[1:])
        else:
            self._progress.hide()
        self._on_outcome(outcome, asked, last)

    def _too_long(self, step: _Step) -> StageFailure | None:
        """That the next picture will be given up, after what a coarser one of the same took."""
        task = step.then[0]
        expected = self._expected(task)
        if step.task.settings.stage != task.settings.stage or expected <= self._limit:
            return None
        return too_long(task.settings, expected, self._limit)

    def _given_up(self, step: _Step, failure: StageFailure) -> StageFailure:
        """What would have fitted, as far as is known from how coarse the picture was."""
        if step.phase == "compiling":
            return failure
        task = step.asked.task
        part = _work(step.task.view, step.task.settings) / _work(task.view, task.settings)
        return given_up(failure, task.settings, part, self._limit)

    def _late(self, asked: PictureRequest) -> None:
        running = self._running
        if running is not None and running.asked.task is asked.task:
            self._on_late(running.asked)
            self._announce(running)

    def _announce(self, step: _Step) -> None:
        if self._running is None or self._running.asked is not step.asked:
            return
        settings, spent = step.task.settings, time.monotonic() - step.asked.since
        before = self._compile_seconds(settings) if self._running.phase == "compiling" else None
        self._progress.show(settings, self._running.phase, spent, before)

    def _on_second(self) -> None:
        if self._running is not None:
            self._announce(self._running)


def _work(view: Viewport, settings: Settings) -> float:
    """Iterations of points, at most."""
    return float(view.nx * view.ny * settings.maxiter)


def is_same_picture(one: Draw, other: Draw) -> bool:
    """Whether two tasks give the same picture; an automatic limit is only where to start from."""
    if one.automatic and other.automatic:
        other = replace(other, settings=replace(other.settings, maxiter=one.settings.maxiter))
    return replace(one, surround=0) == replace(other, surround=0)


def _coarse(task: Draw, divisor: int) -> Draw:
    """The same view with so many times fewer columns and rows, by a stage that takes any size."""
    view = task.view
    nx, ny = -(-view.nx // divisor), -(-view.ny // divisor)
    width = view.pixel[0] * view.nx
    settings = task.settings
    if not STAGES[settings.stage].any_size:
        settings = replace(settings, stage="fast")
    coarse = Viewport.from_screen(view.x, view.y, width, nx, ny)
    return replace(task, view=coarse, settings=settings, surround=0)
