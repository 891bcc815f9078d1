"""A server as its operator sees it: limits, health, metrics, and its end."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from dashboard.bench.asking import View
from dashboard.bench.wire import TOKEN, Session
from tests.browsing import NO_TORCH, ROOT, browsing, free_port, wait_until_it_answers
from tests.test_sessions import answer, arrive

pytestmark = pytest.mark.slow

PATIENCE = 120.0
SETTINGS = {
    "MAX_SESSIONS": "3",
    "METRICS": "true",
    "STAGES": "fast,numba",
    "MEASURING": "false",
    "PICTURE_SECONDS": "20",
}


@contextmanager
def server(scratch: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = free_port()
    own = {f"MANDEL_EXPLORER_{name}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "panel", "serve", "dashboard", f"--port={port}", "--liveness"]
    # Sessions whose visitors have left go soon; they count as visitors until then.
    command += ["--unused-session-lifetime=1000", "--check-unused-sessions=500"]
    with (scratch / "server.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | NO_TORCH | own, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            wait_until_it_answers(process, f"http://localhost:{port}/liveness")
            yield process, port
        finally:
            process.kill()
            process.wait(30)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("operated")


@pytest.fixture(scope="module")
def operated(scratch: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with server(scratch, **SETTINGS) as started:
        yield started


def get(port: int, path: str) -> tuple[int, str, Any]:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}{path}", timeout=60) as found:
            return found.status, found.read().decode(), found.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers


def health(port: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(get(port, "/health")[1])
    return found


def until_well(port: int) -> None:
    until = time.monotonic() + PATIENCE
    while get(port, "/health")[0] != 200:
        assert time.monotonic() < until
        time.sleep(0.05)


def until_nobody_is_there(port: int) -> None:
    until = time.monotonic() + PATIENCE
    while "mandel_sessions 0.0" not in get(port, "/metrics")[1]:
        assert time.monotonic() < until
        time.sleep(0.2)


async def look(port: int) -> None:
    """A visit with one picture."""
    session, asking = await arrive(port)
    for events in asking.request(1, View(-0.75, 0.0, 1.0, 200, 150)):
        session.send("PATCH-DOC", {"events": events})
    await asyncio.wait_for(answer(session, asking, 1), PATIENCE)
    session.close()


def test_pictures_are_counted_and_processes_watched(
    operated: tuple[subprocess.Popen[bytes], int], scratch: Path
) -> None:
    process, port = operated
    asyncio.run(look(port))
    status, text, headers = get(port, "/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain")
    assert 'mandel_pictures_total{outcome="drawn",stage="fast"}' in text
    assert 'mandel_picture_seconds{quantile="0.95"}' in text
    assert 'mandel_memory_bytes{process="drawing"}' in text
    until_well(port)
    drawing = [
        child
        for child in psutil.Process(process.pid).children()
        if child.cmdline()[-1:] == ["drawing"]
    ]
    drawing[0].kill()
    until = time.monotonic() + PATIENCE
    while not health(port)["drawing"]["replaced"]:
        assert time.monotonic() < until
    until_well(port)
    assert 'mandel_replaced_total{process="drawing",reason="ended"} 1.0' in get(port, "/metrics")[1]
    assert "The drawing process" in (scratch / "server.log").read_text()
    asyncio.run(look(port))


def test_a_page_asks_nobody_else_when_its_session_expired_before_it_connected(
    operated: tuple[subprocess.Popen[bytes], int],
) -> None:
    """As on a slow line; the websocket gets a session of its own then."""
    _, port = operated
    until_nobody_is_there(port)
    found = TOKEN.search(get(port, "/dashboard")[1])
    assert found is not None
    until_nobody_is_there(port)

    async def connect() -> str:
        session = await Session.connect(port, "dashboard", found[1])
        session.send("PULL-DOC-REQ", {})
        while (message := await session.receive()).header["msgtype"] != "PULL-DOC-REPLY":
            pass
        session.close()
        return message.content

    page = asyncio.run(asyncio.wait_for(connect(), PATIENCE))
    assert set(re.findall(r'"url":"([^"]*)css/loading.css', page)) == {"static/extensions/panel/"}


def test_more_pages_than_the_limit_are_refused_in_a_sentence(
    operated: tuple[subprocess.Popen[bytes], int],
) -> None:
    _, port = operated

    async def visit() -> tuple[int, str, Any]:
        sessions = [(await arrive(port))[0] for _ in range(3)]
        refused = await asyncio.to_thread(get, port, "/dashboard")
        for session in sessions:
            session.close()
        return refused

    until_nobody_is_there(port)
    status, text, headers = asyncio.run(visit())
    assert status == 503
    assert "This server has 3 visitors, and that is as many as it takes." in text
    assert int(headers["Retry-After"]) > 0


def test_stages_and_measuring_are_what_the_operator_offers(
    operated: tuple[subprocess.Popen[bytes], int],
) -> None:
    _, port = operated
    until = time.monotonic() + PATIENCE
    while (found := get(port, "/dashboard?stage=numpy"))[0] == 503:
        assert time.monotonic() < until
        time.sleep(0.5)
    token = found[1]
    assert "render_items" in token

    async def pull() -> tuple[str, str]:
        session, _ = await arrive(port)
        session.send("PULL-DOC-REQ", {})
        while (message := await session.receive()).header["msgtype"] != "PULL-DOC-REPLY":
            pass
        page = message.content
        (tabs,) = re.findall(r'"name":"panel.models.tabs.Tabs","id":"(p\d+)"', page)
        opened = {"kind": "ModelChanged", "model": {"id": tabs}, "attr": "active", "new": 1}
        session.send("PATCH-DOC", {"events": [opened]})
        while "for its visitors" not in (tab := str((await session.receive()).content)):
            pass
        session.close()
        return page, tab

    page, tab = asyncio.run(asyncio.wait_for(pull(), PATIENCE))
    assert "NumPy listing" not in page
    assert 'Numba"' in page
    assert "This server does not measure for its visitors." in tab


@pytest.mark.parametrize("busy", [False, True])
def test_a_server_that_is_told_to_stop_leaves_nothing_behind(tmp_path: Path, busy: bool) -> None:
    with server(tmp_path) as (process, port):

        async def begin() -> None:
            session, asking = await arrive(port)
            for events in asking.request(1, View(-0.6977273122, -0.2589795459, 1e-9, 4000, 3000)):
                session.send("PATCH-DOC", {"events": events})
            # In the second of them if the server's own first pictures keep the first one busy.
            while not any(health(port)[process]["busy"] for process in ("long", "drawing")):
                await asyncio.sleep(0.05)
            session.close()  # what it asked for goes on for a while

        if busy:
            asyncio.run(begin())
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
        assert psutil.wait_procs(children, timeout=PATIENCE)[1] == []
        assert "Traceback" not in (tmp_path / "server.log").read_text()


def test_settings_are_checked() -> None:
    command = [sys.executable, "-m", "panel", "serve", "dashboard", "--args", "--max-sessions", "x"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode != 0
    assert "max_sessions" in done.stdout + done.stderr


def test_a_page_says_that_its_server_is_gone(
    operated: tuple[subprocess.Popen[bytes], int],
) -> None:
    """The last test of this server."""
    process, port = operated
    until_nobody_is_there(port)
    with browsing() as visitor:
        visitor.page.goto(f"http://localhost:{port}/dashboard")
        visitor.page.locator(".about").get_by_text(" pixels, ").first.wait_for()
        assert not visitor.page.locator("#lost").is_visible()
        process.kill()
        visitor.page.get_by_text("The connection to the server is lost").wait_for()
