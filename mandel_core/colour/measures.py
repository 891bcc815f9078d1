"""What is known of a frame's points beyond iterations and z: computed when a colouring asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mandel_core.model.control import NO_CONTROL, Control
from mandel_core.model.results import Frame

Keep = Callable[[str, Callable[[], NDArray[Any]]], NDArray[Any]]


def _not_kept(_: str, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
    return make()


class Measures:
    """A frame and what can be measured of its points; each (ny, nx).

    control : asked by what takes long whether to stop; then it raises Cancelled.
    keep : gives what is kept under a name, or keeps what it makes.
    """

    def __init__(self, frame: Frame, control: Control = NO_CONTROL, keep: Keep = _not_kept) -> None:
        self.frame, self.control = frame, control
        self._keep = keep

    @property
    def count(self) -> NDArray[np.float32]:
        """The smooth iteration count; nan for points that did not escape."""
        from mandel_core.colour.counting import counts  # which imports Numba

        return counts(self.frame)
