"""Whatever takes part: the stages of this project and the peers, run alike.

`prepare` and `run` are called in the contender's own process; what they return is picklable.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mandel_core.bench.peers import PEERS, Missing, Prepared
from mandel_core.bench.scenes import Scene
from mandel_core.model.control import Control, Phase
from mandel_core.model.failures import Cancelled, StageFailure
from mandel_core.model.viewport import Viewport
from mandel_core.rendering.engine import render_settings
from mandel_core.stages import STAGES


@dataclass(frozen=True)
class Contender:
    """A stage or a peer, by name."""

    kind: Literal["stage", "peer"]
    name: str

    @property
    def title(self) -> str:
        """The name for people."""
        return STAGES[self.name].title if self.kind == "stage" else PEERS[self.name].title


@dataclass(frozen=True)
class Failure:
    """Why there is no time."""

    reason: str
    too_long: bool = False


@dataclass(frozen=True)
class Ready:
    """What is known of a peer before its first run."""

    seconds: float = 0.0
    version: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Counts:
    """The result of one run, and what it is the result of."""

    iterations: NDArray[np.integer]
    view: Viewport
    horizon: float


@dataclass(frozen=True)
class Sample:
    """One run. `counts` only where they were asked for."""

    seconds: float
    compile_seconds: float = 0.0
    executed: int | None = None
    warnings: int = 0
    counts: Counts | None = None


WARM_UP_RUNS, WARM_UP_SECONDS = 10, 0.5
AGAIN_RUNS = 2  # before each batch
TOO_LONG_TO_WARM_UP = 1.0  # seconds
BATCH_RUNS, BATCH_SECONDS = 10, 0.3

_prepared: dict[tuple[str, Scene, int], Prepared] = {}


def missing(contender: Contender) -> Failure | None:
    """Why a peer cannot run here, before a process is started for it; None if it may.

    What else goes wrong while that is asked is for its own process to say.
    """
    if contender.kind == "stage":
        return None
    with suppress(Exception):
        try:
            PEERS[contender.name].version()
        except Missing as error:
            return Failure(str(error))
    return None


def prepare(contender: Contender, scene: Scene, threads: int) -> Ready | Failure:
    """Build and compile what a peer needs; a stage does that on its first run."""
    if contender.kind == "stage":
        return Ready()
    try:
        version = PEERS[contender.name].version()
        started = time.perf_counter()
        prepared = _prepared_peer(contender, scene, threads)
    except Missing as error:
        return Failure(str(error))
    except Exception as error:
        return Failure(in_words(error))
    return Ready(time.perf_counter() - started, version, prepared.note)


def run(
    contender: Contender, scene: Scene, threads: int, limit: float, *, with_counts: bool
) -> Sample | Failure:
    """Compute `scene` once, and time it."""
    try:
        if contender.kind == "stage":
            return _run_stage(contender, scene, threads, limit, with_counts=with_counts)
        return _run_peer(contender, scene, threads, with_counts=with_counts)
    except StageFailure as error:
        return Failure(error.reason)
    except Cancelled:
        return Failure(not_finished(limit), too_long=True)
    except Exception as error:
        return Failure(in_words(error))


def warm_up(contender: Contender, scene: Scene, threads: int, limit: float) -> float | Failure:
    """Run until the threads have spread over the cores; the seconds of the last run."""
    return _several(contender, scene, threads, limit, _enough(WARM_UP_RUNS, WARM_UP_SECONDS))


def batch(contender: Contender, scene: Scene, threads: int, limit: float) -> float | Failure:
    """The median of a few runs in a row, after two that bring idle threads back to their cores."""

    def again(runs: list[float]) -> bool:
        return len(runs) >= AGAIN_RUNS or runs[-1] > TOO_LONG_TO_WARM_UP

    before = _several(contender, scene, threads, limit, again)
    if isinstance(before, Failure) or before > TOO_LONG_TO_WARM_UP:
        return before
    enough = _enough(BATCH_RUNS, BATCH_SECONDS)
    return _several(contender, scene, threads, limit, enough, median)


def _enough(runs: int, seconds: float) -> Callable[[list[float]], bool]:
    return lambda done: len(done) >= runs or sum(done) + done[-1] > seconds


def _several(
    contender: Contender,
    scene: Scene,
    threads: int,
    limit: float,
    enough: Callable[[list[float]], bool],
    of_all: Callable[[list[float]], float] = lambda runs: runs[-1],
) -> float | Failure:
    runs: list[float] = []
    while not runs or not enough(runs):
        sample = run(contender, scene, threads, limit, with_counts=False)
        if isinstance(sample, Failure):
            return sample
        runs.append(sample.seconds)
    return of_all(runs)


def not_finished(limit: float) -> str:
    """What a row says whose run was given up."""
    return f"not finished within {limit:g} s"


def in_words(error: Exception) -> str:
    """The first line of an unexpected error."""
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:200]}"


class _Limit:
    """Says stop once so many seconds were spent running; compiling does not count."""

    def __init__(self, seconds: float) -> None:
        self._end = time.perf_counter() + seconds
        self._compile_started: float | None = None

    def phase(self, name: Phase) -> None:
        now = time.perf_counter()
        if self._compile_started is not None:
            self._end += now - self._compile_started
        self._compile_started = now if name == "compiling" else None

    def reached(self) -> bool:
        return self._compile_started is None and time.perf_counter() > self._end


def _run_stage(
    contender: Contender, scene: Scene, threads: int, limit: float, *, with_counts: bool
) -> Sample:
    clock = _Limit(limit)
    settings = scene.settings(contender.name, threads)
    frame = render_settings(scene.view, settings, Control(clock.reached, clock.phase))
    counts = Counts(_small(frame.iterations), scene.view, scene.horizon) if with_counts else None
    return Sample(
        frame.run_seconds, frame.compile_seconds, frame.executed, len(frame.warnings), counts
    )


def _prepared_peer(contender: Contender, scene: Scene, threads: int) -> Prepared:
    key = (contender.name, scene, threads)
    if key not in _prepared:
        _prepared[key] = PEERS[contender.name].prepare(scene, threads)
    return _prepared[key]


def _run_peer(contender: Contender, scene: Scene, threads: int, *, with_counts: bool) -> Sample:
    prepared = _prepared_peer(contender, scene, threads)
    started = time.perf_counter()
    answer = prepared.run()
    seconds = time.perf_counter() - started
    counts = None
    if with_counts:
        # The tutorial's N: the last n below the horizon, 0 where that is the last step.
        iterations = np.where(answer.counts < scene.maxiter, answer.counts - 1, 0)
        counts = Counts(_small(iterations), prepared.view, prepared.horizon)
    return Sample(seconds, 0.0, answer.executed, 0, counts)


def _small(array: NDArray[Any]) -> NDArray[np.integer]:
    return array.astype(np.int32)
