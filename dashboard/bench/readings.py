"""What the notes of `watch.js` say about a notch of the wheel, or about a gesture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# What comes with fewer bytes is no picture, but a number on the page or an acknowledgement.
PICTURE_BYTES = 5_000
GESTURE_MS = 2_000


@dataclass(frozen=True)
class Tick:
    """One notch: milliseconds until something came; None if it did not."""

    arrived: float | None
    painted: float | None
    whole: float | None
    received_bytes: int
    received: int
    sent: int


@dataclass(frozen=True)
class Gesture:
    """Two seconds: how many pictures meanwhile, and milliseconds from its end to the last one."""

    pictures: int
    whole: int
    rest: float | None
    received_bytes: int


class Notes:
    """The notes of one stretch of a visit; times are milliseconds of the page's clock."""

    def __init__(self, notes: dict[str, Any]) -> None:
        self.pictures = [picture for picture in notes["pictures"] if picture["painted"] is not None]
        self.received: list[tuple[float, int, bool]] = notes["received"]
        self.sent: list[tuple[float, int, bool]] = notes["sent"]
        self.inputs: list[tuple[float, str]] = notes["inputs"]
        self.extensions: str = notes["extensions"]

    def first_painted(self, since: float = 0.0, whole: bool = False) -> float | None:
        """When the first new picture was seen, or the first in the screen's own pixels."""
        times = (
            picture["painted"]
            for picture in self.pictures
            if picture["drawn"] >= since and (picture["full"] or not whole)
        )
        return next(times, None)

    def tick(self) -> Tick:
        """The stretch as one notch of the wheel and what came of it."""
        started = next((time for time, name in self.inputs if name == "wheel"), 0.0)
        arrivals = (
            time
            for time, length, binary in self.received
            if binary and length > PICTURE_BYTES and time >= started
        )
        return Tick(
            arrived=_since(started, next(arrivals, None)),
            painted=_since(started, self.first_painted(started)),
            whole=_since(started, self.first_painted(started, whole=True)),
            received_bytes=self._bytes(started),
            received=sum(time >= started for time, *_ in self.received),
            sent=sum(time >= started for time, *_ in self.sent),
        )

    def gesture(self) -> Gesture:
        """The stretch as a gesture and what came of it."""
        if not self.inputs:
            return Gesture(0, 0, None, 0)
        started, last = self.inputs[0][0], self.inputs[-1][0]
        meanwhile = [
            picture for picture in self.pictures if 0 <= picture["painted"] - started <= GESTURE_MS
        ]
        final = max((p["painted"] for p in self.pictures if p["full"]), default=None)
        return Gesture(
            pictures=len(meanwhile),
            whole=sum(picture["full"] for picture in meanwhile),
            rest=_since(last, final),
            received_bytes=self._bytes(started),
        )

    def _bytes(self, since: float) -> int:
        return sum(length for time, length, _ in self.received if time >= since)


def _since(started: float, time: float | None) -> float | None:
    return None if time is None else time - started
