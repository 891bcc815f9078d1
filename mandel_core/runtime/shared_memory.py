"""Messages from one process to another whose arrays go through shared memory, not the pipe.

Pickle's protocol 5 hands over large buffers apart from the rest; they are written to a file that
both processes map and that has no name, so that it goes when the last of them does, however they
end. The reader copies, since the next message is written over this one.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import pickle
import tempfile
from multiprocessing.connection import Connection
from typing import Any

# Below, the pipe is as quick.
SMALLEST = 2**14
# Buffers begin at multiples of this.
ALIGNMENT = 64


def shared_file() -> int:
    """The descriptor of an empty file in memory (on disk where the system knows no other)."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("mandel-transfer")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


class Channel:
    """One end of a connection, and the file from `shared_file` through which one end sends.

    A message with large arrays may be sent only after the last such has been received.
    """

    def __init__(self, connection: Connection[Any, Any], fd: int) -> None:
        self._connection = connection
        self._fd = fd
        self._map: mmap.mmap | None = None

    def send(self, message: Any) -> None:
        """Raises OSError if the other end is closed, or pickle's error for what it cannot take."""
        large: list[memoryview] = []

        def stays_inside(buffer: pickle.PickleBuffer) -> bool:
            view = buffer.raw()
            if view.nbytes >= SMALLEST:
                large.append(view)
            return view.nbytes < SMALLEST

        data = pickle.dumps(message, protocol=5, buffer_callback=stays_inside)
        spans, end = [], 0
        for view in large:
            start = -(-end // ALIGNMENT) * ALIGNMENT
            end = start + view.nbytes
            spans.append((start, end))
        try:
            self._make_room(end)
        except OSError:  # there is no memory left to share; the pipe takes anything
            data, spans = pickle.dumps(message, protocol=5), []
        for (start, end), view in zip(spans, large, strict=False):
            self._shared(end)[start:end] = view
        self._connection.send((data, spans))

    def receive(self) -> Any:
        """Wait for a message. Raises EOFError or OSError if the other end is closed."""
        data, spans = self._connection.recv()
        # Copies, which unlike `bytes` may be written to, as arrays are.
        return pickle.loads(
            data, buffers=[bytearray(self._shared(end)[start:end]) for start, end in spans]
        )

    def poll(self, seconds: float) -> bool:
        """Wait until `receive` has something to say, but no longer than this."""
        return self._connection.poll(seconds)

    def close(self) -> None:
        """Give back this end's connection and its share of the file."""
        self._connection.close()
        with contextlib.suppress(OSError):
            os.close(self._fd)
        self._map = None  # unmapped as soon as no array refers to it

    def _make_room(self, size: int) -> None:
        if size > os.fstat(self._fd).st_size:
            # Where it can be had, memory that is really there: writing to a hole ends the process
            # if there is none.
            getattr(os, "posix_fallocate", lambda fd, _, size: os.ftruncate(fd, size))(
                self._fd, 0, size
            )

    def _shared(self, size: int) -> memoryview:
        """The file as memory, of which at least `size` bytes are mapped."""
        if self._map is None or len(self._map) < size:
            self._map = mmap.mmap(self._fd, os.fstat(self._fd).st_size)
        return memoryview(self._map)
