"""What a browser asks of a point under its cursor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.state import MAX_CENTRE, MAX_WIDTH
from dashboard.view.request import number

# Larger than any window.
FURTHEST = float(MAX_CENTRE + MAX_WIDTH)
# Pixels that the small picture has either way, by what the screen has for a pixel of CSS.
LEAST_PIXELS, MOST_PIXELS = 64, 480


@dataclass(frozen=True)
class PointRequest:
    """One question, within all limits.

    asked : the browser counts its questions; the answer carries the number of its question.
    x, y : the point, in units of the complex plane, both within ±FURTHEST.
    path : whether the point's orbit is wanted.
    julia : how many pixels either way the point's Julia set is wanted with; 0 if it is not.
    """

    asked: int
    x: float
    y: float
    path: bool = False
    julia: int = 0

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> PointRequest:
        """Make a question of what came from a browser.

        Numbers beyond the limits become the nearest within. Raises ValueError or TypeError for
        what is no number, KeyError for what is missing.
        """
        pixels = int(number(values.get("julia", 0)))
        return cls(
            asked=int(number(values["asked"])),
            x=_within(values["x"]),
            y=_within(values["y"]),
            path=values.get("path") is True,
            julia=min(max(pixels, LEAST_PIXELS), MOST_PIXELS) if pixels > 0 else 0,
        )


def _within(value: object) -> float:
    return min(max(float(number(value)), -FURTHEST), FURTHEST)
