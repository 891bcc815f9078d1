"""Bad inputs sent to a server, and all that it says to them."""

from __future__ import annotations

import asyncio
import json
import random
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from dashboard.bench.wire import TOKEN, Closed, Session, token_of
from dashboard.trials.guest import Guest
from dashboard.trials.inputs import Frames, Http, Input, Link, Patch, Raw, Token
from dashboard.trials.served import PATH
from dashboard.trials.wandering import ordinary

ANSWER_SECONDS, IDLE_SECONDS = 10.0, 0.15
# So many inputs a session takes: what they leave behind must not hide what the next ones do.
PATCHES, CONNECTIONS = 25, 50
NX, NY = 200, 150


@dataclass
class Said:
    """What the server answered.

    text : all of it, errors and reasons included.
    status : of an HTTP answer.
    silent : whether an answer was due and none came.
    accepted : whether a connection that should be refused was not.
    """

    text: str = ""
    status: int | None = None
    silent: bool = False
    accepted: bool = False


class Attacker:
    """Sends inputs one at a time, each to a page or connection that is still good."""

    def __init__(self, port: int, chance: random.Random) -> None:
        self._port, self._chance = port, chance
        self._guest: Guest | None = None
        self._ids: list[str] = []
        self._patched = self._connected = 0
        self._token = ""

    async def send(self, one: Input) -> Said:
        """Send it, and wait for what comes."""
        if isinstance(one, Http):
            return await self._http(one.sent)
        if isinstance(one, Link):
            return await self._link(one.query)
        if isinstance(one, Token):
            return await self._open(one)
        if isinstance(one, Patch):
            return await self._patch(one)
        return await self._pieces(one)

    def leave(self) -> None:
        """Close what is open."""
        if self._guest is not None:
            self._guest.leave()
            self._guest = None

    async def _http(self, sent: bytes) -> Said:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return Said(silent=True)
        got = bytearray()
        try:
            writer.write(sent)
            async with asyncio.timeout(ANSWER_SECONDS):
                while True:
                    wait = IDLE_SECONDS if got or _unfinished(sent) else ANSWER_SECONDS
                    async with asyncio.timeout(wait):
                        part = await reader.read(1 << 16)
                    if not part:
                        break
                    got += part
        except TimeoutError:
            if not got:
                return Said(silent=not _unfinished(sent))
        except OSError:
            pass
        finally:
            writer.close()
        text = got.decode(errors="replace")
        word = text[9:12]
        return Said(text, int(word) if text[:5] == "HTTP/" and word.isdigit() else None)

    async def _link(self, query: str) -> Said:
        """Open the page, and now and then look at it as well."""
        host = f"localhost:{self._port}"
        said = await self._http(
            f"GET /{PATH}{query} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
        )
        token = TOKEN.search(said.text)
        if token is None or self._chance.random() < 0.75:
            return said
        with suppress(TimeoutError, OSError, EOFError):
            async with asyncio.timeout(ANSWER_SECONDS):
                session = await Session.connect(self._port, PATH, token[1])
                guest = await Guest.greet(session, NX, NY)
            answer = await guest.see(ordinary(self._chance, NX, NY), ANSWER_SECONDS)
            # A stage that has to compile first takes its time.
            said.silent = answer is None and "stage" not in query
            said.text += _all(guest)
            guest.leave()
        return said

    async def _good_token(self) -> str:
        if not self._token or self._connected >= CONNECTIONS:
            self._token, self._connected = await token_of(self._port, PATH), 0
        self._connected += 1
        return self._token

    async def _open(self, one: Token) -> Said:
        token = await self._good_token() if one.token is None else one.token
        text = ""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                session = await Session.connect(self._port, PATH, token, one.origin, one.protocol)
            text = await _until_quiet(session)
        except Closed as closed:
            return Said(f"{closed.code} {closed.reason}")
        except TimeoutError:
            return Said(silent=True)
        except (OSError, EOFError, ValueError) as error:
            return Said(str(error))
        session.close()
        return Said(text, accepted=one.origin is not None)

    async def _patch(self, one: Patch) -> Said:
        guest = await self._good_guest()
        before = len(guest.heard.errors)
        number = guest.session.send(one.kind, self._addressed(one.content))
        answered = await guest.reply(number, ANSWER_SECONDS)
        text = " ".join(content for _, content in guest.heard.errors[before:])
        if guest.heard.closed is not None:
            text += f" {guest.heard.closed}"
        return Said(text, silent=not answered)

    async def _good_guest(self) -> Guest:
        if self._guest is not None and (
            self._patched >= PATCHES or self._guest.heard.closed is not None
        ):
            self.leave()
        if self._guest is None:
            self._guest = await Guest.arrive(self._port, nx=NX, ny=NY)
            # A request of its own, so that the picture has a size and widgets ask for more.
            self._guest.ask(ordinary(self._chance, NX, NY))
            await self._guest.open_tabs()
            self._ids = [model["id"] for model in self._guest.models()]
            self._patched = 0
        self._patched += 1
        return self._guest

    def _addressed(self, content: Any) -> Any:
        """The content with the ids that this page's models have."""
        if isinstance(content, dict):
            return {key: self._addressed(value) for key, value in content.items()}
        if isinstance(content, list):
            return [self._addressed(value) for value in content]
        if isinstance(content, str) and content[:1] == "@" and content[1:].isdigit():
            return self._ids[int(content[1:]) % len(self._ids)]
        return content

    async def _pieces(self, one: Frames | Raw) -> Said:
        token = await self._good_token()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                session = await Session.connect(self._port, PATH, token)
        except TimeoutError:
            return Said(silent=True)
        except (OSError, EOFError):
            self._token = ""  # its session has gone
            return Said()
        try:
            if isinstance(one, Raw):
                session.raw(one.sent)
            else:
                for first, payload in one.frames:
                    session.write(first, payload)
            with suppress(OSError):
                async with asyncio.timeout(ANSWER_SECONDS):
                    await session.drain()
            return Said(await _until_quiet(session))
        finally:
            session.close()


async def _until_quiet(session: Session) -> str:
    """All that comes until nothing does for a moment, and how the connection ends."""
    text = ""
    try:
        while True:
            async with asyncio.timeout(IDLE_SECONDS):
                text += (await session.receive()).content
    except Closed as closed:
        return f"{text} closed {closed.code} {closed.reason}"
    except (TimeoutError, OSError, EOFError, ValueError, struct.error):
        return text


def _all(guest: Guest) -> str:
    errors = " ".join(content for _, content in guest.heard.errors)
    return f" {errors} {json.dumps(guest.heard.closed)}"


def _unfinished(sent: bytes) -> bool:
    """Whether the server rightly waits for more: no end, or a body that never comes."""
    low = sent.lower()
    return b"content-length" in low or b"chunked" in low or b"100-continue" in low
