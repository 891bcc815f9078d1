"""Histogram equalisation in two passes over the frame, shared out among threads.

The picture is that of `colour.equalise`, which is slower and easier to read: the tests hold one
against the other. The first pass finds each point's continuous count, puts it into one of 65535
bins and counts what each bin gets; the second replaces bins by palette indices.

Bins of equal width would be too coarse where nearly all counts lie close together, as they do deep
down: 4000 to 4020, say, and a few up to 50000. So a sample of rows is counted first, in coarse
bins, and each coarse bin is divided as finely as it is full.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mandel_core.colour.encoding import RGBA, Indices
from mandel_core.colour.palettes import LEVELS
from mandel_core.colour.smooth import FURTHER_STEPS, SMOOTH_RADIUS
from mandel_core.compilers.numba_cache import kept
from mandel_core.compilers.numba_formula import (
    begin,
    following,
    leaps,
    per_doubling,
    remembers,
)
from mandel_core.compilers.numba_import import numba
from mandel_core.formulas import FORMULAS
from mandel_core.model.results import Frame
from mandel_core.runtime.threads import COLOURING, shared

BINS = 2**16 - 1  # with the interior as many as two bytes can tell apart
COARSE_BINS = 2**13
LEAST = 2  # bins to a coarse bin, however little the sample finds in it
SAMPLE = 2**15  # points, at least
# How far counts can lie outside of 0 to maxiter: below where c itself is far beyond the horizon,
# above where it takes many steps from a small horizon to SMOOTH_RADIUS. Ends hold what is outside.
MARGIN = 8

BAND = 32  # rows
BLOCK = 512  # points; the scratch of a block stays in the first-level cache

_Counts = NDArray[np.uint32]


def _log2_1p(t: Any) -> Any:
    """log2(1 + t) for 0 <= t < 1 within 1e-6, and exact at both ends, so that octaves meet."""
    f = np.float32
    q = f(0.06379893) - f(0.01519822) * t
    q = f(0.19609948) - (f(0.13067898) - q * t) * t
    q = f(0.44267967) - (f(0.27805939) - q * t) * t
    return t + t * (f(1) - t) * q


def _further(f: Any, re: float, im: float, x: float, y: float, k: Any) -> tuple[int, float]:
    """How many steps it is from here to SMOOTH_RADIUS, and |z|**2 there."""
    _, _, cx, cy = begin(f, x, y, k[0], k[1])
    steps = 0
    while re * re + im * im < SMOOTH_RADIUS**2 and steps < FURTHER_STEPS:
        re, im, _, _ = following(f, re, im, 0.0, 0.0, cx, cy)
        steps += 1
    return steps, re * re + im * im


def _leaves_at_once(f: Any, x: float, y: float, k: Any, horizon: float) -> bool:
    """What `Formula.leaves_at_once` says."""
    if leaps(f):
        return bool(x * x + y * y >= horizon * horizon)
    a, b, cx, cy = begin(f, x, y, k[0], k[1])
    re, im, _, _ = following(f, a, b, 0.0, 0.0, cx, cy)
    return bool(max(a * a + b * b, re * re + im * im) >= horizon * horizon)


_log2_1p = numba.njit(_log2_1p)
_further = numba.njit(_further)
_leaves_at_once = numba.njit(_leaves_at_once)


def _sort_into_bins(
    n: Any,
    z: Any,
    x: Any,
    y: Any,
    horizon: float,
    maxiter: int,
    rows: Any,
    first: Any,
    width: Any,
    bins: Any,
    tally: Any,
    f: Any,
    constant: Any,
) -> None:
    """Write the bin of each point of `rows` = (start, stop, step) into `bins`, and count it.

    The counts from -MARGIN to maxiter + MARGIN are covered by coarse bins, of which the k-th is
    divided into the `width[k]` bins from `first[k]` on; after the last comes that of the interior.

    The continuous count is 1 + n + log2(log2 h / log2 |z|), with the logarithm to the base d in
    place of the outer one where the formula `f` makes |z|**d of |z|; `constant` is its c. |z|**2
    is taken in float64 and of z / 2**exponent, so that it cannot overflow; of its logarithm, 20
    bits of the mantissa are enough, since there are at least 13 before the point that it is added
    to.
    """
    coarse = width.size - 1
    scale = coarse / (maxiter + 2.0 * MARGIN)
    highest = coarse * (1 - 2.0**-50)
    exponent = math.floor(math.log2(horizon))
    shrink = 2.0**-exponent
    horizon2 = (horizon * shrink) ** 2
    per_step = per_doubling(f)
    offset = 1 + math.log2(math.log2(horizon)) * per_step + MARGIN
    size2 = np.empty(BLOCK)
    size2_bits = size2.view(np.int64)
    log = np.empty(BLOCK, np.float32)
    log_bits = log.view(np.int32)
    steps = np.empty(BLOCK)
    inside = np.empty(BLOCK, np.bool_)
    place = np.empty(BLOCK)
    for row in range(rows[0], rows[1], rows[2]):
        for start in range(0, x.size, BLOCK):
            # Slices, since LLVM makes vector instructions of loops whose indices begin at 0.
            block = slice(start, min(start + BLOCK, x.size))
            cx, last, left, chosen = x[block], n[row, block], z[row, block], bins[row, block]
            points = cx.size
            for i in range(points):
                re = np.float64(left[i].real) * shrink
                im = np.float64(left[i].imag) * shrink
                # 0 also stands for the last step: a frame cannot tell it from the interior.
                at_zero = (
                    0.0 if _leaves_at_once(f, cx[i], y[row], constant, horizon) else maxiter - 1.0
                )
                steps[i] = np.float64(np.int32(last[i])) if last[i] > 0 else at_zero
                size2[i] = re * re + im * im
                inside[i] = (last[i] == 0) & (size2[i] < horizon2)
            if horizon < SMOOTH_RADIUS and not remembers(f):
                for i in range(points):
                    if not inside[i]:
                        a, b = np.float64(left[i].real), np.float64(left[i].imag)
                        more, abs2 = _further(f, a, b, cx[i], y[row], constant)
                        steps[i] += more
                        size2[i] = abs2 * shrink * shrink
                        # c = -2, whose orbit lies at 2 for ever, and belongs to the set.
                        inside[i] = abs2 < SMOOTH_RADIUS**2
            for i in range(points):
                high = np.int32(size2_bits[i] >> 32)
                mantissa = np.float32(high & 0xFFFFF) * np.float32(2.0**-20)
                log2 = np.float32((high >> 20) - 1023) + _log2_1p(mantissa)
                log[i] = np.float32(exponent) + np.float32(0.5) * log2
            for i in range(points):
                bits = log_bits[i]
                mantissa = np.float32(bits & 0x7FFFFF) * np.float32(2.0**-23)
                log2 = np.float32((bits >> 23) - 127) + _log2_1p(mantissa)
                at = (steps[i] + (offset - log2 * np.float32(per_step))) * scale
                at = min(max(at, 0.0), highest)
                place[i] = coarse if inside[i] else at
            for i in range(points):
                k = np.uint32(place[i])
                chosen[i] = first[k] + np.uint32((place[i] - k) * width[k])
                tally[chosen[i]] += 1


def _look_up(bins: Any, table: Any, start: int, stop: int, out: Any) -> None:
    for row in range(start, stop):
        for column in range(bins.shape[1]):
            out[row, column] = table[bins[row, column]]


def _share_out(tallies: Any, index: Any) -> None:
    """Write the palette index of each bin into `index`, given what each thread put into it.

    As in `colour.equalise`, the lowest count that occurs gets 1, the highest 255 and the interior
    0. Bins below the lowest, which another frame may fill, get 1 as well, and those above 255.
    """
    bins = index.size - 1
    reached = np.zeros(bins, np.int64)
    total = lowest = 0
    for i in range(bins):
        for tally in tallies:
            total += tally[i]
        if lowest == 0:
            lowest = total
        reached[i] = total
    steps = (LEVELS - 1) / max(total - lowest, 1e-9)
    for i in range(bins):
        index[i] = 1 + int(max(reached[i] - lowest, 0) * steps + 0.5)
    index[bins] = 0


_kernel = numba.njit(nogil=True, fastmath={"contract"}, error_model="numpy")
_sort_into_bins = kept(_kernel(_sort_into_bins))
_share_out = kept(_kernel(_share_out))
_look_up = kept(_kernel(_look_up))


@dataclass(frozen=True, eq=False)
class Levels:
    """Which palette index each count has: made of one frame, good for others beside it.

    maxiter, horizon, formula : of the frame, and of every other that this can be applied to.
    some : whether any point of the frame left; otherwise all counts have index 1.
    """

    maxiter: int
    horizon: float
    formula: str
    some: bool
    _first: NDArray[np.uint32]
    _width: NDArray[np.uint32]
    _index: Indices  # (BINS + 1,)

    def indices(self, frame: Frame) -> Indices:
        """The frame's palette indices, (ny, nx) uint8, 0 in the interior.

        Counts below those that this was made of get the lowest's index, 1, and those above 255.

        Raises ValueError for a frame of other maxiter, horizon or formula: its counts mean
        something else.
        """
        own = frame.settings
        if (own.maxiter, own.horizon, own.formula) != (self.maxiter, self.horizon, self.formula):
            raise ValueError(
                "levels are for frames of the maxiter, horizon and formula they are made of"
            )
        sorting = _Sorting(frame)
        sorting.sort_all(self._first, self._width)
        return sorting.looked_up(self._index)


def equalised(frame: Frame) -> tuple[Indices, Levels]:
    """The frame's palette indices, (ny, nx) uint8, each of which covers about the same area.

    0 is the interior, 1 the lowest count and 255 the highest. The Levels give the same counts the
    same indices in other frames.

    Compiles for a second or two the first time a machine sees a frame of this number type.
    """
    sorting = _Sorting(frame)
    levels = sorting.levels()
    return sorting.looked_up(levels._index), levels


def equalised_in(frame: Frame, colours: RGBA) -> RGBA:
    """The frame in the colours of its indices, in one pass less: (ny, nx, 4) uint8.

    colours : (256, 4) uint8, as `colour.palette_colours` makes them.
    """
    sorting = _Sorting(frame)
    table = colours.view(np.uint32)[:, 0][sorting.levels()._index]
    return sorting.looked_up(table).view(np.uint8).reshape(*frame.iterations.shape, 4)


class _Sorting:
    """A frame's points on their way into bins; `bins` is (ny, nx) uint16."""

    def __init__(self, frame: Frame) -> None:
        self._settings = settings = frame.settings
        self._x, self._y = (axis.astype(np.float64) for axis in frame.view.axes(settings.dtype))
        self._n, self._z = np.ascontiguousarray(frame.iterations), np.ascontiguousarray(frame.z)
        self._constants = float(settings.horizon), settings.maxiter
        c = settings.formula_c or 0j
        self._formula = FORMULAS.find(settings.formula), (c.real, c.imag)
        self.bins = np.empty(self._n.shape, np.uint16)

    def levels(self) -> Levels:
        """Sort all, in bins as fine as they are full, and share out the palette among them."""
        sample = np.zeros(COARSE_BINS + 1, np.uint32)
        step = max(1, min(self._n.size // SAMPLE, self._y.size // 16))
        self._sort((0, self._y.size, step), *_evenly(), sample)
        first, width = _divided(sample[:-1])
        tallies = self.sort_all(first, width)
        index = np.empty(BINS + 1, np.uint8)
        _share_out(tallies, index)
        some = bool(tallies[:, :-1].any())
        own = self._settings
        return Levels(own.maxiter, own.horizon, own.formula, some, first, width, index)

    def sort_all(self, first: _Counts, width: _Counts) -> _Counts:
        """Put every point into its bin; what each thread put into each, (threads, BINS + 1)."""
        tallies = np.zeros((COLOURING, BINS + 1), np.uint32)

        def sort(number: int, start: int, stop: int) -> None:
            self._sort((start, stop, 1), first, width, tallies[number])

        _in_bands(self._y.size, sort)
        return tallies

    def looked_up(self, table: NDArray[Any]) -> NDArray[Any]:
        """What the table, (BINS + 1,), has for each point's bin."""
        out = np.empty(self.bins.shape, table.dtype)
        _in_bands(self._y.size, lambda _, start, stop: _look_up(self.bins, table, start, stop, out))
        return out

    def _sort(
        self, rows: tuple[int, int, int], first: _Counts, width: _Counts, tally: _Counts
    ) -> None:
        points = self._n, self._z, self._x, self._y
        out = first, width, self.bins, tally
        _sort_into_bins(*points, *self._constants, rows, *out, *self._formula)


def _in_bands(rows: int, work: Callable[[int, int, int], None]) -> None:
    """Call `work` with a thread's number and the band it is to do, (start, stop), until all are."""
    bands = iter(range(0, rows, BAND))

    def work_bands(number: int) -> None:
        for start in bands:
            work(number, start, min(start + BAND, rows))

    shared(work_bands, COLOURING)


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
