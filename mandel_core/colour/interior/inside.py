"""What every way of colouring the inside is: where on the palette it puts points that stay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mandel_core.colour.measures import Measures


@dataclass(frozen=True)
class Inside:
    """One way of colouring the points that do not escape.

    name : the word used in code and in links. title, about : for people; a word and a sentence.
    place : ``place(measures)`` is where on the palette the points are, from 0 to 1, (ny, nx)
        float; nan for those that are given the interior's colour, and for all that escape. None
        where all are given it. It raises NotKnown, with a sentence, where this cannot be had.
    """

    name: str
    title: str
    about: str
    place: Callable[[Measures], NDArray[np.floating[Any]]] | None = None
