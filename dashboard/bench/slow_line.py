"""A slow line on this machine: bytes pass to a server and back late, and only so many a second."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

CHUNK = 8192
ON_THE_WAY = 32  # chunks that one direction of a connection holds before the sender must wait


@dataclass
class Direction:
    """One way of the line, shared by all connections; `free` is when it can take more."""

    seconds: float
    bits_per_second: float
    free: float = 0.0

    def arrival(self, length: int, now: float) -> float:
        """When so many bytes, sent now, are there."""
        self.free = max(self.free, now) + 8 * length / self.bits_per_second
        return self.free + self.seconds


@asynccontextmanager
async def slow_line(
    port: int, to_port: int, seconds: float, bits_per_second: float
) -> AsyncIterator[None]:
    """Listen on `port` for a server at `to_port`, until the block ends."""
    up, down = Direction(seconds, bits_per_second), Direction(seconds, bits_per_second)

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = socket.socket()
        # Else the system would take megabytes off the server's hands at once.
        there.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, CHUNK * ON_THE_WAY)
        there.setblocking(False)
        await asyncio.get_running_loop().sock_connect(there, ("127.0.0.1", to_port))
        their_reader, their_writer = await asyncio.open_connection(sock=there, limit=CHUNK)
        await asyncio.gather(_carry(reader, their_writer, up), _carry(their_reader, writer, down))

    server = await asyncio.start_server(connect, "127.0.0.1", port, limit=CHUNK)
    try:
        yield
    finally:
        server.close()


async def _carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: Direction
) -> None:
    queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(ON_THE_WAY)
    clock = asyncio.get_running_loop().time

    async def deliver() -> None:
        with suppress(ConnectionError):
            while (item := await queue.get())[1]:
                await asyncio.sleep(item[0] - clock())
                writer.write(item[1])
                await writer.drain()
        writer.close()

    delivering = asyncio.create_task(deliver())
    with suppress(ConnectionError):
        while chunk := await reader.read(CHUNK):
            await queue.put((direction.arrival(len(chunk), clock()), chunk))
            if delivering.done():
                return
    await queue.put((0, b""))
    await delivering
