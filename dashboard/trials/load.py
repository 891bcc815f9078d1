"""Many visitors who zoom at once: how long their pictures take, and whether any is lost."""

from __future__ import annotations

import asyncio
import random
import time

from dashboard.bench.quantile import quantile
from dashboard.trials.guest import Guest
from dashboard.trials.plan import Plan
from dashboard.trials.result import Results, Row
from dashboard.trials.served import Served
from dashboard.trials.wandering import Seen, wander

NX, NY = 800, 600


async def load(server: Served, plan: Plan) -> Results:
    """Each rests every two seconds or so, at a view in full resolution."""
    arriving = (Guest.arrive(server.port, nx=NX, ny=NY) for _ in range(plan.visitors))
    arrived = await asyncio.gather(*arriving, return_exceptions=True)
    guests = [guest for guest in arrived if isinstance(guest, Guest)]
    refused = [repr(error) for error in arrived if isinstance(error, BaseException)]
    until = time.monotonic() + plan.seconds
    seen: list[Seen] = []
    await asyncio.gather(
        *(
            wander(
                guest,
                random.Random(f"{plan.seed} {i}"),
                lambda: time.monotonic() < until,
                plan.patience,
                seen,
            )
            for i, guest in enumerate(guests)
        )
    )
    dropped = sum(guest.heard.closed is not None for guest in guests)
    for guest in guests:
        guest.leave()
    came = [one.answer.seconds for one in seen if one.answer is not None and one.answer.picture]
    lost = len(seen) - len(came)
    title = f"{plan.visitors} visitors zoom for {plan.seconds:g} s, {NX} × {NY}"
    rows = [
        Row("load", f"{title}: last notch → picture", f"p50 {quantile(came, 0.5):.2f} s, "
            f"p95 {quantile(came, 0.95):.2f} s, most {max(came, default=float('nan')):.2f} s"),
        Row("load", f"{title}: pictures lost", f"{lost} of {len(seen)}", "none", not lost),
        Row("load", f"{title}: visitors refused or dropped", f"{len(refused)} and {dropped}",
            "none", not refused and not dropped),
    ]  # fmt: skip
    return Results(rows, details={"load": {"latencies": came, "refused": refused}})
