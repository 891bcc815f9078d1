"""Histogram equalisation in two passes over the frame, shared out among threads.

The picture is that of `shading.equalise`, which is slower and easier to read: the tests hold one
against the other. The first pass finds each point's continuous count, puts it into one of 65535
bins and counts what each bin gets; the second replaces bins by palette indices.

Bins of equal width would be too coarse where nearly all counts lie close together, as they do deep
down: 4000 to 4020, say, and a few up to 50000. So a sample of rows is counted first, in coarse
bins, and each coarse bin is divided as finely as it is full.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mandel_core.colour.counting import (
    ARITHMETIC,
    BLOCK,
    COUNT,
    INSIDE,
    STEPS,
    Points,
    count_block,
    counting_scratch,
    share_rows,
)
from mandel_core.colour.places import Places
from mandel_core.compilers.numba_jit import jit_borrowing
from mandel_core.model.results import Frame
from mandel_core.runtime.threads import COLOURING

BINS = 2**16 - 1  # with the interior as many as two bytes can tell apart
COARSE_BINS = 2**13
LEAST = 2  # bins to a coarse bin, however little the sample finds in it
SAMPLE = 2**15  # points, at least
# How far counts can lie outside of 0 to maxiter: below where c itself is far beyond the horizon,
# above where it takes many steps from a small horizon to SMOOTH_RADIUS. Ends hold what is outside.
MARGIN = 8.0

_Counts = NDArray[np.uint32]


def _sort_into_bins(
    n: Any,
    z: Any,
    x: Any,
    y: Any,
    horizon: float,
    maxiter: int,
    reach: int,
    rows: Any,
    first: Any,
    width: Any,
    bins: Any,
    tally: Any,
    scratch: Any,
    per_step: float,
    f: Any,
    constant: Any,
) -> None:
    """Write the bin of each point of `rows` = (start, stop, step) into `bins`, and count it.

    The counts from -MARGIN to reach + MARGIN are covered by coarse bins, of which the k-th is
    divided into the `width[k]` bins from `first[k]` on; after the last comes that of the interior.
    """
    coarse = width.size - 1
    scale = coarse / (reach + 2.0 * MARGIN)
    highest = coarse * (1 - 2.0**-50)
    place, inside, count = scratch[STEPS], scratch[INSIDE], scratch[COUNT]
    for row in range(rows[0], rows[1], rows[2]):
        for start in range(0, x.size, BLOCK):
            block = slice(start, min(start + BLOCK, x.size))
            cx, last, left, chosen = x[block], n[row, block], z[row, block], bins[row, block]
            points = cx.size
            formula = per_step, f, constant
            count_block(last, left, cx, y[row], horizon, maxiter, MARGIN, scratch, *formula)
            for i in range(points):
                at = min(max(count[i] * scale, 0.0), highest)
                place[i] = coarse if inside[i] else at
            for i in range(points):
                wide = np.uint32(place[i])
                chosen[i] = first[wide] + np.uint32((place[i] - wide) * width[wide])
                tally[chosen[i]] += 1


_sort_into_bins = jit_borrowing(_sort_into_bins, **ARITHMETIC)


def _shared_out(tallies: _Counts) -> NDArray[np.float64]:
    """The position of each bin on the palette, given what each thread put into it.

    As in `shading.equalise`, the lowest count that occurs gets 0, the highest 1 and the interior
    nan. Bins below the lowest, which another frame may fill, get 0 as well, and those above 1.
    """
    position = np.full(tallies.shape[1], np.nan)
    reached = position[:-1]  # by how many points, at most; then what part of all
    np.cumsum(tallies[:, :-1].sum(axis=0, dtype=np.uint32), out=reached)
    lowest = reached[np.argmax(reached > 0)]
    reached -= lowest
    np.maximum(reached, 0, out=reached)
    reached /= max(reached[-1], 1e-9)
    return position


@dataclass(frozen=True, eq=False)
class Levels:
    """Where on the palette each count is: made of one frame, good for others.

    maxiter : of the frame. Counts above it are at the palette's end, as the highest is.
    some : whether any point of the frame left; otherwise all counts are at the beginning.
    """

    maxiter: int
    some: bool
    _first: NDArray[np.uint32]
    _width: NDArray[np.uint32]
    position_of_bin: NDArray[np.float64]  # (BINS + 1,)

    def places(self, frame: Frame) -> Places:
        """Where on the palette the frame's points are."""
        sorting = _Sorting(frame, self.maxiter)
        sorting.sort_all(self._first, self._width)
        return Places(self.position_of_bin, sorting.bins)


def equalised(frame: Frame) -> tuple[Places, Levels]:
    """Where on the palette the frame's points are, so that equal parts cover about equal areas.

    The lowest count is at 0 and the highest at 1. The Levels put the same counts of other frames
    at the same positions.

    Compiles for a second or two the first time a machine sees a frame of this number type.
    """
    sorting = _Sorting(frame, frame.settings.maxiter)
    levels = sorting.levels()
    return Places(levels.position_of_bin, sorting.bins), levels


class _Sorting:
    """A frame's points on their way into bins; `bins` is (ny, nx) uint16."""

    def __init__(self, frame: Frame, reach: int) -> None:
        self._points = Points(frame)
        self._reach = reach
        self.bins = np.empty(self._points.n.shape, np.uint16)

    def levels(self) -> Levels:
        """Sort all, in bins as fine as they are full, and share out the palette among them."""
        sample = np.zeros(COARSE_BINS + 1, np.uint32)
        ny = self._points.y.size
        step = max(1, min(self._points.n.size // SAMPLE, ny // 16))
        self._sort((0, ny, step), *_evenly(), sample)
        first, width = _divided(sample[:-1])
        tallies = self.sort_all(first, width)
        position = _shared_out(tallies)
        return Levels(self._reach, bool(tallies[:, :-1].any()), first, width, position)

    def sort_all(self, first: _Counts, width: _Counts) -> _Counts:
        """Put every point into its bin; what each thread put into each, (threads, BINS + 1)."""
        tallies = np.zeros((COLOURING, BINS + 1), np.uint32)

        def sort(number: int, start: int, stop: int) -> None:
            self._sort((start, stop, 1), first, width, tallies[number])

        share_rows(self._points.y.size, sort)
        return tallies

    def _sort(
        self, rows: tuple[int, int, int], first: _Counts, width: _Counts, tally: _Counts
    ) -> None:
        points = self._points
        given = points.n, points.z, points.x, points.y, *points.constants, self._reach
        where = rows, first, width, self.bins, tally
        _sort_into_bins(*given, *where, counting_scratch(), *points.formula_for_counts)


def _evenly() -> tuple[_Counts, _Counts]:
    """The coarse bins themselves, each a single bin, and the interior's after them."""
    width = np.ones(COARSE_BINS + 1, np.uint32)
    width[-1] = 0
    return np.arange(COARSE_BINS + 1, dtype=np.uint32), width


def _divided(sample: _Counts) -> tuple[_Counts, _Counts]:
    """Where the bins of each coarse bin begin and how many they are, and the interior's BINS, 0."""
    share = sample / max(sample.sum(), 1)
    width = LEAST + (share * (BINS - LEAST * COARSE_BINS)).astype(np.uint32)
    first = np.cumsum(width, dtype=np.uint32) - width
    return np.append(first, np.uint32(BINS)), np.append(width, np.uint32(0))
