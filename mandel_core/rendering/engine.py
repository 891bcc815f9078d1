"""From a viewport and settings to a frame."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import nullcontext

from mandel_core.compilers.torch_compile import CacheGaveWay, synchronize, torch_session
from mandel_core.model.job import Job, Settings, _ignore, never
from mandel_core.model.results import Frame, StageFailure
from mandel_core.model.stage import Stage
from mandel_core.model.viewport import Precision, Viewport
from mandel_core.runtime.pausing import clock
from mandel_core.stages import STAGES

# Dynamo is not thread-safe, and two runs at once would spoil each other's times.
one_at_a_time = threading.RLock()


def render(
    view: Viewport,
    stage: str | Stage = "chunked",
    maxiter: int = 200,
    horizon: float = 2.0**40,
    chunksize: int = 10,
    device: str = "cpu",
    threads: int | None = None,
    dtype: Precision = "float32",
) -> Frame:
    """Compute `view` with one stage, in this process and thread.

    Parameters
    ----------
    view : the samples; see `Viewport.from_bounds` and `Viewport.from_screen`.
    stage : one of STAGES, or its name.
    maxiter : iterations per point, at least 1.
    horizon : a point has left once |z| reaches this; 2 to 2**63 in float32, to 2**511 in float64.
    chunksize : iterations per compiled call, for the stages that have it.
    device : "cpu", "cuda" or "mps"; only the torch stages know others than "cpu".
    threads : how many; None for as many as the machine has. Each new number compiles anew.
    dtype : "float32" (z is complex64) or "float64" (z is complex128).

    Raises StageFailure if the stage cannot run here, ValueError if an argument makes no sense.
    """
    stage = STAGES.find(stage)
    settings = Settings(stage.name, maxiter, horizon, chunksize, device, threads, dtype)
    return render_settings(view, settings)


def render_settings(
    view: Viewport,
    settings: Settings,
    should_stop: Callable[[], bool] = never,
    on_phase: Callable[[str], None] = _ignore,
) -> Frame:
    """`render` for settings already checked.

    `should_stop` is asked between steps, and Cancelled raised once it says yes; `on_phase` hears
    "compiling" and "running" as they alternate.
    """
    return run_job(Job(view, settings, should_stop, on_phase))


def run_job(job: Job) -> Frame:
    """Run a job of one's own, which still tells what was spent and warned of where this raises."""
    with one_at_a_time:
        try:
            return _run(job)
        except CacheGaveWay:
            return _run(job)


def _run(job: Job) -> Frame:
    settings = job.settings
    stage = STAGES.find(settings.stage)
    on_torch = stage.uses_torch(settings)
    compiled = job.compile_seconds
    try:
        if on_torch and "torch" not in sys.modules:  # which takes seconds to import
            job.on_phase("compiling")
        with torch_session(job) if on_torch else nullcontext():
            if on_torch:
                synchronize(settings.device)
            started = clock()
            z, iterations = stage.run(job)
            if on_torch:
                synchronize(settings.device)
            wall = clock() - started
    except MemoryError as error:
        raise StageFailure(
            stage.name, "error", "There is not enough memory for this viewport.", str(error)
        ) from error
    return Frame(
        job.view,
        settings,
        iterations,
        z,
        run_seconds=wall - (job.compile_seconds - compiled),
        compile_seconds=job.compile_seconds,
        warnings=tuple(job.warnings),
        executed=job.executed,
    )
