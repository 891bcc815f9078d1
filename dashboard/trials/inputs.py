"""Bad inputs as plain values: what is sent, and the family it belongs to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

TEXT, BINARY = 1, 2
SHOWN = 300


@dataclass(frozen=True)
class Http:
    """Bytes for the port; the answer is read as HTTP."""

    sent: bytes
    family: str = "http"

    def __str__(self) -> str:
        return _cut(repr(self.sent)[1:])


@dataclass(frozen=True)
class Link:
    """A page opened with this query, and looked at."""

    query: str
    family: str = "link"

    def __str__(self) -> str:
        return _cut(f"GET /dashboard{ascii(self.query)[1:-1]}")


@dataclass(frozen=True)
class Token:
    """A websocket opened with this token; None stands for a good one."""

    token: str | None
    origin: str | None = None
    protocol: str = "bokeh"
    family: str = "token"

    def __str__(self) -> str:
        return _cut(f"origin {self.origin!a}, protocol {self.protocol!a}, token {self.token!a}")


@dataclass(frozen=True)
class Patch:
    """A message of a session; "@3" as an id stands for the document's model number 3."""

    kind: str
    content: Any
    family: str = "patch"

    def __str__(self) -> str:
        return _cut(f"{self.kind} {json.dumps(self.content)}")


@dataclass(frozen=True)
class Frames:
    """Frames of a websocket: the first byte without its highest bit, and the payload."""

    frames: tuple[tuple[int, bytes], ...]
    family: str = "frames"

    def __str__(self) -> str:
        words = (f"{first:#x} {_cut(repr(payload)[1:], 90)}" for first, payload in self.frames)
        return _cut("; ".join(words))


@dataclass(frozen=True)
class Raw:
    """Bytes in place of frames, on an open websocket."""

    sent: bytes
    family: str = "raw"

    def __str__(self) -> str:
        return _cut(repr(self.sent)[1:])


Input = Http | Link | Token | Patch | Frames | Raw


def _cut(words: str, most: int = SHOWN) -> str:
    return words if len(words) <= most else f"{words[:most]}… ({len(words)} characters)"
