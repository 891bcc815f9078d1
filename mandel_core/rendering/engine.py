"""From a viewport and settings to a frame."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import TypeVar, Unpack

from mandel_core.compilers.torch_compile import BrokenCacheRemoved, synchronize, torch_session
from mandel_core.model.control import NO_CONTROL, Control
from mandel_core.model.failures import StageFailure
from mandel_core.model.job import Job
from mandel_core.model.results import Frame
from mandel_core.model.settings import Keywords, Settings
from mandel_core.model.stage import Stage
from mandel_core.model.viewport import Viewport
from mandel_core.runtime.pausing import clock
from mandel_core.stages import STAGES

T = TypeVar("T")

# Dynamo is not thread-safe, and two runs at once would spoil each other's times.
one_at_a_time = threading.RLock()


def render(
    view: Viewport,
    stage: str | Stage = "chunked",
    maxiter: int = 200,
    **keywords: Unpack[Keywords],
) -> Frame:
    """Compute `view` with one stage, in this process and thread.

    Parameters
    ----------
    view : the samples; see `Viewport.from_bounds` and `Viewport.from_screen`.
    stage : one of STAGES, or its name.
    maxiter : iterations per point, at least 1.
    keywords : the other fields of `Settings`, which has the list.

    Raises
    ------
    StageFailure : if the stage cannot run here.
    ValueError : if an argument makes no sense.
    """
    return render_settings(view, STAGES.settings(stage, maxiter, **keywords))


def render_settings(
    view: Viewport,
    settings: Settings,
    control: Control = NO_CONTROL,
) -> Frame:
    """`render` for settings already checked.

    `control` is asked between steps whether to stop, and told of "compiling" and "running".
    """
    return run_job(Job(view, settings, control))


def run_job(job: Job) -> Frame:
    """Run a job of one's own, which still tells what was spent and warned of where this raises."""
    (z, iterations), seconds = run_timed(job, STAGES.find(job.settings.stage).run)
    return Frame(
        job.view,
        job.settings,
        iterations,
        z,
        run_seconds=seconds,
        compile_seconds=job.compile_seconds,
        warnings=tuple(job.warnings),
        executed=job.executed,
    )


def run_timed(job: Job, work: Callable[[Job], T]) -> tuple[T, float]:
    """What `work` makes of a job, and the seconds it took without those for compiling.

    Raises StageFailure where the job's stage or device cannot do it.
    """
    with one_at_a_time:
        try:
            return _run(job, work)
        except BrokenCacheRemoved:
            return _run(job, work)


def _run(job: Job, work: Callable[[Job], T]) -> tuple[T, float]:
    settings = job.settings
    stage = STAGES.find(settings.stage)
    on_torch = stage.uses_torch(settings)
    before = job.compile_seconds
    try:
        if on_torch and "torch" not in sys.modules:  # which takes seconds to import
            job.control.on_phase("compiling")
        with torch_session(job) if on_torch else nullcontext():
            if on_torch:
                synchronize(settings.device)
            started = clock()
            result = work(job)
            if on_torch:
                synchronize(settings.device)
            wall = clock() - started
    except MemoryError as error:
        raise StageFailure(
            stage.name, "error", "There is not enough memory for this viewport.", str(error)
        ) from error
    return result, wall - (job.compile_seconds - before)
