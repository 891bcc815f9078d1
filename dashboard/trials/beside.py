"""What a light visitor feels of hostile ones: alone, then beside each kind of them."""

from __future__ import annotations

import asyncio
import os
import random
import time
from contextlib import suppress
from dataclasses import dataclass

from dashboard.bench.cost import Others, cpu_of
from dashboard.bench.quantile import quantile
from dashboard.trials.guest import Guest
from dashboard.trials.neighbours import KINDS, Neighbourhood
from dashboard.trials.plan import Plan
from dashboard.trials.result import Results, Row
from dashboard.trials.served import Served
from dashboard.trials.wandering import ordinary

NX, NY = 800, 600
MOST_MORE = 0.3
BEGIN_SECONDS, LATE_SECONDS = 2.0, 3.0
QUIET_SECONDS, QUIET_SHARE = 90.0, 0.1


@dataclass
class Felt:
    """Latencies of one stretch; those lost count as long as was waited for them."""

    seconds: list[float]
    lost: int = 0
    opened: float | None = None
    others: float = 0.0  # what was no part of this took so large a share of the machine

    @property
    def p95(self) -> float:
        """As slow as the slowest but a twentieth."""
        return quantile(self.seconds, 0.95)


async def beside(server: Served, plan: Plan) -> Results:
    """Measure a light visitor alone, and beside each kind."""
    unknown = set(plan.kinds) - set(KINDS)
    if unknown:
        raise ValueError(f"the kinds are {', '.join(KINDS)}")
    chance = random.Random(plan.seed)
    await _quiet(server, plan)
    alone = await _felt(server, plan, chance)
    results = Results([_alone(plan, alone)], details={"beside": {"alone": vars(alone)}})
    for name in plan.kinds or tuple(KINDS):
        place = Neighbourhood(server.port, random.Random(f"{plan.seed} {name}"))
        tasks = [asyncio.create_task(visit) for visit in KINDS[name].visits(place)]
        await asyncio.sleep(BEGIN_SECONDS)
        felt = await _felt(server, plan, chance)
        place.open = False
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        results.rows.append(_row(plan, name, alone, felt, place))
        results.details["beside"][name] = vars(felt)
        await _quiet(server, plan)
        if not server.alive():
            break
    return results


async def _felt(server: Served, plan: Plan, chance: random.Random) -> Felt:
    """A visitor who looks at one view a second; and how long a page takes to open meanwhile."""
    felt = Felt([])
    try:
        guest = await Guest.arrive(server.port, nx=NX, ny=NY)
    except Exception:
        return Felt([plan.patience], 1)
    due = time.perf_counter()
    until = due + plan.seconds
    others, before = Others(), _spent(server)
    opening = asyncio.create_task(_open(server, plan.seconds / 2))
    while due < until and guest.heard.closed is None:
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        answer = await guest.see(ordinary(chance, NX, NY), plan.patience)
        if answer is None or not answer.picture:
            felt.lost += 1
            felt.seconds.append(plan.patience)
        else:
            felt.seconds.append(answer.seconds)
        due = max(due + 1, time.perf_counter())
    guest.leave()
    felt.opened = await opening
    felt.others = others.share(_spent(server) - before)
    return felt


def _spent(server: Served) -> float:
    return (server.cpu() if server.alive() else 0.0) + cpu_of(os.getpid()).own


async def _open(server: Served, wait: float) -> float | None:
    await asyncio.sleep(wait)
    started = time.perf_counter()
    with suppress(Exception):
        (await Guest.arrive(server.port, nx=NX, ny=NY)).leave()
        return time.perf_counter() - started
    return None


async def _quiet(server: Served, plan: Plan) -> None:
    """Wait until the server hardly computes: what came before is over."""
    until = time.monotonic() + (LATE_SECONDS if plan.short else QUIET_SECONDS)
    still = 0
    while still < 3 and time.monotonic() < until and server.alive():
        before = server.cpu()
        await asyncio.sleep(1)
        # Children that ended meanwhile take their seconds with them.
        still = still + 1 if abs(server.cpu() - before) < QUIET_SHARE else 0


def _alone(plan: Plan, alone: Felt) -> Row:
    return Row(
        "beside",
        f"light visitor alone, {plan.seconds:g} s",
        f"p50 {quantile(alone.seconds, 0.5):.2f} s, p95 {alone.p95:.2f} s, {alone.lost} lost, "
        f"page opens in {_time(alone.opened)}; others took {alone.others:.0%} of the machine",
        "none lost",
        not alone.lost,
    )


def _row(plan: Plan, name: str, alone: Felt, felt: Felt, place: Neighbourhood) -> Row:
    more = felt.p95 - alone.p95
    return Row(
        "beside",
        f"light visitor beside {KINDS[name].title}",
        f"p95 {felt.p95:.2f} s, {more:+.2f} s; "
        f"p50 {quantile(felt.seconds, 0.5):.2f} s, {felt.lost} of {len(felt.seconds)} lost "
        f"within {plan.patience:g} s, page opens in {_time(felt.opened)};"
        f" {place.said()}; others took {felt.others:.0%} of the machine",
        f"at most +{MOST_MORE:g} s",
        more <= MOST_MORE and not felt.lost,
        timing=True,
    )


def _time(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.2f} s"
