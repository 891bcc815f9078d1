"""What a browser asks for: a view, at a resolution, in motion or at rest."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dashboard import server_settings
from dashboard.state import MAX_CENTRE, MAX_PIXELS, MAX_WIDTH, MIN_WIDTH
from mandel_core.model.decimals import exact


@dataclass(frozen=True)
class Request:
    """One request, within all limits.

    number : the browser counts its requests; answers carry the number of theirs.
    x, y, width : the view, in units of the complex plane; width from edge to edge.
    nx, ny : how many pixels are wanted, at most MAX_PIXELS either way and together no more than
        the server's `max_pixels`.
    rest : whether the view stands still, so that nx and ny are the window's.
    surround : whether what lies around the window is wanted as well.
    steps : how often the browser had walked through its history, as far as it had heard of it by
        the server; None if it does not say.
    """

    number: int
    x: Decimal
    y: Decimal
    width: Decimal
    nx: int
    ny: int
    rest: bool
    surround: bool
    steps: int | None = None

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Request:
        """Make a request of what came from a browser.

        Numbers beyond the limits become the nearest within. Raises ValueError or TypeError for
        what is no number, KeyError for what is missing.
        """
        nx, ny = (number(values[name]) for name in ("nx", "ny"))
        scale = min(1.0, MAX_PIXELS / max(nx, ny, 1.0))
        nx, ny = max(nx * scale, 1.0), max(ny * scale, 1.0)
        scale = min(1.0, math.sqrt(server_settings.current().max_pixels / (nx * ny)))
        return cls(
            number=int(number(values["seq"])),
            x=_within(values["x"], -MAX_CENTRE, MAX_CENTRE),
            y=_within(values["y"], -MAX_CENTRE, MAX_CENTRE),
            width=_within(values["width"], MIN_WIDTH, MAX_WIDTH),
            nx=max(int(nx * scale), 1),
            ny=max(int(ny * scale), 1),
            rest=values["rest"] is True,
            surround=values.get("surround") is True,
            steps=None if (steps := values.get("steps")) is None else int(number(steps)),
        )


def number(value: object) -> float:
    """A number that came from a browser. Raises TypeError or ValueError for what is not usable."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{str(value)[:40]!r} is not a number")
    # In this order: an integer of hundreds of digits cannot even be asked whether it is finite.
    if abs(value) > 2**53 or not math.isfinite(value):
        raise ValueError(f"{str(value)[:40]} is not a usable number")
    return value


def _within(value: object, low: Decimal, high: Decimal) -> Decimal:
    return min(max(exact(number(value)), low), high)
