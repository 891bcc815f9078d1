"""Timing stages: `measure` one, or `sweep` over chunk sizes and thread counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from mandel_core.engine import render_settings
from mandel_core.job import Settings, _ignore, never
from mandel_core.outcomes import Measurement, StageFailure
from mandel_core.stage import Stage
from mandel_core.stages import STAGES
from mandel_core.viewport import Precision, Viewport

CHUNK_SIZES = (1, 2, 5, 10, 20, 50, 100, 200)


def measure(
    view: Viewport,
    settings: Settings,
    repeats: int = 5,
    budget_seconds: float = 4.0,
    should_stop: Callable[[], bool] = never,
    on_phase: Callable[[str], None] = _ignore,
) -> Measurement:
    """Time one stage: a first run that is not counted, then up to `repeats` that are.

    Repeats end early once they have taken `budget_seconds` together; there is at least one.
    """
    try:
        first = render_settings(view, settings, should_stop, on_phase)
        runs: list[float] = []
        while not runs or (len(runs) < repeats and sum(runs) < budget_seconds):
            runs.append(render_settings(view, settings, should_stop, on_phase).run_seconds)
    except StageFailure as failure:
        return Measurement(view, settings, failure=failure)
    return Measurement(view, settings, tuple(runs), first.run_seconds, first.compile_seconds)


def sweep(
    view: Viewport,
    stage: str | Stage = "chunked",
    chunksizes: Iterable[int] | None = None,
    maxiter: int = 200,
    horizon: float = 2.0**40,
    device: str = "cpu",
    threads: int | Iterable[int] | None = None,
    dtype: Precision = "float32",
    repeats: int = 5,
    nearest_to: int | None = None,
) -> Iterator[Measurement]:
    """Measure `stage` at each of `chunksizes`, yielding each Measurement as soon as it is made.

    Parameters beside those of `render`:

    chunksizes : None for those of CHUNK_SIZES up to `maxiter`.
    threads : one number or several; None for as many as the machine has. All chunk sizes are
        measured with one number before the next, since changing it wakes other threads.
    nearest_to : take the chunk sizes nearest to this one first, by their ratio to it; else in the
        order given.

    A chunk size at which the stage fails yields a Measurement with its `failure`, and the sweep
    goes on. Raises ValueError before the first measurement if an argument makes no sense.
    """
    stage = STAGES.find(stage)
    common = Settings(stage.name, maxiter, horizon, 1, device, None, dtype)
    points = points_of(common, chunksizes, threads, nearest_to)
    return (measure(view, settings, repeats) for settings in points)


def points_of(
    common: Settings,
    chunksizes: Iterable[int] | None = None,
    threads: int | Iterable[int] | None = None,
    nearest_to: int | None = None,
) -> list[Settings]:
    """What `sweep` measures, in its order. Raises ValueError if a number makes no sense."""
    if chunksizes is None:
        chunksizes = [size for size in CHUNK_SIZES if size <= common.maxiter]
    sizes = list(dict.fromkeys(chunksizes))
    if nearest_to is not None:
        replace(common, chunksize=nearest_to)  # checks
    counts = [threads] if threads is None or isinstance(threads, int) else dict.fromkeys(threads)
    points = [replace(common, chunksize=size, threads=count) for count in counts for size in sizes]
    if nearest_to is not None:
        order = list(counts)
        points.sort(
            key=lambda point: (
                order.index(point.threads),
                abs(math.log(point.chunksize / nearest_to)),
                point.chunksize,
            )
        )
    return points
