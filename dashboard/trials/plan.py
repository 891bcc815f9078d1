"""Which parts to run, and how large."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Plan:
    """All sizes of a run; these defaults are the full form's.

    seed : of everything that is chosen at random.
    patience : seconds after which a picture that has not come is lost.
    """

    seed: int = 1
    patience: float = 30.0
    visitors: int = 20
    seconds: float = 60.0
    kinds: tuple[str, ...] = ()
    inputs: int = 10_000
    kills: int = 100
    hangs: int = 20
    fault_minutes: float = 10.0
    sessions: int = 200
    zoomers: int = 5
    minutes: float = 60.0
    sample_seconds: float = 10.0
    samples: Path | None = None
    short: bool = False


SHORT = Plan(
    patience=20.0,
    visitors=4,
    seconds=3.0,
    kinds=("numpy",),
    inputs=200,
    kills=2,
    hangs=0,
    fault_minutes=0.08,
    sessions=8,
    zoomers=2,
    minutes=0.08,
    sample_seconds=1.0,
    short=True,
)
