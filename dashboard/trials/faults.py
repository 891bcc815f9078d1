"""Workers that are killed or hang while people look: every picture still has to come."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from dataclasses import dataclass
from math import inf
from typing import Any

import psutil

from dashboard.bench.quantile import quantile
from dashboard.trials.guest import Guest
from dashboard.trials.lateness import ALLOWED, late_by
from dashboard.trials.logs import Log, tracebacks
from dashboard.trials.plan import Plan
from dashboard.trials.result import Defect, Results, Row
from dashboard.trials.served import Served, role
from dashboard.trials.shortages import shortages
from dashboard.trials.wandering import ordinary

NX, NY = 400, 300
PAUSE_SECONDS = (0.5, 1.2)
NAMES = {signal.SIGKILL: "killed", signal.SIGSTOP: "stopped"}
# After the last fault, until a worker that hangs must have been replaced.
REPLACED_SECONDS = 5.0


@dataclass(frozen=True)
class Fault:
    """A worker that was killed or stopped."""

    at: float
    kind: str
    role: str
    pid: int


@dataclass(frozen=True)
class AnsweredView:
    """A view at rest, and when its picture came; None if it was lost."""

    asked: float
    answered: float | None
    picture: bool


async def faults(server: Served, plan: Plan) -> Results:
    """Kill and stop workers, then take from the server what it needs."""
    results = await _kill_and_stop(server, plan)
    results.add(await shortages(server, plan))
    return results


async def _kill_and_stop(server: Served, plan: Plan) -> Results:
    log = Log(server.log)
    guests = [await Guest.arrive(server.port, nx=NX, ny=NY) for _ in range(plan.visitors)]
    asked: list[AnsweredView] = []
    over = asyncio.Event()
    visiting = [
        asyncio.create_task(_visit(guest, random.Random(f"{plan.seed} {i}"), plan, over, asked))
        for i, guest in enumerate(guests)
    ]
    await asyncio.sleep(1)
    done = await _disturb(server, plan)
    await asyncio.sleep(REPLACED_SECONDS)
    # One that measures may stand still for good reasons: what counts is those stopped here.
    hung = {fault.pid for fault in done if fault.kind == NAMES[signal.SIGSTOP]}
    hanging = [worker.pid for worker in server.workers() if worker.pid in hung]
    zombies = server.zombies()
    over.set()
    await asyncio.gather(*visiting)
    dropped = sum(guest.heard.closed is not None for guest in guests)
    for guest in guests:
        guest.leave()
    counted = tracebacks(log.news())
    return Results(
        _rows(plan, asked, done, dropped, hanging, zombies),
        [Defect("faults", f"traceback in the log: {kind}", "a worker killed or stopped", times)
         for kind, times in counted.items()],
        {"faults": _details(asked, done)},
    )  # fmt: skip


async def _visit(
    guest: Guest, chance: random.Random, plan: Plan, over: asyncio.Event, asked: list[AnsweredView]
) -> None:
    await asyncio.sleep(chance.random())
    while not over.is_set() and guest.heard.closed is None:
        guest.ask(ordinary(chance, NX, NY), rest=False, coarse=2)
        await asyncio.sleep(0.1)
        ask = guest.ask(ordinary(chance, NX, NY))
        answer = await guest.wait(ask, plan.patience)
        answered = ask.asked_at + answer.seconds if answer is not None else None
        asked.append(AnsweredView(ask.asked_at, answered, answer is not None and answer.picture))
        await asyncio.sleep(chance.uniform(*PAUSE_SECONDS))


async def _disturb(server: Served, plan: Plan) -> list[Fault]:
    chance = random.Random(plan.seed)
    kinds = [signal.SIGKILL] * plan.kills + [signal.SIGSTOP] * plan.hangs
    chance.shuffle(kinds)
    gap = 60 * plan.fault_minutes / max(len(kinds), 1)
    done: list[Fault] = []
    for kind in kinds:
        await asyncio.sleep(gap * chance.uniform(0.4, 1.6))
        able = await _able(server)
        if not able:
            continue
        victim = chance.choice(able)
        done.append(Fault(time.perf_counter(), NAMES[kind], role(victim), victim.pid))
        try:
            os.kill(victim.pid, kind)
        except ProcessLookupError:
            done.pop()
    return done


async def _able(server: Served) -> list[psutil.Process]:
    """The workers that run, as soon as there is one: some stand still while others draw."""
    for _ in range(round(REPLACED_SECONDS / 0.1)):
        able = [worker for worker in server.workers() if not _stopped(worker)]
        if able:
            return able
        await asyncio.sleep(0.1)
    return []


def _stopped(worker: psutil.Process) -> bool:
    try:
        return bool(worker.status() == psutil.STATUS_STOPPED)
    except psutil.NoSuchProcess:
        return False


def _rows(
    plan: Plan,
    asked: list[AnsweredView],
    done: list[Fault],
    dropped: int,
    hanging: list[int],
    zombies: list[int],
) -> list[Row]:
    times = [fault.at for fault in done]
    late = [late_by(one.asked, one.answered, times) for one in asked]
    lost = late.count(inf)
    failed = sum(one.answered is not None and not one.picture for one in asked)
    some = [seconds for seconds in late if 0 < seconds < inf]
    killed = sum(fault.kind == "killed" for fault in done)
    title = f"{plan.visitors} visitors, {killed} workers killed, {len(done) - killed} stopped"
    took = [one.answered - one.asked for one in asked if one.answered is not None]
    patience = f"{plan.patience:g} s"
    return [
        Row("faults", f"{title}: last pictures that never came", f"{lost} of {len(asked)} within "
            f"{patience}", "none", not lost),
        Row("faults", f"{title}: answered without a picture", f"{failed} of {len(asked)}", "none",
            not failed),
        Row("faults", f"{title}: came later than {ALLOWED:g} s after the fault or request",
            f"{len(some)}, the worst by {max(some, default=0):.1f} s; "
            f"p50 {quantile(took, 0.5):.2f} s, p95 {quantile(took, 0.95):.2f} s",
            "none", not some, timing=True),
        Row("faults", f"{title}: visitors dropped", str(dropped), "none", not dropped),
        Row("faults", f"{title}: stopped workers still there {REPLACED_SECONDS:g} s later",
            str(len(hanging)), "none", not hanging),
        Row("faults", f"{title}: zombies", str(len(zombies)), "none", not zombies),
    ]  # fmt: skip


def _details(asked: list[AnsweredView], done: list[Fault]) -> dict[str, Any]:
    return {"faults": [vars(fault) for fault in done], "asked": [vars(one) for one in asked]}
