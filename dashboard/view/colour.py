"""Params that keep a colour, and the stops of a palette."""

from __future__ import annotations

from typing import Any

import param

from mandel_core.colour.palettes import parse_stops, rgb_of


class Colour(param.Parameter):
    """A colour as "#rrggbb", in lower case."""

    def __set__(self, obj: Any, value: Any) -> None:
        """Store the value. Raises ValueError if it is no colour."""
        try:
            rgb_of(str(value))
        except ValueError as error:
            raise ValueError(f"{self.name}: {error}") from None
        super().__set__(obj, str(value).lower())


class Stops(param.Parameter):
    """A palette's stops as text, or "" for none; see `mandel_core.colour.palettes`."""

    def __set__(self, obj: Any, value: Any) -> None:
        """Store the value. Raises ValueError if it stands for no palette."""
        text = str(value)
        if text:
            try:
                parse_stops(text)
            except ValueError as error:
                raise ValueError(f"{self.name}: {error}") from None
        super().__set__(obj, text)
