"""What a browser asks for: a view, at a resolution, in motion or at rest."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dashboard.state import MAX_CENTRE, MAX_PIXELS, MAX_WIDTH, MIN_WIDTH
from mandel_core.viewport import exact


@dataclass(frozen=True)
class Request:
    """One request, within all limits.

    number : the browser counts its requests; answers carry the number of theirs.
    x, y, width : the view, in units of the complex plane; width from edge to edge.
    nx, ny : how many pixels are wanted, at most MAX_PIXELS either way.
    rest : whether the view stands still, so that nx and ny are the window's.
    surround : whether what lies around the window is wanted as well.
    """

    number: int
    x: Decimal
    y: Decimal
    width: Decimal
    nx: int
    ny: int
    rest: bool
    surround: bool

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Request:
        """Make a request of what came from a browser.

        Numbers beyond the limits become the nearest within. Raises ValueError or TypeError for
        what is no number, KeyError for what is missing.
        """
        nx, ny = (_number(values[name]) for name in ("nx", "ny"))
        scale = min(1.0, MAX_PIXELS / max(nx, ny, 1.0))
        return cls(
            number=int(_number(values["seq"])),
            x=_within(values["x"], -MAX_CENTRE, MAX_CENTRE),
            y=_within(values["y"], -MAX_CENTRE, MAX_CENTRE),
            width=_within(values["width"], MIN_WIDTH, MAX_WIDTH),
            nx=max(round(nx * scale), 1),
            ny=max(round(ny * scale), 1),
            rest=values["rest"] is True,
            surround=values.get("surround") is True,
        )


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{str(value)[:40]!r} is not a number")
    if not math.isfinite(value) or abs(value) > 2**53:
        raise ValueError(f"{value} is not a usable number")
    return value


def _within(value: object, low: Decimal, high: Decimal) -> Decimal:
    number = exact(_number(value))
    return min(max(number, low), high)
