"""Many visitors at once, in a process of its own: `python -m dashboard.bench.load`.

Each asks for one new view a second, and waits for its picture before it asks again. Prints one
JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from tornado.httpclient import AsyncHTTPClient

from dashboard.bench.asking import Asking, View, how_to_ask
from dashboard.bench.cost import Others, cpu_of
from dashboard.bench.readings import PICTURE_BYTES
from dashboard.bench.visits import PLACES
from dashboard.bench.wire import Session

PATIENCE = 30.0


@dataclass
class Load:
    """Seconds that things took, over all visitors."""

    opened: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    missed: int = 0
    failures: list[str] = field(default_factory=list)


class Visitor:
    """One session that asks for views."""

    def __init__(self, session: Session, asking: Asking, nx: int, ny: int) -> None:
        self._session, self._asking = session, asking
        self._nx, self._ny = nx, ny
        self._chance = random.Random()
        self._seq = 0
        self._answers: asyncio.Queue[tuple[int, int, float]] = asyncio.Queue()
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        while True:
            message = await self._session.receive()
            large = message.buffer_bytes if message.buffer_bytes > PICTURE_BYTES else 0
            seq = self._asking.answered(message.content, large)
            if seq is not None:
                self._answers.put_nowait((seq, message.buffer_bytes, time.perf_counter()))

    async def ask(self, load: Load) -> None:
        """Ask for a view that nobody has asked for, and wait until it is here."""
        while not self._answers.empty():
            self._answers.get_nowait()
        x, y = self._chance.choice(PLACES)
        width = 3.5 * 10 ** self._chance.uniform(-1.5, 0)
        view = View(x + self._chance.uniform(-0.1, 0.1) * width, y, width, self._nx, self._ny)
        self._seq += 1
        started = time.perf_counter()
        for events in self._asking.request(self._seq, view):
            self._session.send("PATCH-DOC", {"events": events})
        try:
            async with asyncio.timeout(PATIENCE):
                while (answer := await self._answers.get())[0] not in {0, self._seq}:
                    pass
        except TimeoutError:
            load.missed += 1
            return
        load.latencies.append(answer[2] - started)
        load.sizes.append(answer[1])

    def close(self) -> None:
        """Leave."""
        self._reader.cancel()
        self._session.close()


async def _arrive(args: argparse.Namespace, load: Load) -> Visitor:
    started = time.perf_counter()
    session = await Session.open(args.port, args.path)
    session.send("PULL-DOC-REQ", {})
    while (message := await session.receive()).header["msgtype"] != "PULL-DOC-REPLY":
        pass
    load.opened.append(time.perf_counter() - started)
    asking = how_to_ask(message.content)
    session.send("PATCH-DOC", {"events": asking.opening(args.nx, args.ny)})
    return Visitor(session, asking, args.nx, args.ny)


async def _keep_asking(visitor: Visitor, until: float, load: Load) -> None:
    due = time.perf_counter() + random.random()
    while due < until:
        await asyncio.sleep(due - time.perf_counter())
        await visitor.ask(load)
        due = max(due + 1, time.perf_counter())


async def _run(args: argparse.Namespace) -> dict[str, Any]:
    AsyncHTTPClient.configure(None, max_clients=args.sessions)
    load = Load()
    arriving = [_arrive(args, load) for _ in range(args.sessions)]
    arrived = await asyncio.gather(*arriving, return_exceptions=True)
    visitors = [visitor for visitor in arrived if isinstance(visitor, Visitor)]
    load.failures = [repr(error) for error in arrived if isinstance(error, BaseException)]
    await asyncio.sleep(3 + args.sessions / 10)  # their first pictures
    before, started = cpu_of(os.getpid()).own, time.perf_counter()
    server, others = cpu_of(args.server), Others()
    until = started + args.seconds
    done = await asyncio.gather(
        *(_keep_asking(visitor, until, load) for visitor in visitors), return_exceptions=True
    )
    load.failures += [repr(error) for error in done if error is not None]
    took = time.perf_counter() - started
    spent, own = cpu_of(args.server) - server, cpu_of(os.getpid()).own - before
    for visitor in visitors:
        visitor.close()
    return vars(load) | {
        "sessions": args.sessions,
        "seconds": took,
        "server_cpu": [spent.own, spent.children],
        "own_cpu": own,
        "others": others.share(spent.all + own),
    }


def main() -> int:
    """Run as told, and print."""
    parser = argparse.ArgumentParser("dashboard.bench.load", description=__doc__)
    for name in ("port", "sessions", "nx", "ny", "server"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    print(json.dumps(asyncio.run(_run(parser.parse_args()))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
