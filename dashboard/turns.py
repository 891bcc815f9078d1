"""When measuring may go on beside the pictures, so that neither disturbs the other's time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


class Turns:
    """Has measuring stand still while a picture is made, but lets both compile at once.

    Compiling is hardly slower beside other compiling, as it uses one core. Runs that are timed are
    disturbed by anything.

    hold, go_on : called in turn, from any thread, when measuring has to stand still and when not.
    """

    def __init__(self, hold: Callable[[], None], go_on: Callable[[], None]) -> None:
        self._hold, self._go_on = hold, go_on
        self._lock = threading.Lock()
        self._pictures: dict[object, str] = {}
        self._measurements: dict[object, str] = {}
        self._held = False

    def picture(self) -> Turn:
        """A picture is asked for: measuring stands still until it compiles, or is there."""
        return Turn(self._pictures, self._settle)

    def measurement(self) -> Turn:
        """Something is to be measured; it stands still if it runs while a picture is made."""
        return Turn(self._measurements, self._settle)

    def _settle(self, phases: dict[object, str], turn: object, phase: str | None) -> None:
        with self._lock:
            if phase is None:
                phases.pop(turn, None)
            elif turn in phases or phase == "waiting":
                phases[turn] = phase
            else:  # it is over, and this word of it late
                return
            compiles = "compiling" in self._pictures.values()
            runs = "running" in self._measurements.values()
            hold = bool(self._pictures) and (runs or not compiles)
            if hold != self._held:
                self._held = hold
                (self._hold if hold else self._go_on)()


class Turn:
    """One picture's, or one measurement's."""

    def __init__(
        self,
        phases: dict[object, str],
        settle: Callable[[dict[object, str], object, str | None], None],
    ) -> None:
        self._phases, self._settle = phases, settle
        self.hear("waiting")

    def hear(self, phase: str) -> None:
        """It is in this phase now: "compiling", "running" or another."""
        self._settle(self._phases, self, phase)

    def end(self, _: Future[Any] | None = None) -> None:
        """It is done, or cancelled."""
        self._settle(self._phases, self, None)
