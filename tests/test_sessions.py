"""Visitors by raw websockets: what one sends costs a picture at most, what leaves is freed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from dashboard.bench.asking import Feed, View, changed, how_to_ask, models
from dashboard.bench.wire import Session
from dashboard.server.errors import MOST_FAILED
from tests.browsing import NO_TORCH, ROOT, free_port, wait_until_it_answers

pytestmark = pytest.mark.slow

# A server that writes how many explorers and figures there are when it gets a signal.
COUNTING = """
import gc, json, os, signal, sys
from pathlib import Path
from panel.command import main

def count(*_):
    gc.collect()
    kinds = [type(one).__name__ for one in gc.get_objects()]
    found = {kind: kinds.count(kind) for kind in ("Explorer", "Document", "PictureView")}
    found["frozen"] = gc.get_freeze_count()
    part = Path(out + ".part")
    part.write_text(json.dumps(found))
    part.rename(out)

out, port = sys.argv[1:]
signal.signal(signal.SIGUSR1, count)
sys.argv = ["panel", "serve", "dashboard", "--liveness", f"--port={port}",
            "--unused-session-lifetime=500", "--check-unused-sessions=200"]
main()
"""


@contextmanager
def counting_server(scratch: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = free_port()
    with (scratch / "server.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-c", COUNTING, str(scratch / "count.json"), str(port)],
            cwd=ROOT,
            env=os.environ | NO_TORCH,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until_it_answers(server, f"http://localhost:{port}/liveness")
            yield server, port
        finally:
            server.terminate()
            server.wait(30)


async def arrive(port: int) -> tuple[Session, Feed]:
    session = await Session.open(port, "dashboard")
    session.send("PULL-DOC-REQ", {})
    while (message := await session.receive()).header["msgtype"] != "PULL-DOC-REPLY":
        pass
    asking = how_to_ask(message.content)
    assert isinstance(asking, Feed)
    session.send("PATCH-DOC", {"events": asking.opening(200, 150)})
    return session, asking


async def answer(session: Session, asking: Feed, seq: int) -> None:
    while True:
        message = await session.receive()
        if asking.answered(message.content, message.buffer_bytes) == seq:
            return


async def visit(port: int) -> None:
    """Look at two places, and leave."""
    session, asking = await arrive(port)
    for seq, x in enumerate((-0.75, -1.25), start=1):
        for events in asking.request(seq, View(x, 0.0, 1.0, 200, 150)):
            session.send("PATCH-DOC", {"events": events})
        await asyncio.wait_for(answer(session, asking, seq), 60)
    session.close()


def counted(server: subprocess.Popen[bytes], scratch: Path) -> dict[str, int]:
    file = scratch / "count.json"
    file.unlink(missing_ok=True)
    server.send_signal(signal.SIGUSR1)
    for _ in range(600):
        if file.exists():
            found: dict[str, int] = json.loads(file.read_text())
            return found
        try:
            server.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        break
    raise AssertionError("the server did not count")


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sessions")


@pytest.fixture(scope="module")
def counting(scratch: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with counting_server(scratch) as started:
        yield started


Counting = tuple[subprocess.Popen[bytes], int]


def test_sessions_that_have_left_are_freed(counting: Counting, scratch: Path) -> None:
    server, port = counting

    async def visits() -> None:
        await asyncio.gather(*(visit(port) for _ in range(8)))

    asyncio.run(visits())
    for _ in range(200):  # sessions are looked after a few times a second
        found = counted(server, scratch)
        if found["Explorer"] <= 2:
            break
    assert found["Explorer"] <= 2, found
    assert found["PictureView"] <= 2, found


def test_what_a_server_always_holds_is_not_looked_through_for_garbage(
    counting: Counting, scratch: Path
) -> None:
    """It would be at each full collection, of which there would be too few."""
    server, _ = counting
    assert counted(server, scratch)["frozen"] > 100_000


def test_no_request_makes_more_than_a_window(counting: Counting, scratch: Path) -> None:
    """Sizes that are negative, immense or no numbers; then an honest request is answered."""
    bad: list[dict[str, Any]] = [
        {"nx": [-1], "ny": [-8]},
        {"nx": [1], "ny": [100_000]},
        {"nx": [2**40], "ny": [2**40]},
        {"nx": ["many"]},
        {"x": [None]},
        {"seq": []},
    ]
    _, port = counting

    async def attack() -> None:
        session, asking = await arrive(port)
        for number, change in enumerate(bad, start=1):
            (((event, *_), *_),) = (asking.request(number, View(-0.75, 0.0, 3.5, 200, 150)),)
            entries = dict(event["new"]["entries"]) | change
            event["new"]["entries"] = [[name, value] for name, value in entries.items()]
            session.send("PATCH-DOC", {"events": [event]})
        last = len(bad) + 1
        for events in asking.request(last, View(-0.75, 0.0, 3.0, 200, 150)):
            session.send("PATCH-DOC", {"events": events})
        await asyncio.wait_for(answer(session, asking, last), 60)
        session.close()

    asyncio.run(attack())
    assert "Traceback" not in (scratch / "server.log").read_text()


# Of the same visitor: what each of them sends would be kept until this one leaves.
SENT, SENT_BYTES = 40, 900_000


def test_nothing_a_page_sends_is_kept_but_what_is_listened_to(
    counting: Counting, scratch: Path
) -> None:
    server, port = counting

    async def attack() -> tuple[int, int]:
        session, asking = await arrive(port)
        await see(session, asking, 1)
        before = resident(server)
        session.send("PULL-DOC-REQ", {})
        while (message := await session.receive()).header["msgtype"] != "PULL-DOC-REPLY":
            pass
        found = [model["id"] for model in models(json.loads(message.content))][:SENT]
        for model in found:
            session.send("PATCH-DOC", {"events": [changed(model, tags=["x" * SENT_BYTES])]})
            much = {"type": "map", "entries": [["seq", ["x" * SENT_BYTES]]]}
            streamed: dict[str, Any] = {
                "kind": "ColumnsStreamed",
                "model": {"id": asking.request_id},
            }
            streamed |= {"attr": "data", "data": much, "rollover": None}
            if found.index(model) < MOST_FAILED / 4:  # who fails too often is put out
                session.send("PATCH-DOC", {"events": [streamed]})
        await see(session, asking, 2)
        after = resident(server)
        session.close()
        return before, after

    before, after = asyncio.run(attack())
    # Parts of it are on the way, and what was free before is handed out first.
    assert after - before < SENT * SENT_BYTES / 2


async def see(session: Session, asking: Feed, seq: int) -> None:
    for events in asking.request(seq, View(-0.75, 0.0, 3.0 / seq, 200, 150)):
        session.send("PATCH-DOC", {"events": events})
    await asyncio.wait_for(answer(session, asking, seq), 60)


def resident(server: subprocess.Popen[bytes]) -> int:
    return int(psutil.Process(server.pid).memory_info().rss)
