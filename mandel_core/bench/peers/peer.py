"""What the bench knows about a peer: a program that might be used instead of this one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mandel_core.bench.scenes import Scene
from mandel_core.model.viewport import Viewport


class Missing(Exception):
    """The peer cannot run here; the words say why."""


@dataclass(frozen=True)
class Answer:
    """What one run computed.

    counts : (ny, nx), the number of n below maxiter at which |z| was below the horizon.
    executed : iterations done in all points together; None where unknown.
    """

    counts: NDArray[np.integer]
    executed: int | None = None


@dataclass(frozen=True)
class Prepared:
    """A peer ready to be timed.

    run : computes the scene once.
    view, horizon : what it really computes, where the peer cannot be told all of the scene.
    note : in which way that differs, for people.
    """

    run: Callable[[], Answer]
    view: Viewport
    horizon: float
    note: str = ""


@dataclass(frozen=True)
class Peer:
    """One peer: `version` and `prepare` raise Missing where it cannot run."""

    name: str
    title: str
    version: Callable[[], str]
    prepare: Callable[[Scene, int], Prepared]


def build_folder() -> Path:
    """Where a peer may put what it builds: the run's own, else a fresh one."""
    given = os.environ.get("MANDEL_BENCH_BUILD_DIR")
    return Path(given or tempfile.mkdtemp(prefix="mandel-bench-"))
