"""NumPy's run time for a view: what the other stages' times are compared with."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from dashboard.lab import stored
from mandel_core import Settings, Viewport

_KEPT = 256


class Baseline:
    """NumPy's times of one explorer: of what was measured, or else of the pictures it drew."""

    def __init__(self) -> None:
        self._drawn: dict[Hashable, float] = {}

    def seconds(self, view: Viewport, settings: Settings) -> float | None:
        """NumPy's run time for this view, these iterations and formula where it is known.

        That of a measurement, today's or a kept one; else of a picture that NumPy drew.
        """
        measured = stored.latest(view, replace(settings, stage="numpy", device="cpu"))
        if measured is not None:
            return measured.median
        return self._drawn.get(_work(view, settings))

    def drawn(self, view: Viewport, settings: Settings, run_seconds: float) -> None:
        """Keep the time in which NumPy drew a picture of this view."""
        self._drawn[_work(view, settings)] = run_seconds
        while len(self._drawn) > _KEPT:
            self._drawn.pop(next(iter(self._drawn)))


def _work(view: Viewport, settings: Settings) -> Hashable:
    """What takes a stage the same time."""
    return view, settings.maxiter, settings.formula, settings.formula_c
