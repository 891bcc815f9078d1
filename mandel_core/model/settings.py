"""How a viewport is computed: the settings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypedDict, get_args

from mandel_core.model.viewport import Precision

MAX_ITERATIONS = 10_000_000


@dataclass(frozen=True)
class Settings:
    """How a viewport is computed.

    `render`, `measure`, `sweep`, `inspect` and `compare` take these fields as keywords; a new one
    stands here and in `Keywords` and nowhere else in this package.

    stage : the name of one of STAGES.
    maxiter : iterations per point, at least 1.
    horizon : the escape radius (bailout): a point has escaped once |z| reaches it. 2 to 2**63 in
        float32, to 2**511 in float64.
    chunksize : iterations per compiled call, for the stages that have it.
    device : "cpu", "cuda" or "mps"; only the torch stages know others than "cpu".
    threads : how many; None for as many as the machine has. Each new number compiles anew.
    dtype : "float32" (z is complex64) or "float64" (z is complex128).

    Raises ValueError, in one sentence, for a value that makes no sense.
    """

    stage: str = "chunked"
    maxiter: int = 200
    horizon: float = 2.0**40
    chunksize: int = 10
    device: str = "cpu"
    threads: int | None = None
    dtype: Precision = "float32"

    def __post_init__(self) -> None:
        for name, limit in (("maxiter", MAX_ITERATIONS), ("chunksize", MAX_ITERATIONS)):
            value = getattr(self, name)
            if not (1 <= value <= limit and int(value) == value):
                raise ValueError(f"{name} must be a whole number from 1 to {limit}, not {value}")
            object.__setattr__(self, name, int(value))
        if self.dtype not in get_args(Precision):
            raise ValueError(f"dtype must be one of {get_args(Precision)}, not {self.dtype!r}")
        # Where |z| is just below the horizon, z**2 must still be a finite number.
        highest = 2.0**63 if self.dtype == "float32" else 2.0**511
        if not (math.isfinite(self.horizon) and 2 <= self.horizon <= highest):
            raise ValueError(
                f"horizon must lie between 2 and {highest:g} in {self.dtype}, not {self.horizon}"
            )
        threads = self.threads
        if threads is not None and not (1 <= threads <= 1024 and int(threads) == threads):
            raise ValueError(f"threads must be a whole number from 1 to 1024, not {threads}")
        object.__setattr__(self, "threads", None if threads is None else int(threads))


class SweepKeywords(TypedDict, total=False):
    """The fields of Settings that a whole sweep has in common, as keywords."""

    horizon: float
    device: str
    dtype: Precision


class Keywords(SweepKeywords, total=False):
    """The fields of Settings as keywords, but for the stage and maxiter, which come before them."""

    chunksize: int
    threads: int | None
