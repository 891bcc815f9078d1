"""Histogram equalisation: each part of the palette covers about the same area of the view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mandel_core.colour.looks.look import Look
from mandel_core.colour.measures import Measures

if TYPE_CHECKING:
    from mandel_core.colour.equalising import Levels
    from mandel_core.colour.places import Places


def place(measures: Measures, scale: Levels | None) -> tuple[Places, Levels]:
    """By `equalising`; a scale in which nothing escaped says nothing, and is not taken."""
    from mandel_core.colour.equalising import equalised

    if scale is not None and scale.some:
        return scale.places(measures.frame), scale
    return equalised(measures.frame)


EQUALISED = Look(
    name="equalised",
    title="Equalised",
    about="The palette is shared out so that each colour covers about the same area of the view.",
    place=place,
    scaled=True,
)
