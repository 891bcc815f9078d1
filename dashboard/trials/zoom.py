"""Visitors who zoom for an hour: memory has to stay as it is."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any

from dashboard.bench.quantile import quantile
from dashboard.trials.guest import Guest
from dashboard.trials.memory import growth, keep_sampling
from dashboard.trials.plan import Plan
from dashboard.trials.result import Results, Row
from dashboard.trials.served import Served
from dashboard.trials.wandering import Seen, wander

FLAT = 0.05
NX, NY = 640, 480


async def zoom(server: Served, plan: Plan) -> Results:
    """Let them zoom; the server's and each worker's memory is looked at meanwhile."""
    guests = [await Guest.arrive(server.port, nx=NX, ny=NY) for _ in range(plan.zoomers)]
    until = time.monotonic() + 60 * plan.minutes

    def goes_on() -> bool:
        return time.monotonic() < until and server.alive()

    seen: list[Seen] = []
    wandering = [
        asyncio.create_task(
            wander(guest, random.Random(f"{plan.seed} {i}"), goes_on, plan.patience, seen)
        )
        for i, guest in enumerate(guests)
    ]
    samples = await keep_sampling(server, plan.sample_seconds, goes_on, plan.samples)
    await asyncio.gather(*wandering, return_exceptions=True)
    left = sum(guest.heard.closed is not None for guest in guests)
    for guest in guests:
        guest.leave()
    grown = growth(samples)
    return Results(
        rows=_rows(plan, seen, left, grown, samples[-1].sizes if samples else {}),
        details={"zoom": {"growth": grown, "samples": [[s.seconds, s.sizes] for s in samples]}},
    )


def _rows(
    plan: Plan, seen: list[Seen], left: int, grown: dict[str, Any], last: dict[str, int]
) -> list[Row]:
    came = [one.answer.seconds for one in seen if one.answer is not None and one.answer.picture]
    title = f"{plan.zoomers} visitors zoom for {plan.minutes:g} min"
    rows = [
        Row(
            "zoom",
            f"{title}: last view of each gesture",
            f"{len(came)} of {len(seen)} came; p50 {quantile(came, 0.5):.2f} s, "
            f"p95 {quantile(came, 0.95):.2f} s",
            "all come",
            len(came) == len(seen) > 0 and not left,
        )
    ]
    for name, part in grown.items():
        if part is None:
            rows.append(Row("zoom", f"memory of {name}", "not there all the time"))
            continue
        short = plan.short  # too short to say: caches fill for minutes
        rows.append(
            Row(
                "zoom",
                f"memory of {name}, second sixth → last",
                f"{part:+.1%}, now {last.get(name, 0) / 2**20:.0f} MiB",
                "" if short else f"at most +{FLAT:.0%}",
                None if short else part <= FLAT,
            )
        )
    return rows
