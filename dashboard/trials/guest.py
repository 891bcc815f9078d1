"""A visitor by websocket who hears everything: answers, errors, and how the connection ends."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from dashboard.bench.asking import SEQ, Feed, Model, View, changed, how_to_ask, models
from dashboard.bench.wire import Closed, Message, Session
from dashboard.trials.served import PATH

# However busy the machine: what is never answered is lost, what comes late is not.
OPEN_SECONDS = 240.0


@dataclass(frozen=True)
class Answer:
    """What came for a request: after how many seconds, and whether it was its picture in full."""

    seconds: float
    picture: bool


@dataclass
class Ask:
    """One request, and its answer once it is there."""

    seq: int
    asked_at: float
    heard: asyncio.Future[Answer]


@dataclass
class Heard:
    """What a server has said beside pictures.

    errors : contents of messages that are errors, with the number of the message they answer.
    closed : code and reason, once the server has closed the connection.
    """

    errors: list[tuple[str, str]] = field(default_factory=list)
    replies: set[str] = field(default_factory=set)
    closed: tuple[int | None, str] | None = None


class Guest:
    """One session that asks for views and keeps what it hears."""

    def __init__(self, session: Session, document: str, nx: int, ny: int) -> None:
        asking = how_to_ask(document)
        if not isinstance(asking, Feed):
            raise ValueError("the page has no feed of pictures")
        self.session, self.document = session, document
        self.nx, self.ny = nx, ny
        self.heard = Heard()
        self._asking = asking
        self._asks: list[Ask] = []
        self._seq = 0
        self._news = asyncio.Event()
        asking.opening(nx, ny)
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def arrive(cls, port: int, query: str = "", nx: int = 800, ny: int = 600) -> Guest:
        """Open the page with this link, and tell it that it stands, as a browser does."""
        async with asyncio.timeout(OPEN_SECONDS):
            return await cls.greet(await Session.open(port, PATH, query), nx, ny)

    @classmethod
    async def greet(cls, session: Session, nx: int, ny: int) -> Guest:
        """A guest of a connection that has just been made."""
        session.send("PULL-DOC-REQ", {})
        while (message := await session.receive()).header["msgtype"] != "PULL-DOC-REPLY":
            pass
        guest = cls(session, message.content, nx, ny)
        session.send("PATCH-DOC", {"events": guest._asking.opening(nx, ny)})
        return guest

    async def open_tabs(self, seconds: float = 20.0) -> None:
        """Have every tab make what it shows, then take the document as it is now."""
        for model in self.models():
            if not model["name"].endswith("Tabs"):
                continue
            for number in (*range(1, len(model["attributes"]["tabs"])), 0):
                event = changed(model["id"], active=number)
                await self.reply(self.session.send("PATCH-DOC", {"events": [event]}), seconds)
                # What a tab calls runs a moment later; what is asked next is answered after it.
                await self.reply(self.session.send("PULL-DOC-REQ", {}), seconds)
        await self.reply(self.session.send("PULL-DOC-REQ", {}), seconds)

    def models(self) -> list[Model]:
        """All models of the document as it came."""
        return list(models(json.loads(self.document)))

    async def _read(self) -> None:
        try:
            while True:
                self._on_message(await self.session.receive())
                self._news.set()
        except Closed as closed:
            self.heard.closed = closed.code, closed.reason
        except (ConnectionError, EOFError):
            self.heard.closed = self.heard.closed or (None, "")
        finally:
            self._news.set()
            for ask in self._asks:
                if not ask.heard.done():
                    ask.heard.cancel()

    def _on_message(self, message: Message) -> None:
        header, content = message.header, message.content
        if (to := header.get("reqid")) is not None:
            self.heard.replies.add(to)
        if header.get("msgtype") == "PULL-DOC-REPLY":
            self.document = content
        if header.get("msgtype") == "ERROR":
            self.heard.errors.append((to or "", content))
        if self._asking.feed_id not in content or not (found := SEQ.search(content)):
            return
        seq = int(found[1])
        picture = self._asking.answered(content, message.buffer_bytes) is not None
        if '"nx"' in content and not picture:
            return  # a coarser one on the way
        now = time.perf_counter()
        for ask in self._asks:
            if ask.seq <= seq and not ask.heard.done():
                # What answers a later request answers those before it, as the page sees it.
                ask.heard.set_result(Answer(now - ask.asked_at, picture and ask.seq == seq))
        self._asks = [ask for ask in self._asks if not ask.heard.done()]

    def ask(self, view: View, rest: bool = True, coarse: int = 1) -> Ask:
        """Ask for a view; in motion, or at rest."""
        self._seq += 1
        columns = {
            "seq": self._seq,
            "x": view.x,
            "y": view.y,
            "width": view.width,
            "nx": -(-view.nx // coarse),
            "ny": -(-view.ny // coarse),
            "coarse": coarse,
            "rest": rest,
            "surround": True,
        }
        if rest:
            self._asking.nx = view.nx
        ask = Ask(self._seq, time.perf_counter(), asyncio.get_running_loop().create_future())
        if self.heard.closed is not None:
            ask.heard.cancel()
            return ask
        if rest:
            self._asks.append(ask)
        entries = {"type": "map", "entries": [[name, [value]] for name, value in columns.items()]}
        event = changed(self._asking.request_id, data=entries)
        self.session.send("PATCH-DOC", {"events": [event]})
        return ask

    async def see(self, view: View, seconds: float) -> Answer | None:
        """Ask for a view at rest and wait for it; None if nothing comes in time."""
        return await self.wait(self.ask(view), seconds)

    @staticmethod
    async def wait(ask: Ask, seconds: float) -> Answer | None:
        """The answer; None if nothing comes within so many seconds of now."""
        await asyncio.wait((ask.heard,), timeout=seconds)
        return ask.heard.result() if ask.heard.done() and not ask.heard.cancelled() else None

    async def reply(self, number: str, seconds: float) -> bool:
        """Wait until the server has answered this message, or has closed; whether it has."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while number not in self.heard.replies and self.heard.closed is None:
                    self._news.clear()
                    await self._news.wait()
        return number in self.heard.replies or self.heard.closed is not None

    def press(self, label: str) -> bool:
        """Press the first button with this label; False if there is none."""
        for model in self.models():
            if model["attributes"].get("label") == label:
                self.session.send("PATCH-DOC", {"events": [pressed(model["id"])]})
                return True
        return False

    def leave(self) -> None:
        """Close the connection."""
        self._reader.cancel()
        self.session.close()


def pressed(button: str) -> dict[str, Any]:
    """The event of a button that is clicked on."""
    values = {"type": "map", "entries": [["model", {"id": button}]]}
    click = {"type": "event", "name": "button_click", "values": values}
    return {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": click}
