"""Chunk sizes x thread counts as ratios to NumPy: the form of the tutorial's Table I."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from mandel_core.model.results import Measurement
from mandel_core.words import count

# (chunk size, threads): NumPy's run time divided by that of the compiled chunks.
TUTORIAL: Mapping[tuple[int, int], float] = MappingProxyType(
    {
        (size, threads): ratio
        for size, *row in (
            (1, 4.5, 42),
            (2, 5.3, 25),
            (10, 7.4, 17),
            (50, 5.9, 14),
            (100, 5.8, 16),
            (200, 4.3, 15),
        )
        for threads, ratio in zip((2, 32), row, strict=True)
    }
)
TUTORIAL_SOURCE = (
    "Table I of “JIT-compiling NumPy code in PyTorch land”, torch 2.1 on 32 cores; "
    "it varies by at least one in the last digit"
)

# Where others took more than this share of the cores, a table says so.
BUSY = 0.2

_COLUMNS = (
    *("stage", "device", "dtype", "nx", "ny", "maxiter", "chunksize", "threads"),
    *("times_numpy", "median_seconds", "low_seconds", "high_seconds", "runs"),
    *("first_seconds", "compile_seconds", "retaken", "busy", "outcome"),
)


def ratio(numpy: Measurement, measured: Measurement) -> float | None:
    """How many times as fast as NumPy; None if either failed."""
    times = numpy.median, measured.median
    return times[0] / times[1] if all(time > 0 for time in times) else None


def to_csv(numpy: Measurement, measured: Iterable[Measurement]) -> str:
    """All figures, a line for each measurement, NumPy's first; times in seconds."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for one in (numpy, *measured):
        view, settings = one.view, one.settings
        times = _known(ratio(numpy, one), one.median, *one.quartiles)
        writer.writerow(
            [
                *(settings.stage, settings.device, settings.dtype, view.nx, view.ny),
                *(settings.maxiter, settings.chunksize, one.threads, *times, len(one.run_seconds)),
                *_known(one.first_seconds, one.compile_seconds),
                *(one.retaken, f"{one.busy:.2f}"),
                one.failure.reason if one.failure else "ok",
            ]
        )
    return text.getvalue()


def _known(*numbers: float | None) -> list[str]:
    return ["" if x is None or x != x else f"{x:.6g}" for x in numbers]  # noqa: PLR0124 - nan


def to_markdown(
    numpy: Measurement, measured: Iterable[Measurement], with_tutorial: bool = False
) -> str:
    """A row for each chunk size, a column for each number of threads, ratios to NumPy in the cells.

    Brackets hold the ratios of the quartiles. Failures and busy moments are told beneath the
    table; with `with_tutorial` the tutorial's figures stand beside, those of its chunk sizes only.
    """
    cells = {(one.chunksize, one.threads): one for one in measured}
    threads = sorted({count for _, count in cells})
    theirs = sorted({count for _, count in TUTORIAL}) if with_tutorial else []
    head = [
        "chunk size",
        *(count(number, "thread") for number in threads),
        *(f"tutorial, {count(number, 'thread')}" for number in theirs),
    ]
    lines = [_line(head), "|---" * len(head) + "|"]
    for size in sorted({size for size, _ in cells}):
        row = [str(size), *(_cell(numpy, cells.get((size, count))) for count in threads)]
        row += [_number(TUTORIAL.get((size, count))) for count in theirs]
        lines.append(_line(row))
    notes = _notes(numpy, cells.values())
    return "\n".join([*lines, *(["", *notes] if notes else [])])


def _cell(numpy: Measurement, one: Measurement | None) -> str:
    if one is None:
        return "–"
    middle = ratio(numpy, one)
    if middle is None:
        return "failed" if one.failure else "–"
    high, low = (numpy.median / quartile for quartile in one.quartiles)
    return f"{_number(middle)} ({_number(low)}–{_number(high)})"


def _notes(numpy: Measurement, measured: Iterable[Measurement]) -> list[str]:
    """What a reader has to know to judge the table, each once."""
    everything = (numpy, *measured)
    reasons: dict[str, list[str]] = {}
    for one in everything:
        if one.failure is not None:
            where = (
                "NumPy" if one is numpy else f"{one.chunksize} in {count(one.threads, 'thread')}"
            )
            reasons.setdefault(" ".join(one.failure.reason.split()), []).append(where)
    notes = [f"Failed: {', '.join(where)}. {reason}" for reason, where in reasons.items()]
    busy = [one.busy for one in everything if one.busy > BUSY]
    if busy:
        notes.append(
            f"Other programs took up to {max(busy):.0%} of the cores during {len(busy)} of these "
            f"{len(everything)} measurements; they would be faster alone."
        )
    return notes


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
