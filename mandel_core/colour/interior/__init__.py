"""How the interior is coloured, the points that do not escape."""

from __future__ import annotations

from mandel_core.colour.interior.cycles import ATOM_DOMAINS, DISTANCE, PERIOD
from mandel_core.colour.interior.inside import Inside
from mandel_core.colour.interior.plain import PLAIN

INSIDES: dict[str, Inside] = {
    inside.name: inside for inside in (PLAIN, ATOM_DOMAINS, PERIOD, DISTANCE)
}

__all__ = ["INSIDES", "Inside"]
