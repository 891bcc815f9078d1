"""What every look is: where on the palette it puts the points that escape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mandel_core.colour.measures import Measures

if TYPE_CHECKING:
    from mandel_core.colour.places import Places


@dataclass(frozen=True)
class Look:
    """One way of colouring the points that escape.

    name : the word used in code and in links. title, about : for people; a word and a sentence.
    place : ``place(measures, scale)`` is where on the palette the points are, and the scale that
        puts the same points of other frames at the same positions; None where all frames have the
        same. `scale` is one of another frame, or None for this one's own.
    check : ``check(measures)`` raises NotKnown, with a sentence, where the look cannot be had.
    relief : ``relief(measures)`` is how brightly each point is lit, -1 to 1; None for all alike.
    scaled : whether frames have scales of their own, so that the same point may have another colour
        in another view.
    """

    name: str
    title: str
    about: str
    place: Callable[[Measures, Any], tuple[Places, Any]]
    check: Callable[[Measures], None] = lambda measures: None
    relief: Callable[[Measures], Any] | None = None
    scaled: bool = False
