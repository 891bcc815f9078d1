"""What the chart knows of each measurement: its place, and the words shown over it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dashboard.words import width
from mandel_core import STAGES, Measurement
from mandel_core.measurement.ratios import BUSY
from mandel_core.words import count, duration

# Anything shorter was found in a cache: it does not count as compiling.
COMPILED_SECONDS = 0.05


TOLD = (
    *("stage", "median", "quartiles", "first run", "compiling", "on", "view", "versions"),
    *("measured", "disturbed", "differs in"),
)


@dataclass(frozen=True)
class Mark:
    """A measurement to be shown, with words on what it was made.

    versions, when : of what computed, and the moment.
    differs : what else is on screen now, such as "viewport, threads"; empty if nothing.
    """

    measurement: Measurement
    versions: str = "now"
    when: str = "now"
    differs: str = ""


def columns(marks: Iterable[Mark]) -> dict[str, list[Any]]:
    """Columns for a ColumnDataSource, by chunk size; failures have no place on a chart.

    `chunksize`, and in seconds `run`, `low`, `high` and `compile`, the last nan where nothing was
    compiled; then those of TOLD, which are text.
    """
    table: dict[str, list[Any]] = {
        name: [] for name in ("chunksize", "run", "low", "high", "compile", *TOLD)
    }
    for mark in sorted(marks, key=lambda mark: mark.measurement.chunksize):
        if mark.measurement.failure is None:
            for name, value in _row(mark).items():
                table[name].append(value)
    return table


def _row(mark: Mark) -> dict[str, Any]:
    measured = mark.measurement
    view, settings = measured.view, measured.settings
    low, high = measured.quartiles
    compiled = measured.compile_seconds > COMPILED_SECONDS
    runs = len(measured.run_seconds)
    title = STAGES[measured.stage].title if measured.stage in STAGES else measured.stage
    return {
        "chunksize": measured.chunksize,
        "run": measured.median,
        "low": low,
        "high": high,
        "compile": measured.compile_seconds if compiled else float("nan"),
        "stage": title,
        "median": f"{duration(measured.median)}, {count(runs, 'run')}",
        "quartiles": f"{duration(low)} – {duration(high)}",
        "first run": duration(measured.first_seconds) if measured.first_seconds else "–",
        "compiling": duration(measured.compile_seconds) if compiled else "nothing to compile",
        "on": f"{settings.device}, {count(measured.threads, 'thread')}",
        "view": f"{view.nx} × {view.ny}, {count(settings.maxiter, 'iteration')}, {settings.dtype}, "
        f"width {width(view.pixel[0] * view.nx)}",
        "versions": mark.versions,
        "measured": mark.when,
        "disturbed": disturbed(measured) or "no",
        "differs in": mark.differs or "nothing",
    }


def disturbed(measured: Measurement) -> str:
    """What else went on while this was measured, in words; empty if nothing to speak of."""
    words = []
    if measured.busy > BUSY:
        words.append(f"others took {measured.busy:.0%} of the machine")
    if measured.retaken:
        words.append(f"{count(measured.retaken, 'run')} taken again")
    return ", ".join(words)
