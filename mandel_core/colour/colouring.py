"""How a frame is coloured: the settings of its picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mandel_core.colour.interior import INSIDES
from mandel_core.colour.interior.plain import COLOUR
from mandel_core.colour.looks import LOOKS
from mandel_core.colour.palettes import check_palette, parse_stops, rgb_of

DENSITIES = 0.01, 100.0


@dataclass(frozen=True)
class Colouring:
    """How a frame becomes a picture; see `check` for what makes sense.

    look : one of LOOKS: how points that escape are coloured.
    palette : one of PALETTES, or "own" for the `stops`.
    reversed : whether the palette runs from its end to its beginning.
    cyclic : whether positions beyond [0, 1] repeat a palette whose ends meet, and mirror another;
        False clamps them.
    density : how many times as often the palette is gone through.
    phase : by how much of the palette all is moved on, 0 to 1.
    inside : one of INSIDES: how points that do not escape are coloured.
    interior : the colour of those points as "#rrggbb", where they are given one.
    stops : one's own palette; see `palettes`.
    """

    look: str = "smooth"
    palette: str = "lagoon"
    reversed: bool = False
    cyclic: bool = True
    density: float = 1.0
    phase: float = 0.0
    inside: str = "plain"
    interior: str = COLOUR
    stops: str = ""

    def check(self) -> None:
        """Raises ValueError, in one sentence, for a value that makes no sense."""
        for what, name, known in (("look", self.look, LOOKS), ("inside", self.inside, INSIDES)):
            if name not in known:
                raise ValueError(f"there is no {what} {name!r}; there are {', '.join(known)}")
        check_palette(self.palette)
        if self.stops:
            parse_stops(self.stops)
        low, high = DENSITIES
        if not (math.isfinite(self.density) and low <= self.density <= high):
            raise ValueError(f"density lies between {low:g} and {high:g}, not {self.density}")
        if not 0 <= self.phase <= 1:
            raise ValueError(f"phase lies between 0 and 1, not {self.phase}")
        rgb_of(self.interior)
