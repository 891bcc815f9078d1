"""In which order things are measured: what is quick first, so that something is seen soon."""

from __future__ import annotations

import math
from collections.abc import Iterable

from dashboard.lab import stored
from mandel_core import STAGES, Settings

# Those without torch, the fastest first; of what else there is without it nothing is known.
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
