"""How the points that do not escape are coloured, one way a file."""

from __future__ import annotations

from mandel_core.colour.insides.cycles import ATOM_DOMAINS, DISTANCE, PERIOD
from mandel_core.colour.insides.inside import Inside

PLAIN = Inside("plain", "Plain", "One colour for all points that do not escape.")

INSIDES: dict[str, Inside] = {
    inside.name: inside for inside in (PLAIN, ATOM_DOMAINS, PERIOD, DISTANCE)
}

__all__ = ["INSIDES", "Inside"]
