"""Timing stages: `measure` one, or `sweep` over chunk sizes and thread counts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Unpack

from mandel_core.measurement.system_load import Load, wait_for_calm
from mandel_core.model.control import NO_CONTROL, Control, Phase
from mandel_core.model.failures import StageFailure
from mandel_core.model.results import Frame, Measurement
from mandel_core.model.settings import Keywords, Settings, SweepKeywords
from mandel_core.model.stage import Stage
from mandel_core.model.viewport import Viewport
from mandel_core.rendering.engine import render_settings
from mandel_core.runtime import pausing
from mandel_core.stages import STAGES

CHUNK_SIZES = (1, 2, 5, 10, 20, 50, 100, 200)


# Two threads that have just been woken often share one core for some ten runs while another idles.
WARM_RUNS, WARM_SECONDS = 10, 0.3
# Runs too short for a few of them to tell much are repeated more often.
SHORT_REPEATS, SHORT_SECONDS, LONG_REPEATS = 15, 0.6, 5
# A second run may compile once more. Whatever compiles every time has no steady run to wait for.
MOST_COMPILING = 3
# The system counts what its cores do in hundredths of a second: after shorter runs some more follow
# that tell of nothing but the machine.
SHORTEST_WATCH = 0.2


def measure(
    view: Viewport,
    stage: str | Stage | Settings = "chunked",
    maxiter: int = 200,
    repeats: int | None = None,
    budget_seconds: float = 4.0,
    **keywords: Unpack[Keywords],
) -> Measurement:
    """Time one stage: runs that compile and warm up, which are not counted, then runs that are.

    At least one is counted, and at most `repeats`; by default up to 15 as long as they take less
    than 0.6 s together, else up to 5. They end early once they have taken `budget_seconds`.
    A run in which this process was paused (`Worker.pause`) is thrown away and taken again.

    stage, maxiter, keywords : those of `render`; or Settings in place of all of them.

    A failure of the stage is part of the Measurement.
    """
    settings = stage if isinstance(stage, Settings) else STAGES.settings(stage, maxiter, **keywords)
    return measure_settings(view, settings, repeats, budget_seconds)


def measure_settings(
    view: Viewport,
    settings: Settings,
    repeats: int | None = None,
    budget_seconds: float = 4.0,
    control: Control = NO_CONTROL,
    calm_seconds: float = 0.0,
) -> Measurement:
    """`measure` for settings already checked.

    calm_seconds : how long to wait at most, once all is compiled, until other programs leave the
        cores alone.

    `control` is told of "compiling", "warming up" before runs that do not count, and "running"
    before those that do; Cancelled is raised soon after it says to stop.
    """
    compile_seconds, compiling, retaken = 0.0, 0, 0
    runs: list[float] = []
    load = Load()
    counted = False

    def on_phase(phase: Phase) -> None:
        control.on_phase("warming up" if phase == "running" and not counted else phase)

    def run() -> Frame:
        nonlocal compile_seconds
        frame = render_settings(view, settings, Control(control.should_stop, on_phase))
        compile_seconds += frame.compile_seconds
        return frame

    def warm_up(spent: float) -> None:
        for _ in range(WARM_RUNS):
            if spent >= WARM_SECONDS:
                break
            spent += run().run_seconds

    try:
        first = run()
        wait_for_calm(calm_seconds, control)
        warm_up(first.run_seconds)
        counted = True
        on_phase("running")
        while not _enough(runs, repeats, budget_seconds):
            paused = pausing.seconds()
            with load.watched() as watch:
                frame = run()
            if pausing.seconds() != paused:
                retaken += 1
                warm_up(frame.run_seconds)  # idle threads lose their place
            elif frame.compile_seconds and compiling < MOST_COMPILING:
                compiling += 1
            else:
                watch.count()
                runs.append(frame.run_seconds)
        paused = pausing.seconds()
        with load.watched() as watch:
            while load.seconds + watch.seconds < SHORTEST_WATCH:
                run()
        if pausing.seconds() == paused:
            watch.count()
    except StageFailure as failure:
        return Measurement(view, settings, failure=failure)
    return Measurement(
        view,
        settings,
        tuple(runs),
        first.run_seconds,
        compile_seconds,
        retaken=retaken,
        busy=load.share,
    )


def _enough(runs: list[float], repeats: int | None, budget_seconds: float) -> bool:
    if not runs:
        return False
    spent = sum(runs)
    if repeats is None:
        repeats = SHORT_REPEATS if spent < SHORT_SECONDS else LONG_REPEATS
    return len(runs) >= repeats or spent >= budget_seconds


def sweep(
    view: Viewport,
    stage: str | Stage = "chunked",
    chunksizes: Iterable[int] | None = None,
    maxiter: int = 200,
    threads: int | Iterable[int] | None = None,
    repeats: int | None = None,
    nearest_to: int | None = None,
    **keywords: Unpack[SweepKeywords],
) -> Iterator[Measurement]:
    """Measure `stage` at each of `chunksizes`, yielding each Measurement as soon as it is made.

    Parameters beside those of `render` and `measure`:

    chunksizes : None for those of CHUNK_SIZES up to `maxiter`.
    threads : one number or several; None for as many as the machine has. All chunk sizes are
        measured with one number before the next, since changing it wakes other threads.
    nearest_to : take the chunk sizes nearest to this one first, by their ratio to it; else in the
        order given.

    A chunk size at which the stage fails yields a Measurement with its `failure`, and the sweep
    goes on. Raises ValueError before the first measurement if an argument makes no sense.

    >>> from mandel_core import Viewport, sweep
    >>> view = Viewport.from_bounds(-2.25, 0.75, -1.25, 1.25, 100, 83)
    >>> for point in sweep(view, "chunked", chunksizes=(1, 2), maxiter=20, repeats=3):
    ...     low, high = point.quartiles
    ...     print(point.chunksize, len(point.run_seconds), low <= point.median <= high)
    1 3 True
    2 3 True
    """
    common = STAGES.settings(stage, maxiter, chunksize=1, **keywords)
    points = points_of(common, chunksizes, threads, nearest_to)
    return (measure_settings(view, settings, repeats) for settings in points)


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
