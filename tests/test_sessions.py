"""Visitors by raw websockets: what one sends costs a picture at most, what leaves is freed."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dashboard.bench.asking import Feed, View, how_to_ask
from dashboard.bench.wire import Session
from tests.browsing import ROOT, free_port, wait_until_it_answers

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


def test_sessions_that_have_left_are_freed(tmp_path: Path) -> None:
    with counting_server(tmp_path) as (server, port):

        async def visits() -> None:
            await asyncio.gather(*(visit(port) for _ in range(8)))

        asyncio.run(visits())
        for _ in range(200):  # sessions are looked after a few times a second
            found = counted(server, tmp_path)
            if found["Explorer"] <= 2:
                break
        assert found["Explorer"] <= 2, found
        assert found["PictureView"] <= 2, found


def test_no_request_makes_more_than_a_window(tmp_path: Path) -> None:
    """Sizes that are negative, immense or no numbers; then an honest request is answered."""
    bad: list[dict[str, Any]] = [
        {"nx": [-1], "ny": [-8]},
        {"nx": [1], "ny": [100_000]},
        {"nx": [2**40], "ny": [2**40]},
        {"nx": ["many"]},
        {"x": [None]},
        {"seq": []},
    ]
    with counting_server(tmp_path) as (_, port):

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
        assert "Traceback" not in (tmp_path / "server.log").read_text()
