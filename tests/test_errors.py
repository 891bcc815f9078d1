"""A page is told of an error in a sentence and a number; the log has the rest beside the number."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bokeh.server.views.ws import WSHandler

from dashboard.bench.wire import BINARY, TEXT, Closed, Session
from dashboard.server import leaving
from dashboard.server.errors import MOST_FAILED
from tests.browsing import ROOT, browsing, serving

pytestmark = pytest.mark.browser

NUMBER = re.compile(r"under the number ([0-9a-f]{8})\.")

# An app whose page cannot always be made.
APP = """
import jinja2
import panel as pn

from dashboard import page

def fail(*_, **__):
    raise ValueError("a secret in " + __file__)

what = pn.state.session_args.get("what", [])
if b"fail" in what:
    page.Explorer = fail
    page.page()
else:
    pn.widgets.TextInput(name="here").servable()
    if b"html" in what:
        pn.state.curdoc.template = jinja2.Environment().from_string("{{ fail() }}", {"fail": fail})
"""
HOOKS = """
from dashboard.server.leaving import tolerate_disconnects
from dashboard.server.incoming import restrict_patches
from dashboard.server.errors import hide_tracebacks

def on_server_loaded(server_context):
    restrict_patches()
    hide_tracebacks()
    tolerate_disconnects()
"""


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("failing")
    (folder / "app").mkdir()
    (folder / "app" / "main.py").write_text(APP)
    (folder / "app" / "app_hooks.py").write_text(HOOKS)
    return folder


@pytest.fixture(scope="module")
def address(scratch: Path) -> Iterator[str]:
    command = ["panel", "serve", str(scratch / "app"), "--liveness"]
    with serving(command, "/liveness", cwd=ROOT, scratch=scratch) as base:
        yield base


def explained(log: Path, told: str, what: str) -> None:
    """The sentence has nothing of the inside, and its number stands beside the traceback."""
    for secret in ("Traceback", ".py", "secret", str(ROOT), "/"):
        assert secret not in told
    (number,) = NUMBER.findall(told)
    _, _, beside = log.read_text().partition(f"[{number}]")
    assert beside.lstrip().startswith(what)
    assert ".py" in beside.partition("Traceback")[2]


def test_an_error_over_a_message_is_a_sentence(address: str, scratch: Path) -> None:
    async def visit() -> dict[str, Any]:
        session = await Session.open(int(address.rpartition(":")[2]), "app")
        session.send("PULL-DOC-REQ", {})
        while (message := await session.receive()).header["msgtype"] != "PULL-DOC-REPLY":
            pass
        change = {"kind": "ModelChanged", "model": {"id": "none"}, "attr": "value", "new": "now"}
        session.send("PATCH-DOC", {"events": [change]})
        while (message := await asyncio.wait_for(session.receive(), 60)).header[
            "msgtype"
        ] != "ERROR":
            pass
        session.close()
        content: dict[str, Any] = json.loads(message.content)
        return content

    content = asyncio.run(visit())
    assert content["traceback"] is None
    explained(scratch / "server.log", content["text"], "A PATCH-DOC message failed")


def test_whoever_sends_nothing_else_is_put_out(address: str) -> None:
    async def visit() -> int:
        session = await Session.open(int(address.rpartition(":")[2]), "app")
        for _ in range(3 * MOST_FAILED):
            session.send("PATCH-DOC", {"events": "none"})
        failures = 0
        try:
            while True:
                message = await asyncio.wait_for(session.receive(), 60)
                failures += message.header["msgtype"] == "ERROR"
        except Closed:
            session.close()
            return failures

    assert asyncio.run(visit()) < MOST_FAILED


@pytest.mark.parametrize(
    ("opcode", "frames"),
    [
        (TEXT, [b"{nonsense", b"{}", b"{}"]),
        (TEXT, [b"[]", b"{}", b"{}"]),
        (BINARY, [b"\x00"]),
        (TEXT, [b'{"msgid": "1", "msgtype": "NO-SUCH"}', b"{}", b"{}"]),
        (TEXT, [b'{"msgid": "1", "msgtype": "SERVER-INFO-REPLY"}', b"{}", b"{}"]),
        (TEXT, [b'{"msgid": "1", "msgtype": "PUSH-DOC"}', b"{}", b'{"doc": {"roots": []}}']),
    ],
)
def test_what_is_no_message_closes_the_connection_with_a_sentence(
    address: str, scratch: Path, opcode: int, frames: list[bytes]
) -> None:
    async def visit() -> tuple[int, str]:
        session = await Session.open(int(address.rpartition(":")[2]), "app")
        for frame in frames:
            session.write(opcode, frame)
        try:
            while True:
                await asyncio.wait_for(session.receive(), 60)
        except Closed as closed:
            session.close()
            return closed.code or 0, closed.reason

    code, reason = asyncio.run(visit())
    assert code in {1002, 1011}
    assert NUMBER.search(reason)
    # What follows at once; of other tests' visitors the server may have more to say meanwhile.
    after = (scratch / "server.log").read_text().partition(reason[-9:-1])[2].splitlines()
    assert not any("Traceback" in line for line in after[:2])


def test_a_page_that_cannot_be_made_says_so(address: str, scratch: Path) -> None:
    with browsing() as visitor:
        visitor.page.goto(f"{address}/app?what=fail")
        told = visitor.page.get_by_text("Something went wrong on the server").first
        explained(scratch / "server.log", told.inner_text(), "A page could not be made")
        assert "Traceback" not in visitor.page.content()


def test_an_address_that_cannot_be_answered_says_so(address: str, scratch: Path) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{address}/app?what=html", timeout=60)
    told = re.sub("<[^>]*>", " ", caught.value.read().decode())
    assert caught.value.code == 500
    explained(scratch / "server.log", told, "Uncaught exception GET")


def test_only_the_line_about_one_who_has_left_is_no_news() -> None:
    def line(words: str) -> logging.LogRecord:
        return logging.LogRecord("any", logging.WARNING, "", 0, words, (), None)

    assert not leaving.is_news(line("Failed sending message as connection was closed"))
    assert leaving.is_news(line("Failed sending message"))
    assert leaving.is_news(line("Something else"))


def test_bokeh_still_says_what_is_looked_for() -> None:
    """Else the filter would let through what it is there for."""
    assert leaving._LOST in WSHandler.send_message.__code__.co_consts
    assert WSHandler.__module__ == leaving._LOGGER
