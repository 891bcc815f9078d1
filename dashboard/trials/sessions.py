"""Sessions that are opened and closed, one after another: nothing of them may stay."""

from __future__ import annotations

import asyncio
import random
import time

from dashboard.trials.guest import Guest
from dashboard.trials.plan import Plan
from dashboard.trials.result import Results, Row
from dashboard.trials.served import Served
from dashboard.trials.wandering import ordinary

FIRST = 10
GROWTH = 0.10
KINDS = ("Explorer", "Document", "PictureView", "ServerSession")
# A session more or less than before may be one that is about to go.
SPARE = 2
GONE_SECONDS = 240.0


async def sessions(server: Served, plan: Plan) -> Results:
    """Open and close so many; compare memory, and what is held, with after the first ten."""
    chance = random.Random(plan.seed)
    failures: list[str] = []
    first = min(FIRST, plan.sessions // 2)
    for _ in range(first):
        await _visit(server, chance, plan, failures)
    held = await _settled(server, None)
    before = server.memory().get("server", 0)
    for _ in range(plan.sessions - first):
        await _visit(server, chance, plan, failures)
    later = await _settled(server, held)
    after = server.memory().get("server", 0)
    grown = after / before - 1 if before else float("nan")
    rows = [
        Row(
            "sessions",
            f"{plan.sessions} sessions opened and closed",
            f"{len(failures)} failed" + (f": {failures[0]}" if failures else ""),
            "none failed",
            not failures,
        ),
        Row(
            "sessions",
            f"memory of the server, after {first} sessions → after {plan.sessions}",
            f"{before / 2**20:.0f} → {after / 2**20:.0f} MiB, {grown:+.1%}",
            "" if plan.short else f"within {GROWTH:.0%}",
            None if plan.short else abs(grown) <= GROWTH,
        ),
    ]
    if held is not None and later is not None:
        words = ", ".join(f"{kind} {held[kind]} → {later[kind]}" for kind in KINDS)
        rows.append(
            Row(
                "sessions",
                "objects held",
                words,
                "no more than before",
                all(later[kind] <= held[kind] + SPARE for kind in KINDS),
            )
        )
    return Results(rows, details={"sessions": {"before": held, "after": later}})


async def _visit(server: Served, chance: random.Random, plan: Plan, failures: list[str]) -> None:
    try:
        guest = await Guest.arrive(server.port, nx=300, ny=200)
    except Exception as error:
        failures.append(repr(error))
        return
    answer = await guest.see(ordinary(chance, 300, 200), plan.patience)
    if answer is None or not answer.picture:
        failures.append("no picture")
    guest.leave()


async def _settled(server: Served, before: dict[str, int] | None) -> dict[str, int] | None:
    """What the server holds, once it is as little as before, or does not become less."""
    until = time.monotonic() + GONE_SECONDS
    last: dict[str, int] | None = None
    while time.monotonic() < until:
        counted = await asyncio.to_thread(server.count)
        if counted is None:
            await asyncio.sleep(5)
            return None
        found = {kind: counted.get(kind, 0) for kind in KINDS}
        if before is None:
            if found == last:
                break
        elif all(found[kind] <= before[kind] for kind in KINDS):
            return found
        last = found
        await asyncio.sleep(2)
    return last
