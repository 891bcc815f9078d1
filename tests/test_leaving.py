"""Visitors who leave at any moment leave nothing in the log but that they have left."""

from __future__ import annotations

import asyncio
import itertools
import logging
import socket
import struct
from functools import partial
from pathlib import Path

import pytest
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError

from dashboard.bench.asking import Feed, View, how_to_ask
from dashboard.bench.wire import TOKEN, Session
from dashboard.server import leaving
from dashboard.server.admission import ServerFull
from tests.browsing import NO_TORCH, ROOT, serving

pytestmark = pytest.mark.slow

MOMENTS = ("page", "handshake", "upgrade", "acknowledged", "asked", "reading", "picture")
PICTURES = 3


async def connect(port: int, request: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    writer.write(request.encode())
    return reader, writer


def leave(writer: asyncio.StreamWriter, abruptly: bool) -> None:
    if abruptly:  # as when a network goes: the other end learns of it when it writes
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def visit(port: int, until: str, abruptly: bool) -> None:
    """A visit up to a moment; "" for one that ends as it should."""
    host = f"Host: localhost:{port}\r\n"
    page = f"GET /dashboard HTTP/1.1\r\n{host}Connection: close\r\n\r\n"
    reader, writer = await connect(port, page)
    if until == "page":
        leave(writer, abruptly)
        return
    token = TOKEN.search((await reader.read()).decode())
    writer.close()
    assert token is not None
    upgrade = (
        f"GET /dashboard/ws HTTP/1.1\r\n{host}Upgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Origin: http://localhost:{port}\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
        f"Sec-WebSocket-Protocol: bokeh, {token[1]}\r\n\r\n"
    )
    half = until == "handshake"
    reader, writer = await connect(port, upgrade[: len(upgrade) // 2] if half else upgrade)
    session = Session(reader, writer)
    try:
        await talk(session, reader, until)
    finally:
        leave(writer, abruptly)


async def talk(session: Session, reader: asyncio.StreamReader, until: str) -> None:
    if until in {"handshake", "upgrade"}:
        return
    await reader.readuntil(b"\r\n\r\n")
    await session.receive()
    if until == "acknowledged":
        return
    session.send("PULL-DOC-REQ", {})
    if until == "asked":
        return
    if until == "reading":
        await reader.readexactly(500)
        return
    while (message := await session.receive()).header["msgtype"] != "PULL-DOC-REPLY":
        pass
    asking = how_to_ask(message.content)
    assert isinstance(asking, Feed)
    session.send("PATCH-DOC", {"events": asking.opening(400, 300)})
    for seq in range(1, PICTURES + 1):
        for events in asking.request(seq, View(-0.75, 0.0, 3.0 / seq, 400, 300)):
            session.send("PATCH-DOC", {"events": events})
    if until == "picture":
        return
    while True:
        message = await session.receive()
        if asking.answered(message.content, message.buffer_bytes) == PICTURES:
            return


def test_whoever_leaves_costs_no_traceback_and_those_who_stay_are_served(tmp_path: Path) -> None:
    # Pings come often, so that the server notices by them, too, who has left.
    quickly = ["--keep-alive=20", "--unused-session-lifetime=100", "--check-unused-sessions=50"]
    command = ["panel", "serve", "dashboard", "--liveness", *quickly]
    with serving(command, "/liveness", cwd=ROOT, scratch=tmp_path, environment=NO_TORCH) as address:
        port = int(address.rpartition(":")[2])

        async def storm() -> None:
            leavers = itertools.product(MOMENTS, (False, True))
            await asyncio.gather(*itertools.starmap(partial(visit, port), leavers))
            await asyncio.wait_for(visit(port, "", False), 120)

        asyncio.run(storm())
    log = (tmp_path / "server.log").read_text()
    for word in ("Traceback", "Error", "Failed sending"):
        assert word not in log


def test_a_page_that_is_refused_when_it_comes_back_is_told_of_once(monkeypatch) -> None:
    """By the line in Bokeh's log: what is raised here, Tornado would write there with traceback."""

    async def refused(handler: object, token: str) -> None:
        raise ServerFull("This server has 3 visitors, and that is as many as it takes.")

    monkeypatch.setattr(leaving, "_open", refused)
    asyncio.run(leaving._async_open(object(), "token"))


def test_a_message_to_a_closed_socket_is_no_news_and_other_failures_are() -> None:
    def news(error: Exception) -> bool:
        told = type(error), error, None
        return leaving.is_news(logging.LogRecord("asyncio", 40, "", 1, "never retrieved", (), told))

    assert not news(WebSocketClosedError())
    assert not news(StreamClosedError())
    assert news(ValueError())
