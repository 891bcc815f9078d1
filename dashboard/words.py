"""Ratios and widths in words for people; see `mandel_core.words` for durations and numbers."""

from __future__ import annotations

import math


def factor(ratio: float) -> str:
    """A ratio with two digits, and never a power of ten: "0.042", "1.5", "140", "2,300"."""
    if ratio >= 10:
        return f"{float(f'{ratio:.2g}'):,.0f}"
    digits = 1 - math.floor(math.log10(ratio)) if ratio > 0 else 1
    return f"{ratio:.{max(digits, 0)}f}"


def against(ratio: float, other: str) -> str:
    """How many times as fast as another: "49 × NumPy", or "26 times slower than NumPy"."""
    if ratio >= 0.95:
        return f"{factor(ratio)} × {other}"
    return f"{factor(1 / ratio)} times slower than {other}"


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def width(number: float) -> str:
    """A width of the plane for people: "0.02", "1.1 × 10⁻⁷"; it is never broken into two lines."""
    digits, _, power = f"{number:.3g}".partition("e")
    if not power:
        return digits
    space = "\N{NO-BREAK SPACE}"
    return f"{digits}{space}×{space}10{str(int(power)).translate(_RAISED)}"
