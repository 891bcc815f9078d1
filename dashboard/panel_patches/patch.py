"""One attribute of Panel's that is replaced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Patch:
    """What is to be in place of `owner.name`.

    replacement : makes it of what is there now.
    """

    owner: Any
    name: str
    replacement: Callable[[Any], Any]

    @property
    def is_missing(self) -> bool:
        """Whether there is nothing to replace."""
        return not hasattr(self.owner, self.name)

    def make(self) -> None:
        """Replace it."""
        setattr(self.owner, self.name, self.replacement(getattr(self.owner, self.name)))

    def __str__(self) -> str:
        return f"{getattr(self.owner, '__name__', self.owner)}.{self.name}"
