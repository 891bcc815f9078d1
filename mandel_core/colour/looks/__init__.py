"""The looks a picture can have, one a file: how the points that escape are coloured."""

from __future__ import annotations

from mandel_core.colour.looks.distance import DISTANCE
from mandel_core.colour.looks.equalised import EQUALISED
from mandel_core.colour.looks.hill_shaded import HILL_SHADED
from mandel_core.colour.looks.look import Look
from mandel_core.colour.looks.smooth import SMOOTH

LOOKS: dict[str, Look] = {look.name: look for look in (SMOOTH, EQUALISED, DISTANCE, HILL_SHADED)}

__all__ = ["LOOKS", "Look"]
