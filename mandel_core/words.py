"""Durations and numbers of things in words, for reports, messages and pages alike."""

from __future__ import annotations

import math


def duration(seconds: float) -> str:
    """A duration for people: three digits and a unit, "–" for one that is not finite."""
    if not math.isfinite(seconds):
        return "–"
    return f"{seconds:.3g} s" if seconds >= 1 else f"{1e3 * seconds:.3g} ms"


def count(number: int, noun: str) -> str:
    """A number of things: "1 run", "2 runs", "50,000 iterations"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
