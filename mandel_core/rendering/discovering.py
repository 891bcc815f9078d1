"""A view with structure, found by chance: down from one that shows all, along the boundary."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from mandel_core.model.control import NO_CONTROL, Control
from mandel_core.model.settings import Settings
from mandel_core.model.viewport import Viewport
from mandel_core.rendering.engine import render_settings
from mandel_core.rendering.iteration_limit import automatic_limit

# The views on the way are coarse; a tile is as many of their pixels wide and high.
COLUMNS, ROWS, TILE = 96, 64, 8
# How much narrower the end is than the beginning, as powers of ten, and each step than the last.
DEPTHS = 1.5, 8.5
STEPS = 0.14, 0.32
# Ends that were looked at more closely before the best of them is taken.
TRIES = 5
# A tile is busy where so many different counts meet in it, and calm where so few do.
BUSY, CALM = 10, 4
# A picture to look at for long is calm in so much of it, and black in no more than that.
BEST_CALM, MOST_BLACK = 0.3, 0.2


@dataclass(frozen=True)
class _Look:
    """What is seen of a coarse view: counts per tile, and how good a picture it would make."""

    counts: NDArray[np.integer]
    variety: NDArray[np.integer]
    black: NDArray[np.floating]

    @property
    def merit(self) -> float:
        """The higher the better."""
        calm = float(np.mean(self.variety <= CALM))
        busy = float(np.mean(self.variety >= BUSY))
        black = float(np.mean(self.black))
        return min(busy, 0.4) - abs(calm - BEST_CALM) - 2 * max(0.0, black - MOST_BLACK)


def discover(
    start: Viewport, settings: Settings, seed: int, control: Control = NO_CONTROL
) -> tuple[Decimal, Decimal, Decimal]:
    """The centre and width of a view within `start` that is worth a look.

    start : a view of the whole picture of the settings' formula.
    seed : chooses; the same one finds the same view.

    Raises Cancelled soon after `control` says to stop.
    """
    chance = random.Random(seed)
    ends: list[tuple[float, Viewport]] = []
    for _ in range(TRIES):
        depth = chance.uniform(*DEPTHS)
        view = _at(start.x, start.y, start.width)
        while True:
            look = _look(view, settings, control)
            if float(view.width / start.width) <= 10**-depth:
                break
            closer = _closer(view, look, chance)
            if closer is None:
                break
            view = closer
        ends.append((look.merit, view))
    _, view = max(ends, key=lambda end: end[0])
    digits = max(0, math.ceil(6 - math.log10(float(view.width))))
    return round(view.x, digits), round(view.y, digits), _short(view.width)


def _at(x: Decimal, y: Decimal, width: Decimal) -> Viewport:
    return Viewport.from_screen(x, y, width, COLUMNS, ROWS)


def _look(view: Viewport, settings: Settings, control: Control) -> _Look:
    settings = replace(settings, dtype=view.precision)
    limit = automatic_limit(view, settings, control)
    counts = render_settings(view, replace(settings, maxiter=limit), control).iterations
    counts = counts.astype(np.int64)
    tiles = counts.reshape(ROWS // TILE, TILE, COLUMNS // TILE, TILE).swapaxes(1, 2)
    tiles = np.sort(tiles.reshape(*tiles.shape[:2], TILE * TILE), axis=-1)
    variety = 1 + np.count_nonzero(np.diff(tiles, axis=-1), axis=-1)
    return _Look(counts, variety, np.mean(tiles == 0, axis=-1))


def _closer(view: Viewport, look: _Look, chance: random.Random) -> Viewport | None:
    """A narrower view around a point near the boundary; None if nothing here has structure."""
    worth = np.where(look.black < 0.6, look.variety, 0).ravel()
    order = np.argsort(worth)[::-1]
    order = order[worth[order] > CALM][: worth.size // 4]
    if order.size == 0:
        return None
    row, column = divmod(int(chance.choice(list(order))), COLUMNS // TILE)
    rows, columns = (slice(TILE * at, TILE * (at + 1)) for at in (row, column))
    tile = look.counts[rows, columns]
    up, across = divmod(int(np.argmax(tile)), TILE)
    xs, ys = view.axes("float64")
    width = view.width
    return _at(
        Decimal(repr(float(xs[TILE * column + across]))),
        Decimal(repr(float(ys[TILE * row + up]))),
        width * Decimal(repr(chance.uniform(*STEPS))),
    )


def _short(width: Decimal) -> Decimal:
    """Two digits: nobody can tell more of a width."""
    return Decimal(f"{width:.1e}").normalize()
