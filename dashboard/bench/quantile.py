"""Quantiles of what was measured."""

from __future__ import annotations

from collections.abc import Iterable


def quantile(values: Iterable[float], part: float) -> float:
    """The smallest of the values that so large a part of them does not exceed; nan of none."""
    ordered = sorted(values)
    return ordered[max(0, -int(-part * len(ordered) // 1) - 1)] if ordered else float("nan")
