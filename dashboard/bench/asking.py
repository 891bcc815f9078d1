"""How a browser asks for a picture: the shape of the messages, of our page and of others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

Model = dict[str, Any]
# What every browser says once the page stands; Panel keeps callbacks back until then.
READY = {
    "kind": "MessageSent",
    "msg_type": "bokeh_event",
    "msg_data": {"type": "event", "name": "document_ready", "values": {"type": "map"}},
}
IMAGES = frozenset({"Image", "ImageRGBA"})
# As JSON has it: a list of one number, be it in a map, in a change of a column, or in a plain dict.
SEQ = re.compile(r'"seq"\s*[,:]\s*\[\s*(\d+)')
NX = re.compile(r'"nx"\s*[,:]\s*\[\s*(\d+)')


class Asking(Protocol):
    """How one kind of page is asked."""

    def opening(self, nx: int, ny: int) -> list[dict[str, Any]]:
        """The events with which a browser tells how large the picture is shown."""

    def request(self, seq: int, view: View) -> list[list[dict[str, Any]]]:
        """The messages that ask for a view, each a list of events."""

    def answered(self, content: str, large: int) -> int | None:
        """The request that a message answers, 0 for the newest; None for no picture."""


@dataclass(frozen=True)
class View:
    """What is asked for."""

    x: float
    y: float
    width: float
    nx: int
    ny: int

    @property
    def ranges(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The axes' ends, across and up."""
        wide, high = self.width / 2, self.width * self.ny / self.nx / 2
        return (self.x - wide, self.x + wide), (self.y - high, self.y + high)


@dataclass
class Feed:
    """Our page: a request is one source's new data, the answer another's."""

    request_id: str
    feed_id: str
    nx: int = 0

    def opening(self, nx: int, ny: int) -> list[dict[str, Any]]:
        """No size: each request says it. Coarser pictures on the way to it are no answers."""
        self.nx = nx
        return [READY]

    def request(self, seq: int, view: View) -> list[list[dict[str, Any]]]:
        """One change of the whole request."""
        columns = {
            "seq": [seq],
            "x": [view.x],
            "y": [view.y],
            "width": [view.width],
            "nx": [view.nx],
            "ny": [view.ny],
            "coarse": [1],
            "rest": [True],
            "surround": [True],  # the views are far apart: a browser would ask for it each time
        }
        entries = {"type": "map", "entries": [[name, value] for name, value in columns.items()]}
        return [[changed(self.request_id, data=entries)]]

    def answered(self, content: str, large: int) -> int | None:
        """The number that the answer carries."""
        if self.feed_id not in content or not large:
            return None
        seq, nx = SEQ.search(content), NX.search(content)
        return int(seq[1]) if seq and nx and int(nx[1]) >= self.nx else None


@dataclass(frozen=True)
class Ranges:
    """Any page with an image on axes: they move, and the image follows."""

    figure_id: str
    x_id: str
    y_id: str

    def opening(self, nx: int, ny: int) -> list[dict[str, Any]]:
        """The figure's size on the screen."""
        sizes = {"inner_width": nx, "inner_height": ny}
        sizes |= {"outer_width": nx + 20, "outer_height": ny + 40}
        return [*(changed(self.figure_id, **{attr: sizes[attr]}) for attr in sizes), READY]

    def request(self, seq: int, view: View) -> list[list[dict[str, Any]]]:
        """Both axes, then what Bokeh says when a gesture has ended."""
        (x0, x1), (y0, y1) = view.ranges
        values = [["model", {"id": self.figure_id}], ["x0", x0], ["x1", x1], ["y0", y0], ["y1", y1]]
        entries = {"type": "map", "entries": values}
        over = {"type": "event", "name": "rangesupdate", "values": entries}
        return [
            [changed(self.x_id, start=x0), changed(self.x_id, end=x1)],
            [changed(self.y_id, start=y0), changed(self.y_id, end=y1)],
            [{"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": over}],
        ]

    def answered(self, content: str, large: int) -> int | None:
        """Whatever is large answers, for nothing says what it belongs to."""
        return 0 if large else None


def changed(model: str, **new: Any) -> dict[str, Any]:
    """The event that gives one property of a model a new value."""
    ((attr, value),) = new.items()
    return {"kind": "ModelChanged", "model": {"id": model}, "attr": attr, "new": value}


def how_to_ask(document: str) -> Asking:
    """How to ask the page of this document, the content of the answer to PULL-DOC-REQ."""
    found = list(models(json.loads(document)))
    named = {model["attributes"].get("name"): model["id"] for model in found}
    if "request" in named and "feed" in named:
        return Feed(named["request"], named["feed"])
    for model in found:
        inside = {other["name"] for other in models(model["attributes"].get("renderers"))}
        if "x_range" in model["attributes"] and inside & IMAGES:
            x, y = (model["attributes"][axis]["id"] for axis in ("x_range", "y_range"))
            return Ranges(model["id"], x, y)
    raise ValueError("the document shows neither a feed nor an image on axes")


def models(value: Any) -> Iterator[Model]:
    """All models that are written out somewhere within, outer ones first."""
    if isinstance(value, dict):
        if value.get("type") == "object" and "id" in value:
            yield {**value, "attributes": value.get("attributes", {})}
        for inner in value.values():
            yield from models(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from models(inner)
