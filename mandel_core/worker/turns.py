"""Which processes stand still while another works, so that it is quick and timings are right.

Three rules:

1. Measuring stands still while a picture is made, but both may compile at once: compiling is
   hardly slower beside other compiling, as it uses one core. Runs that are timed are disturbed by
   anything.
2. What takes long stands still while a quick picture is made.
3. Yet never for long in a row: many who ask for quick pictures leave it a share of the time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Literal, Protocol

Lane = Literal["quick", "long", "compiling", "measuring"]

# A long task may be held MOST_HELD_SECONDS; each second free pays back FREE_WORTH; it is held again
# once that falls to a fifth.
MOST_HELD_SECONDS = 1.0
FREE_WORTH = 4.0


class Pausable(Protocol):
    """A worker, as far as this module is concerned."""

    def pause(self) -> None:
        """Stand still until as many `resume`s."""

    def resume(self) -> None:
        """Take one `pause` back."""


class Turns:
    """Pauses and resumes the workers of the lanes "long", "compiling" and "measuring".

    workers : by lane. They are called from any thread that tells of a phase.
    """

    def __init__(
        self, workers: Mapping[Lane, Pausable], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._lock = threading.Lock()
        self._phases: dict[Lane, dict[object, str]] = {
            lane: {} for lane in ("quick", "long", "compiling", "measuring")
        }
        self._holds = {lane: _Hold(worker, clock) for lane, worker in workers.items()}
        self._together = 0

    def begin(self, lane: Lane) -> Turn:
        """A task is submitted in this lane."""
        return Turn(lane, self._update)

    @contextmanager
    def together(self) -> Iterator[None]:
        """What ends and begins meanwhile counts at once, so that nothing goes on in between.

        When a picture takes the place of another, a measurement would else run for a moment.
        """
        with self._lock:
            self._together += 1
        try:
            yield
        finally:
            with self._lock:
                self._together -= 1
                self._decide()

    def _update(self, lane: Lane, turn: object, phase: str | None) -> None:
        with self._lock:
            phases = self._phases[lane]
            if phase is None:
                phases.pop(turn, None)
            elif turn in phases or phase == "waiting":
                phases[turn] = phase
            else:  # the task has ended, and this phase arrived late
                return
            self._decide()

    def _decide(self) -> None:
        if self._together:
            return
        quick, long, compiling, measuring = self._phases.values()
        wanted = {
            "long": bool(quick and long),
            "compiling": bool(quick) and "running" in compiling.values(),
        }
        for lane, hold in self._holds.items():
            if lane == "measuring":
                pictures = [*quick.values(), *long.values(), *compiling.values()]
                runs, compiles = "running" in measuring.values(), "compiling" in pictures
                hold.set(bool(pictures and measuring) and (runs or not compiles))
            else:
                hold.set_for_a_while(wanted[lane], self._look_again)

    def _look_again(self) -> None:
        with self._lock:
            self._decide()


class Turn:
    """One task's, from when it is asked for until it is done."""

    def __init__(self, lane: Lane, update: Callable[[Lane, object, str | None], None]) -> None:
        self._lane, self._update = lane, update
        self.on_phase("waiting")

    def on_phase(self, phase: str) -> None:
        """It is in this phase now: "compiling", "running" or another."""
        self._update(self._lane, self, phase)

    def end(self, _: Future[Any] | None = None) -> None:
        """It is done, or cancelled."""
        self._update(self._lane, self, None)


class _Hold:
    """Whether a worker is held, and for how long it has been, lately."""

    def __init__(self, worker: Pausable, clock: Callable[[], float]) -> None:
        self._worker, self._clock = worker, clock
        self._held = False
        self._since = clock()
        self._debt = 0.0
        self._timer: threading.Timer | None = None

    def set(self, held: bool) -> None:
        """Pause or resume it if need be."""
        if held != self._held:
            self._held = held
            (self._worker.pause if held else self._worker.resume)()

    def set_for_a_while(self, wanted: bool, look_again: Callable[[], None]) -> None:
        """Hold it, unless it has been held too much; `look_again` is called when this may end."""
        now = self._clock()
        spent, self._since = now - self._since, now
        self._debt = max(0.0, self._debt + (spent if self._held else -FREE_WORTH * spent))
        most = MOST_HELD_SECONDS if self._held else MOST_HELD_SECONDS / 5
        self.set(wanted and self._debt < most)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if wanted:
            ends = MOST_HELD_SECONDS - self._debt
            due = ends if self._held else (self._debt - MOST_HELD_SECONDS / 5) / FREE_WORTH
            self._timer = threading.Timer(max(due, 0.0) + 0.01, look_again)
            self._timer.daemon = True
            self._timer.start()
