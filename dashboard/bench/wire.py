"""A session with a Bokeh server that looks at little: large payloads are counted, not kept."""

from __future__ import annotations

import asyncio
import json
import os
import re
import struct
from dataclasses import dataclass
from itertools import count
from typing import Any

from tornado.httpclient import AsyncHTTPClient

TOKEN = re.compile(r'"token":\s*"([^"]+)"')
CONTINUED, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
STEP = 1 << 16


async def token_of(port: int, path: str, query: str = "") -> str:
    """Fetch the page, with this link, for the token that stands in it."""
    address = f"http://localhost:{port}/{path}{query}"
    page = await AsyncHTTPClient().fetch(address, request_timeout=120)
    token = TOKEN.search(page.body.decode())
    if token is None:
        raise ValueError(f"the page /{path} has no token")
    return token[1]


@dataclass(frozen=True)
class Message:
    """A message of Bokeh's protocol: two of its parts, and how many bytes came as buffers."""

    header: dict[str, Any]
    content: str
    buffer_bytes: int


class Closed(ConnectionError):
    """The server has closed the connection: with this code, and for this reason."""

    def __init__(self, code: int | None, reason: str) -> None:
        super().__init__("the server closed the connection")
        self.code, self.reason = code, reason


class Session:
    """One visitor of a page, by websocket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._numbers = count(1)

    @classmethod
    async def open(cls, port: int, path: str, query: str = "") -> Session:
        """Fetch the page, and connect with the token that stands in it."""
        return await cls.connect(port, path, await token_of(port, path, query))

    @classmethod
    async def connect(
        cls, port: int, path: str, token: str, origin: str | None = None, protocol: str = "bokeh"
    ) -> Session:
        """Connect with this token, as a page from `origin`, by default the server's own."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 18)
        writer.write(
            f"GET /{path}/ws HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nOrigin: {origin or f'http://localhost:{port}'}\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
            f"Sec-WebSocket-Protocol: {protocol}, {token}\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in head.partition(b"\r\n")[0]:
            writer.close()
            raise ConnectionError(head.decode(errors="replace"))
        session = cls(reader, writer)
        await session.receive()  # its first word is an acknowledgement
        return session

    def send(self, kind: str, content: Any) -> str:
        """Send a message without buffers; its number, which an answer names."""
        header = {"msgid": str(next(self._numbers)), "msgtype": kind}
        for part in (header, {}, content):
            self.write(TEXT, json.dumps(part).encode())
        return header["msgid"]

    def write(self, opcode: int, payload: bytes) -> None:
        """Send one frame, whatever is in it."""
        length = len(payload)
        if length < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | length)
        elif length < 65536:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, length)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, length)
        mask = os.urandom(4)
        masks = int.from_bytes((mask * (length // 4 + 1))[:length])
        masked = (int.from_bytes(payload) ^ masks).to_bytes(length)
        self._writer.write(head + mask + masked)

    def raw(self, data: bytes) -> None:
        """Send bytes that need not be frames."""
        self._writer.write(data)

    async def drain(self) -> None:
        """Wait until what was sent is on its way."""
        await self._writer.drain()

    async def receive(self) -> Message:
        """The next message, once all of it is here."""
        header = json.loads(await self._part())
        await self._part()
        content = (await self._part()).decode()
        size = 0
        for _ in range(header.get("num_buffers", 0)):
            await self._part()
            size += await self._skip()
        return Message(header, content, size)

    async def _part(self) -> bytes:
        """The payload of the next frames up to the last of a message."""
        parts = []
        while True:
            last, length = await self._head()
            parts.append(await self._reader.readexactly(length))
            if last:
                return b"".join(parts)

    async def _skip(self) -> int:
        """As `_part`, but only its length."""
        size = 0
        while True:
            last, length = await self._head()
            size += length
            while length:
                got = len(await self._reader.read(min(length, STEP)))
                if not got:
                    raise ConnectionError("the server closed the connection")
                length -= got
            if last:
                return size

    async def _head(self) -> tuple[bool, int]:
        """The next frame that carries data: whether it is the last of a message, and its length."""
        while True:
            first, length = await self._reader.readexactly(2)
            opcode = first & 15
            if length == 126:
                (length,) = struct.unpack("!H", await self._reader.readexactly(2))
            elif length == 127:
                (length,) = struct.unpack("!Q", await self._reader.readexactly(8))
            if opcode in {CONTINUED, TEXT, BINARY}:
                return bool(first & 128), length
            payload = await self._reader.readexactly(length)
            if opcode == PING:
                self.write(PONG, payload)
            elif opcode == CLOSE:
                code = int.from_bytes(payload[:2]) if payload else None
                raise Closed(code, payload[2:].decode(errors="replace"))

    def close(self) -> None:
        """Leave; the server notices."""
        self._writer.close()
