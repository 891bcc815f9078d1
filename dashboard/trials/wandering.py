"""Where visitors look: they zoom in where there is something to see, and begin anew elsewhere."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

from dashboard.bench.asking import View
from dashboard.bench.visits import PLACES
from dashboard.state import HOME
from dashboard.trials.guest import Answer, Guest

# Points of the boundary, exact enough that there is structure as deep as one can zoom.
DEEP = (
    (0.0, 1.0),
    (-0.1010963638456221, 0.9562865108091415),
    (-0.743643887037151, 0.13182590420533),
    (-1.401155189092051, 0.0),
    (-0.77568377, 0.13646737),
    (-2.0, 0.0),
)
DEEPEST = 1e-11
NOTCHES, NOTCH_SECONDS, NOTCH = 5, 0.1, 0.7
STARE_SECONDS = (0.5, 1.5)


class Wanderer:
    """Chooses views, each gesture's from where the last one ended."""

    def __init__(self, chance: random.Random, nx: int, ny: int) -> None:
        self._chance, self._nx, self._ny = chance, nx, ny
        self._leap()

    def _leap(self) -> None:
        self._place = self._chance.choice(DEEP)
        self._width = float(HOME.width) * self._chance.uniform(0.8, 1.0)

    def gesture(self) -> list[View]:
        """The views of some notches of the wheel; it rests at the last."""
        if self._width < DEEPEST:
            self._leap()
        views = []
        for _ in range(NOTCHES):
            self._width *= NOTCH * self._chance.uniform(0.98, 1.02)
            views.append(View(*self._place, self._width, self._nx, self._ny))
        return views


def ordinary(chance: random.Random, nx: int, ny: int) -> View:
    """A view that nobody has asked for, of a place that anybody might look at."""
    x, y = chance.choice(PLACES)
    width = float(HOME.width) * 10 ** chance.uniform(-1.5, 0)
    return View(x + chance.uniform(-0.1, 0.1) * width, y, width, nx, ny)


@dataclass(frozen=True)
class Seen:
    """One gesture's end: when it was asked for, and what came; None if nothing did in time."""

    asked_at: float
    answer: Answer | None


async def wander(
    guest: Guest,
    chance: random.Random,
    goes_on: Callable[[], bool],
    patience: float,
    seen: list[Seen],
) -> None:
    """Zoom, look, zoom again as long as it goes on."""
    wanderer = Wanderer(chance, guest.nx, guest.ny)
    await asyncio.sleep(chance.random())
    while goes_on() and guest.heard.closed is None:
        *way, last = wanderer.gesture()
        for view in way:
            guest.ask(view, rest=False, coarse=2)
            await asyncio.sleep(NOTCH_SECONDS)
        ask = guest.ask(last)
        seen.append(Seen(ask.asked_at, await guest.wait(ask, patience)))
        await asyncio.sleep(chance.uniform(*STARE_SECONDS))
