"""In which order things are measured: what is quick first, so that something is seen soon."""

from __future__ import annotations

import math
from collections.abc import Iterable

from dashboard.lab import stored
from mandel_core import STAGES, Settings

# The stages without torch, the fastest first; others without torch follow.
_QUICK = ("fast", "lanes", "numba", "numpy")


def quickest_first(todo: Iterable[Settings]) -> list[Settings]:
    """Without torch.compile first, then by how long compiling took here before.

    What has not been compiled here comes last, short chunks first, else in the order given.
    """
    return sorted(todo, key=_cost)


def _cost(settings: Settings) -> tuple[bool, float, int]:
    if STAGES[settings.stage].uses_torch(settings):
        known = stored.compile_seconds(settings)
        return True, math.inf if known is None else known, settings.chunksize
    return False, _QUICK.index(settings.stage) if settings.stage in _QUICK else len(_QUICK), 0
