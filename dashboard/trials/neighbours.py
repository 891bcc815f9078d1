"""Visitors who ask for as much as the page allows, each kind in its own way."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from dashboard.bench.asking import View
from dashboard.trials.guest import Guest
from dashboard.trials.served import PATH
from dashboard.trials.wandering import ordinary

# Just outside a minibrot: points escape only after some 38,000 iterations.
MINIBROT = (-0.6977273122174665, -0.2589795459061861, 1.5e-8)
HUGE = (4000, 3000)
AGAIN_SECONDS, TURN_SECONDS, PRESS_SECONDS = 3.0, 1.2, 5.0
PRESSERS, CONNECTIONS = 10, 4

Visit = Coroutine[Any, Any, None]


@dataclass
class Neighbourhood:
    """Where they visit, for how long, and what became of it."""

    port: int
    chance: random.Random
    done: Counter[str] = field(default_factory=Counter)
    open: bool = True

    def goes_on(self) -> bool:
        """Whether they still visit."""
        return self.open

    def said(self) -> str:
        """What they did, in a few words."""
        return ", ".join(f"{number} {word}" for word, number in sorted(self.done.items()))


@dataclass(frozen=True)
class Kind:
    """A kind of visitor, and what all of them do at once."""

    title: str
    visits: Callable[[Neighbourhood], Iterable[Visit]]


async def _heavy(place: Neighbourhood, link: dict[str, object]) -> None:
    """Ask for an immense picture, and before long for the next."""
    nx, ny = HUGE
    x, y, width = MINIBROT
    guest = await Guest.arrive(place.port, "?" + urlencode(link), nx, ny)
    try:
        while place.goes_on() and guest.heard.closed is None:
            moved = x + width * place.chance.uniform(-0.01, 0.01)
            place.done["asked"] += 1
            answer = await guest.see(View(moved, y, width, nx, ny), AGAIN_SECONDS)
            if answer is not None:
                place.done["pictures" if answer.picture else "refused"] += 1
    finally:
        guest.leave()


def _numpy(place: Neighbourhood) -> list[Visit]:
    link = {"stage": "numpy", "iterations": 50_000, "precision": "float64"}
    return [_heavy(place, link)]


def _minibrot(place: Neighbourhood) -> list[Visit]:
    return [_heavy(place, {"stage": "fast", "iterations": 100_000})]


def _chunked(place: Neighbourhood) -> list[Visit]:
    return [_compiling(place, {"stage": "chunked", "chunk": 200}, AGAIN_SECONDS, resize=False)]


def _resizing(place: Neighbourhood) -> list[Visit]:
    return [_compiling(place, {"stage": "pairs"}, TURN_SECONDS, resize=True)]


async def _compiling(
    place: Neighbourhood, link: dict[str, object], every: float, resize: bool
) -> None:
    """Ask for pictures whose kernels nobody has compiled; also anew for each width."""
    nx, ny = place.chance.randint(600, 700), 500
    guest = await Guest.arrive(place.port, "?" + urlencode(link), nx, ny)
    try:
        while place.goes_on() and guest.heard.closed is None:
            nx += 1 if resize else 0
            place.done["asked"] += 1
            answer = await guest.see(ordinary(place.chance, nx, ny), every)
            if answer is not None:
                place.done["pictures" if answer.picture else "refused"] += 1
                await asyncio.sleep(max(every - answer.seconds, 0))
    finally:
        guest.leave()


def _pressing(place: Neighbourhood) -> list[Visit]:
    return [_press(place) for _ in range(PRESSERS)]


async def _press(place: Neighbourhood) -> None:
    """Measure, again and again."""
    guest = await Guest.arrive(place.port, nx=800, ny=600)
    try:
        await guest.see(ordinary(place.chance, 800, 600), 30)
        while place.goes_on() and guest.heard.closed is None:
            place.done["pressed"] += guest.press("Measure")
            await asyncio.sleep(PRESS_SECONDS)
    finally:
        guest.leave()


def _links(place: Neighbourhood) -> list[Visit]:
    return [_flood(place) for _ in range(CONNECTIONS)]


async def _flood(place: Neighbourhood) -> None:
    """Fetch the page as fast as it comes, and never come back for its websocket."""
    while place.goes_on():
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
        except OSError:
            place.done["refused"] += 1
            await asyncio.sleep(0.1)
            continue
        try:
            while place.goes_on():
                query = urlencode({"x": f"{place.chance.uniform(-2, 1)}", "width": "0.5"})
                head = f"GET /{PATH}?{query} HTTP/1.1\r\nHost: localhost:{place.port}\r\n\r\n"
                writer.write(head.encode())
                answer = await reader.readuntil(b"\r\n\r\n")
                place.done[f"answers {answer.split(b' ', 2)[1].decode(errors='replace')}"] += 1
                length = 0
                for line in answer.lower().split(b"\r\n"):
                    if line.startswith(b"content-length:"):
                        length = int(line.partition(b":")[2])
                await reader.readexactly(length)
        except (OSError, EOFError, ValueError):
            place.done["broken off"] += 1
        finally:
            writer.close()


KINDS = {
    "numpy": Kind("numpy, 50,000 iterations, 4000 × 3000 in a minibrot", _numpy),
    "chunked": Kind("chunked by 200, cold", _chunked),
    "resizing": Kind("a stage compiled for each size, a new width every 1.2 s", _resizing),
    "measuring": Kind("ten who press Measure", _pressing),
    "minibrot": Kind("fast, 100,000 iterations, 4000 × 3000 in a minibrot", _minibrot),
    "links": Kind("page fetches from 4 connections without a pause", _links),
}
