"""A param that keeps a coordinate digit by digit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import param

from dashboard.state import MAX_DIGITS
from mandel_core.model.decimals import exact, trimmed


class Coordinate(param.Parameter):
    """An exact decimal between two bounds; strings, ints and floats are taken as well."""

    __slots__ = ("bounds",)

    def __init__(self, default: Decimal, bounds: tuple[Decimal, Decimal], **kwargs: Any) -> None:
        super().__init__(default=default, **kwargs)
        self.bounds = bounds

    def __set__(self, obj: Any, value: Any) -> None:
        """Store the value as a Decimal without trailing zeros.

        Raises ValueError if it is none, or out of bounds.
        """
        if len(str(value)) > MAX_DIGITS:
            raise ValueError(f"{self.name} has more than {MAX_DIGITS} characters")
        try:
            number = exact(value)
        except ValueError as error:
            raise ValueError(f"{self.name}: {error}") from None
        low, high = self.bounds
        if not low <= number <= high:
            raise ValueError(f"{self.name} must lie between {low} and {high}, not {number}")
        super().__set__(obj, trimmed(number))
