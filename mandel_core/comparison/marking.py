"""The picture of a comparison: where counts differ, which way and how far, as small numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mandel_core.comparison.comparing import Comparison

# The background: 0 for the interior, then so many levels of the reference's count.
LEVELS = 8
# From these differences on a mark has the next colour; the last is for points that only one of the
# two takes for the interior.
SIZES = (1, 2, 8, 64)
KINDS = len(SIZES) + 1


def mark_size(share: float) -> int:
    """How many pixels wide a mark must be to be seen, if that share of them is marked."""
    return 5 if share <= 5e-4 else 3 if share <= 5e-3 else 1


def marks(comparison: Comparison) -> NDArray[np.uint8]:
    """A number for each pixel, (ny, nx): the background's level, or LEVELS and above for a mark.

    Those are LEVELS + kind where the point stays longer in the stage than in the reference, and
    LEVELS + KINDS + kind where it leaves earlier, with `kind` from 0 to KINDS - 1. Marks are
    `mark_size` pixels wide; of two that overlap, what rounding does not explain is on top, then
    the larger.
    """
    difference, inside = comparison.difference, comparison.interior_at
    kind = np.where(inside, KINDS, np.searchsorted(SIZES, np.abs(difference), side="right"))
    # A count of 0 is the interior's, which is the longest stay.
    earlier = np.where(inside, difference > 0, difference < 0)
    on_top = comparison.unexplained_at
    rank = np.where(difference != 0, 2 * kind + earlier + 2 * (KINDS + 1) * on_top, 0)
    top = _widened(rank.astype(np.uint8), mark_size(comparison.share) // 2)
    mark = LEVELS + top % (2 * (KINDS + 1)) // 2 - 1 + KINDS * (top % 2)
    return np.where(top > 0, mark, _background(comparison.iterations)).astype(np.uint8)


def _widened(rank: NDArray[np.uint8], by: int) -> NDArray[np.uint8]:
    """Each pixel's highest rank within so many rows and columns."""
    for axis in (0, 1):
        near = np.moveaxis(rank, axis, 0)
        wide = near.copy()
        for shift in range(1, by + 1):
            np.maximum(wide[shift:], near[:-shift], out=wide[shift:])
            np.maximum(wide[:-shift], near[shift:], out=wide[:-shift])
        rank = np.moveaxis(wide, 0, axis)
    return rank


def _background(iterations: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Levels of about equal area, from 1; 0 for the interior."""
    counts = iterations[iterations > 0]
    if not counts.size:
        return np.zeros(iterations.shape, np.uint8)
    edges = np.quantile(counts, np.arange(1, LEVELS - 1) / (LEVELS - 1))
    level = 1 + np.searchsorted(edges, iterations, side="left")
    return np.where(iterations > 0, level, 0).astype(np.uint8)
