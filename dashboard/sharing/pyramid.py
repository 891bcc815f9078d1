"""A view's picture at several resolutions, in tiles: what can be looked at without computing."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol, TypeVar

from dashboard.state import MAX_PIXELS, MAX_WIDTH, State, home
from dashboard.subject import Subject
from mandel_core import Settings, Viewport
from mandel_core.colour.encoding import Encoded
from mandel_core.runtime.threads import cores
from mandel_core.worker.file_tasks import MARGIN, DrawTiles
from mandel_core.worker.tasks import Draw, Picture, TaskOfStage

T = TypeVar("T")

TILE = 512  # pixels
# How many times as fine as the picture on screen, as far as the limits allow; and how many times as
# wide, as long as there is more to see.
FINER = (1, 2, 4)
AROUND = (Decimal(4), Decimal(2))

# The finest level. Its files take at most some 0.36 bytes a pixel, a third more as text.
MOST_PIXELS = 16_000_000
# The next level is left out where it would take longer than what is left of this.
MOST_SECONDS = 120.0
SMALLEST = 64  # pixels a side


class Do(Protocol):
    """Does a task and waits for it. Raises StageFailure."""

    def __call__(self, task: TaskOfStage[T], /) -> T:
        """Do it."""


@dataclass(frozen=True, eq=False)
class Level:
    """One resolution.

    tiles : image files, TILE pixels a side but for the last ones, by rows from the top.
    """

    view: Viewport
    tiles: tuple[tuple[Encoded, ...], ...]


@dataclass(frozen=True, eq=False)
class Pyramid:
    """A picture and its levels, the coarsest first; `picture` is as wide as the screen's."""

    picture: Picture
    levels: tuple[Level, ...]


def draw(
    state: State,
    size: tuple[int, int],
    do: Do,
    most_pixels: int = MOST_PIXELS,
    most_seconds: float = MOST_SECONDS,
) -> Pyramid:
    """Draw a state's view in a window of this size, and finer, and what lies around.

    By the stage `fast` on the processor, whatever stage the state has: it takes any size, and what
    others compute differs by rounding.

    most_pixels : of the finest level; the first one is drawn whatever it has.
    most_seconds : after which no finer level is begun, as far as can be foreseen.

    Raises ValueError for a size out of its limits, StageFailure if something cannot be drawn.
    """
    check(*size)
    state = replace(state, stage="fast", device="cpu")
    started = time.monotonic()
    view = _view(state, size, Decimal(1), 1)
    picture = do(Draw(view, _settings(state, view), state.colouring, state.automatic))
    state = replace(state, maxiter=picture.settings.maxiter)

    def level(times: Decimal, finer: int) -> Level:
        return _level(state, _view(state, size, times, finer), view, do, fine=finer == 1)

    levels: list[Level] = []
    for times in AROUND:
        if state.width < home(state.formula).width and state.width * times <= MAX_WIDTH:
            levels.append(level(times, 1))
    last = 0.0
    for finer in FINER if not picture.all_interior else FINER[:1]:
        begun = time.monotonic()
        too_long = begun - started + 4 * last > most_seconds
        if finer > 1 and (too_long or view.nx * view.ny * finer**2 > most_pixels):
            break
        levels.append(level(Decimal(1), finer))
        last = time.monotonic() - begun
    return Pyramid(picture, tuple(levels))


def check(columns: int, rows: int) -> None:
    """Raises ValueError, in a sentence, for a window that is too small or too large."""
    if not all(SMALLEST <= side <= MAX_PIXELS for side in (columns, rows)):
        raise ValueError(
            f"a picture has {SMALLEST} to {MAX_PIXELS} pixels a side, not {columns} x {rows}"
        )


def _view(state: State, size: tuple[int, int], times: Decimal, finer: int) -> Viewport:
    nx, ny = size
    return Viewport.from_screen(state.x, state.y, state.width * times, nx * finer, ny * finer)


def _settings(state: State, view: Viewport) -> Settings:
    return Subject(view, state, cores()).settings()


def _level(state: State, view: Viewport, like: Viewport, do: Do, fine: bool) -> Level:
    settings = _settings(state, view)
    rows: list[tuple[Encoded, ...]] = []
    for top in range(0, view.ny, TILE):
        height = min(TILE, view.ny - top)
        first = view.ny - top - height  # rows go upwards
        margins = 2 * MARGIN
        band = view.part(-MARGIN, first - MARGIN, view.nx + margins, height + margins)
        task = DrawTiles(
            *(band, settings, like, TILE, state.colouring),
            smooth=fine and state.antialias,
            fine=fine,
        )
        rows.append(do(task))
    return Level(view, tuple(rows))
