"""The parts in turn: each with a server of its own, in the short form all with one."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from tornado.httpclient import AsyncHTTPClient

from dashboard.trials.beside import beside
from dashboard.trials.faults import faults
from dashboard.trials.hostile import hostile
from dashboard.trials.load import load
from dashboard.trials.plan import Plan
from dashboard.trials.result import Results, Row
from dashboard.trials.served import Served, Stopped, scratch_folder, serving
from dashboard.trials.sessions import sessions
from dashboard.trials.zoom import zoom

Part = Callable[[Served, Plan], Awaitable[Results]]
PARTS: dict[str, Part] = {
    "load": load,
    "beside": beside,
    "hostile": hostile,
    "faults": faults,
    "sessions": sessions,
    "zoom": zoom,
}
END_SECONDS = 10.0
# After which a server that says nothing is taken for dead.
ANSWER_SECONDS = 120.0
# Where many sessions come and go; elsewhere a session lives as long as Panel lets it.
LIFETIMES = {"sessions": 2000, "hostile": 2000}


@dataclass(frozen=True)
class Given:
    """A server that runs already."""

    port: int
    pid: int
    log: Path | None


async def run(
    parts: tuple[str, ...], plan: Plan, given: Given | None, file: Path | None = None
) -> Results:
    """All these parts; what is known after each is written to the file."""
    AsyncHTTPClient.configure(None, max_clients=1000)
    results = Results()
    if given is not None:
        server = Served(given.port, given.pid, given.log)
        for name in parts:
            results.add(await _try(name, server, plan))
            _write(results, file)
        return results
    for group in (parts,) if plan.short else tuple((name,) for name in parts):
        with (
            scratch_folder() as scratch,
            serving(scratch, lifetime_ms=max(LIFETIMES.get(name, 0) for name in group)) as server,
        ):
            for name in group:
                results.add(await _try(name, server, plan))
                _write(results, file)
            results.rows.append(_ended(server.stop(), group))
            _write(results, file)
    return results


async def _try(name: str, server: Served, plan: Plan) -> Results:
    print(name, file=sys.stderr, flush=True)
    results = await PARTS[name](server, plan)
    alive = server.alive() and server.answers(ANSWER_SECONDS)
    return Results(
        [
            *results.rows,
            Row(
                name,
                "the server afterwards",
                "runs" if alive else "is gone or silent",
                "runs",
                alive,
            ),
        ],
        results.defects,
        results.details,
    )


def _ended(stopped: Stopped, parts: tuple[str, ...]) -> Row:
    left = f"left over: {'; '.join(stopped.left_over)}" if stopped.left_over else "nothing left"
    how = (
        f"did not end within {stopped.seconds:.0f} s"
        if stopped.killed
        else f"{stopped.seconds:.1f} s"
    )
    return Row(
        parts[-1],
        "the server ends when it is told to",
        f"{how}, {left}",
        f"within {END_SECONDS:g} s, nothing left",
        not stopped.killed and stopped.seconds <= END_SECONDS and not stopped.left_over,
    )


def _write(results: Results, file: Path | None) -> None:
    if file is not None:
        file.write_text(json.dumps(results.plain(), indent=1), encoding="utf-8")
