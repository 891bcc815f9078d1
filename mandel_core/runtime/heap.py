"""The C library's heap in a process that allocates large arrays for as long as it lives."""

from __future__ import annotations

import ctypes
import sys

import numpy as np

BLOCK = 2**23


def reserve(size: int) -> None:
    """Have the system hand out so many bytes now, which malloc keeps if it is told to.

    Getting them page by page with the first pictures would take several times as long as these.
    """
    held = [np.empty(BLOCK, np.uint8) for _ in range(size // BLOCK)]
    for block in held:
        block.fill(0)


def give_back() -> None:
    """Give back to the system what is free between what is in use; glibc only.

    Arrays of all sizes come and go, and leave holes that fit none: without this a process grows
    for hours, though what it has in use stays the same.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
