"""Looking at what the compiler makes of a stage: `inspect`."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Protocol, Self, Unpack

from mandel_core.formulas import FORMULAS
from mandel_core.inspection.report import Inspection
from mandel_core.model.control import NO_CONTROL, Control, Phase
from mandel_core.model.failures import Cancelled, StageFailure
from mandel_core.model.job import Job
from mandel_core.model.settings import Keywords, Settings
from mandel_core.model.stage import Stage
from mandel_core.model.viewport import Viewport
from mandel_core.rendering.engine import one_at_a_time, run_job
from mandel_core.stages import STAGES

# What a stage compiles it compiles early; only a last, shorter chunk comes at the very end.
RUN_SECONDS = 5.0


def inspect(
    view: Viewport,
    stage: str | Stage = "chunked",
    maxiter: int = 200,
    cold: bool = False,
    **keywords: Unpack[Keywords],
) -> Inspection:
    """Compile a stage anew and tell what the compiler did; the parameters are those of `render`.

    What was compiled before stays compiled. The compiler's cache on disk is used, which makes it
    a matter of seconds where the stage has been compiled before; with `cold` it is put aside
    meanwhile, so that everything is generated again. The stage is run to its end for it, for
    RUN_SECONDS at most beside the compiling.

    A stage that cannot run is an Inspection with its `failure`. Raises ValueError if an argument
    makes no sense.

    >>> from mandel_core import Viewport, inspect
    >>> view = Viewport.from_bounds(-2, 0.5, -1.25, 1.25, 32, 24)
    >>> seen = inspect(view, "planes", maxiter=8)
    >>> seen.kernels, seen.cache in ("hit", "miss"), seen.graph_breaks
    (1, True, ())
    >>> print(seen.listings[0].language, seen.listings[0].text.count("for("))
    cpp 1
    """
    return inspect_settings(view, STAGES.settings(stage, maxiter, **keywords), cold)


def inspect_settings(
    view: Viewport,
    settings: Settings,
    cold: bool = False,
    control: Control = NO_CONTROL,
) -> Inspection:
    """`inspect` for settings already checked; `control` is that of `render_settings`."""
    stage = STAGES.find(settings.stage)
    empty = Inspection(settings, stage.source_for(FORMULAS.find(settings.formula), settings.device))
    if stage.kernels is None and not stage.uses_torch(settings):
        note = "NumPy calls ready-made machine code, operation by operation: nothing is compiled."
        return replace(empty, note=note)
    # Before it compiles, torch loads its compiler, which may take long and is no running.
    loads = stage.uses_torch(settings)
    deadline = [float("inf") if loads else time.monotonic() + RUN_SECONDS]

    def stop_or_enough() -> bool:
        return control.should_stop() or time.monotonic() > deadline[0]

    def on_phase(phase: Phase) -> None:
        deadline[0] = float("inf") if phase == "compiling" else time.monotonic() + RUN_SECONDS
        control.on_phase(phase)

    job = Job(view, settings, Control(stop_or_enough, on_phase))
    failure, note = None, ""
    with one_at_a_time, _watch(stage, job, cold) as watch:
        try:
            run_job(job)
        except StageFailure as error:
            failure = error
        except Cancelled:
            if control.should_stop():
                raise
            note = (
                f"The run was ended after {RUN_SECONDS:g} s without compiling; "
                "what would be compiled later is not shown."
            )
        return watch.add_to(
            replace(empty, warnings=tuple(job.warnings), failure=failure, note=note)
        )


class _Watch(Protocol):
    """Watches a compiler for as long as it is entered."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *exception: object) -> None: ...

    def add_to(self, seen: Inspection) -> Inspection:
        """`seen`, and what was noticed since entering."""


def _watch(stage: Stage, job: Job, cold: bool) -> _Watch:
    if stage.uses_torch(job.settings):
        from mandel_core.inspection.inductor import Inductor

        return Inductor(stage, job.settings, cold)
    from mandel_core.inspection.numba_kernels import Numba

    return Numba(stage, job, cold)
