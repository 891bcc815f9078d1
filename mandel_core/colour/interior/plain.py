"""One colour for all points that do not escape, as the page opens with."""

from __future__ import annotations

from mandel_core.colour.interior.inside import Inside

COLOUR = "#000000"  # unless another is chosen

PLAIN = Inside("plain", "Plain", "One colour for all points that do not escape.")
