"""Where on the palette each point of a picture is, and what the palette has there.

A position is a real number: 0 is the palette's beginning, 1 its end, and what lies beyond is where
density and phase may take it. Importing this module imports Numba.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mandel_core.colour.counting import ARITHMETIC, share_rows
from mandel_core.compilers.numba_jit import jit
from mandel_core.compilers.numba_parts import jit_part

Positions = NDArray[np.floating]

# What becomes of positions beyond the palette: they stay at its ends, begin anew, or turn round.
CLAMP, WRAP, FOLD = range(3)


@dataclass(frozen=True, eq=False)
class Places:
    """The positions of a picture's points, (ny, nx); nan where a point has none.

    positions : they, or where there are `bins`, those of the bins.
    bins : (ny, nx) uint16, where many points share a position.
    """

    positions: Positions
    bins: NDArray[np.uint16] | None = None

    def through(self, work: Callable[[Positions], NDArray[Any]]) -> NDArray[Any]:
        """What `work` makes of each position: (ny, nx), and the axes that it adds."""
        if self.bins is None:
            return work(self.positions)
        table = work(self.positions.reshape(1, -1))[0]
        out = np.empty((*self.bins.shape, *table.shape[1:]), table.dtype)
        flat = table.reshape(table.shape[0], -1)
        by_bin = out.reshape(*self.bins.shape, -1)
        _bands(self.bins, lambda start, stop: _look_up(self.bins, flat, start, stop, by_bin))
        return out


@dataclass(frozen=True)
class Course:
    """How positions run along the palette: position * density + phase, and what lies beyond."""

    density: float = 1.0
    phase: float = 0.0
    beyond: int = WRAP

    def indices(self, positions: Positions, levels: int, first: int = 1) -> NDArray[np.uint8]:
        """Which of `levels` equal steps each position is at, counted from `first`; 0 for nan."""
        out = np.empty(positions.shape, np.uint8)
        own = self.density, self.phase, self.beyond
        _bands(out, lambda start, stop: _index(positions, *own, levels, first, start, stop, out))
        return out

    def on_palette(self, positions: Positions) -> NDArray[np.float64]:
        """Where between 0 and 1 each position is; nan for nan."""
        at = positions.astype(np.float64) * self.density + self.phase
        if self.beyond == CLAMP:
            return np.clip(at, 0, 1)
        if self.beyond == WRAP:
            return np.where((at < 0) | (at > 1), at - np.floor(at), at)
        return np.where((at < 0) | (at > 1), 1 - np.abs(np.mod(at, 2) - 1), at)

    def colours(self, positions: Positions, ramp: NDArray[np.float32]) -> NDArray[np.float32]:
        """The colour of each position, (ny, nx, 3) float32; nan for nan.

        ramp : (n, 3) float32, from the palette's beginning to its end.
        """
        out = np.empty((*positions.shape, 3), np.float32)
        own = self.density, self.phase, self.beyond
        _bands(out, lambda start, stop: _colour(positions, *own, ramp, start, stop, out))
        return out


def _bands(rows: NDArray[Any], work: Callable[[int, int], None]) -> None:
    share_rows(rows.shape[0], lambda _, start, stop: work(start, stop))


def _on_palette(position: Any, density: float, phase: float, beyond: int) -> Any:
    """Where between 0 and 1 this is. What lies there without wrapping is left there."""
    at = position * density + phase
    if 0 <= at <= 1:
        return at
    if beyond == CLAMP:
        return min(max(at, 0.0), 1.0)
    if beyond == WRAP:
        return at - np.floor(at)
    at -= 2 * np.floor(at / 2)
    return 2 - at if at > 1 else at


def _index(
    positions: Any,
    density: float,
    phase: float,
    beyond: int,
    levels: int,
    first: int,
    start: int,
    stop: int,
    out: Any,
) -> None:
    for row in range(start, stop):
        for column in range(positions.shape[1]):
            position = np.float64(positions[row, column])
            if np.isnan(position):
                out[row, column] = 0
            else:
                at = _on_palette(position, density, phase, beyond)
                out[row, column] = first + np.int64(at * (levels - 1) + 0.5)


def _colour(
    positions: Any,
    density: float,
    phase: float,
    beyond: int,
    ramp: Any,
    start: int,
    stop: int,
    out: Any,
) -> None:
    for row in range(start, stop):
        for column in range(positions.shape[1]):
            position = np.float64(positions[row, column])
            if np.isnan(position):
                out[row, column] = np.nan
            else:
                at = _on_palette(position, density, phase, beyond)
                out[row, column] = ramp[np.int64(at * (ramp.shape[0] - 1) + 0.5)]


def _look_up(bins: Any, table: Any, start: int, stop: int, out: Any) -> None:
    for row in range(start, stop):
        for column in range(bins.shape[1]):
            for channel in range(table.shape[1]):
                out[row, column, channel] = table[bins[row, column], channel]


_on_palette = jit_part(_on_palette, **ARITHMETIC)
_index = jit(_index, **ARITHMETIC)
_colour = jit(_colour, **ARITHMETIC)
_look_up = jit(_look_up, **ARITHMETIC)
