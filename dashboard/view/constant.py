"""A param that keeps a formula's c, a complex number of two floats."""

from __future__ import annotations

import math
from typing import Any

import param

from dashboard.state import MAX_CENTRE


class Constant(param.Parameter):
    """A complex number with both parts within ±MAX_CENTRE; numbers and strings are taken."""

    def __set__(self, obj: Any, value: Any) -> None:
        """Store the value. Raises ValueError if it is no complex number, or out of bounds."""
        try:
            c = complex(value)
        except (TypeError, ValueError, OverflowError):
            shown = str(value)[:40]
            raise ValueError(f"{self.name} must be a complex number, not {shown!r}") from None
        limit = float(MAX_CENTRE)
        if not all(math.isfinite(part) and abs(part) <= limit for part in (c.real, c.imag)):
            raise ValueError(f"both parts of {self.name} must lie within ±{limit:g}")
        super().__set__(obj, c)
