"""One visit: the page opens, the wheel turns notch by notch, then there are gestures."""

from __future__ import annotations

import asyncio
import math
import os
import random
from dataclasses import dataclass, field
from typing import Any

from dashboard.bench.apps import Server
from dashboard.bench.browser import Browser, Tab
from dashboard.bench.cost import Cpu, Others, cpu_of
from dashboard.bench.readings import Gesture, Notes, Tick

# Where there is something to see at any scale, close enough to the middle to stay on the picture.
PLACES = ((-0.745, 0.11), (-1.25, 0.03), (0.28, 0.01), (-0.16, 1.03), (-1.4, 0.0), (-0.09, 0.654))
TICK_SECONDS, GESTURE_SECONDS = 1.2, 2.0
NOTCH_SECONDS, MOVE_SECONDS = 0.05, 0.016
REACH = 150  # pixels that a drag goes to and fro
QUIET_MS, PATIENCE_MS, SLOW_PATIENCE_MS = 500, 4_000, 15_000
# A picture that is on a slow line is not heard of until all of it is there.
SLOW_QUIET_MS, SLOW_GESTURE_MS = 3_000, 40_000
OPEN_MS, SLOW_OPEN_MS = 20_000, 60_000
NOTHING = Cpu()


@dataclass
class Visit:
    """What one visit has shown; milliseconds, bytes and processor seconds."""

    opened: float | None = None
    opened_whole: float | None = None
    opened_cpu: Cpu = NOTHING
    ticks: list[Tick] = field(default_factory=list)
    ticks_cpu: Cpu = NOTHING
    ticks_browser: float = 0.0
    wheels: list[Gesture] = field(default_factory=list)
    drags: list[Gesture] = field(default_factory=list)
    gestures_cpu: Cpu = NOTHING
    extensions: str = ""
    others: float = 0.0  # share of the machine


async def picture_size(
    browser: Browser, server: Server, window: tuple[int, int]
) -> tuple[int, int]:
    """How large the page's picture is in such a window."""
    async with browser.tab(*window) as tab:
        await _open(tab, server, slow=False)
        nx, ny = await tab.run("benchWatch.size()")
        return round(nx), round(ny)


async def visit(
    browser: Browser, server: Server, window: tuple[int, int], ticks: int, slow: bool, number: int
) -> Visit:
    """Visit a page, and leave nothing behind but its cost."""
    result = Visit()
    patience = SLOW_PATIENCE_MS if slow else PATIENCE_MS
    chance = random.Random(number)  # each app the same
    async with browser.tab(*window) as tab:
        others, all_before = Others(), cpu_of(os.getpid()).all
        before = server.cpu()
        await _open(tab, server, slow)
        result.opened_cpu = server.cpu() - before
        notes = Notes(await tab.run("benchWatch.take()"))
        result.extensions = notes.extensions
        if not server.script:  # else most of the time is a kernel's
            result.opened = notes.first_painted()
            result.opened_whole = notes.first_painted(whole=True)
        await asyncio.sleep(1)

        before, browser_before = server.cpu(), cpu_of(browser.process.pid).all
        for tick in range(ticks):
            # Not twice the same view: it would look as if nothing had come.
            place = PLACES[(number * ticks + tick) // 2 % len(PLACES)]
            at = await _place(tab, place, chance)
            tab.mouse("mouseMoved", *at)
            await asyncio.sleep(0.05)
            await tab.run("benchWatch.take(), 0")
            tab.mouse("mouseWheel", *at, deltaX=0, deltaY=100 if tick % 2 else -100)
            await asyncio.gather(_until_quiet(tab, patience), asyncio.sleep(TICK_SECONDS))
            result.ticks.append(Notes(await tab.run("benchWatch.take()")).tick())
        result.ticks_cpu = server.cpu() - before
        result.ticks_browser = cpu_of(browser.process.pid).all - browser_before

        before = server.cpu()
        at = await _place(tab, PLACES[number % 2], chance)
        for sign in (-1, 1):
            # Out again about another point, else each view is one that was seen on the way in.
            await _wheel(tab, [pixel + 9 * sign for pixel in at], sign)
            await _rest(tab, slow)
            result.wheels.append(Notes(await tab.run("benchWatch.take()")).gesture())
        await _drag(tab, await _place(tab, PLACES[0], chance))
        await _rest(tab, slow)
        result.drags.append(Notes(await tab.run("benchWatch.take()")).gesture())
        result.gestures_cpu = server.cpu() - before
        result.others = others.share(cpu_of(os.getpid()).all - all_before)
    return result


async def _open(tab: Tab, server: Server, slow: bool) -> None:
    await tab.call("Page.navigate", url=server.url(slow))
    await asyncio.sleep(0.2)
    if server.script:
        await tab.run(server.script)
    await _until_quiet(tab, SLOW_OPEN_MS if slow else OPEN_MS)


async def _rest(tab: Tab, slow: bool) -> None:
    """Wait until nothing more comes of a gesture."""
    if slow:
        await _until_quiet(tab, SLOW_GESTURE_MS, SLOW_QUIET_MS)
    else:
        await _until_quiet(tab, PATIENCE_MS)


async def _until_quiet(tab: Tab, at_most: int, quiet: int = QUIET_MS) -> None:
    await tab.run(
        f"window.benchWatch ? benchWatch.settled({quiet}, {at_most}) : new Promise(done =>"
        f" setTimeout(done, 200)).then(() => benchWatch.settled({quiet}, {at_most}))"
    )


async def _place(tab: Tab, place: tuple[float, float], chance: random.Random) -> list[float]:
    at: list[Any] = await tab.run(f"benchWatch.place({place[0]}, {place[1]})")
    return [float(pixel) + chance.uniform(-6, 6) for pixel in at]


async def _wheel(tab: Tab, at: list[float], sign: int) -> None:
    clock = asyncio.get_running_loop().time
    started = clock()
    for notch in range(round(GESTURE_SECONDS / NOTCH_SECONDS)):
        tab.mouse("mouseWheel", *at, deltaX=0, deltaY=100 * sign)
        await asyncio.sleep(started + (notch + 1) * NOTCH_SECONDS - clock())


async def _drag(tab: Tab, at: list[float]) -> None:
    clock = asyncio.get_running_loop().time
    x, y = at
    tab.mouse("mouseMoved", x, y)
    tab.mouse("mousePressed", x, y, button="left", buttons=1, clickCount=1)
    started = clock()
    steps = round(GESTURE_SECONDS / MOVE_SECONDS)
    for step in range(1, steps + 1):
        along = 2.3 * math.pi * step / steps
        to = x + REACH * math.sin(along), y + REACH * (1 - math.cos(along)) / 2
        tab.mouse("mouseMoved", *to, button="left", buttons=1)
        await asyncio.sleep(started + step * MOVE_SECONDS - clock())
    tab.mouse("mouseReleased", *to, button="left", buttons=0, clickCount=1)
