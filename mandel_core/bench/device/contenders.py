"""What computes on the device: kernels timed by events, and stages timed on the host's clock.

Importing this module imports torch.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from mandel_core.bench.device.timing import on_device, on_host, summary
from mandel_core.bench.scenes import Scene
from mandel_core.model.control import Control
from mandel_core.model.failures import Cancelled, StageFailure
from mandel_core.model.job import Job
from mandel_core.model.results import Frame
from mandel_core.model.settings import Settings
from mandel_core.rendering.engine import render_settings
from mandel_core.stages import STAGES

Row = dict[str, Any]
Counts = np.ndarray[Any, Any]
TOO_LONG_TO_REPEAT = 2.0  # seconds; and longer than that only once


def settings_of(scene: Scene, stage: str, device: str = "cuda") -> Settings:
    """What a stage is asked to do."""
    return replace(scene.settings(stage, 1), device=device, threads=None)


def device_stages() -> list[str]:
    """The stages that know devices."""
    return [stage.name for stage in STAGES if "device" in stage.varies]


def fast_kernel(scene: Scene, repeats: int) -> tuple[Row, Counts]:
    """The kernel of `fast` that writes Z and N, both of which stay on the device."""
    from mandel_core.stages import fast_on_device

    job = Job(scene.view, settings_of(scene, "fast"))
    _, N = fast_on_device.tensors_on_cuda(job)
    seconds = on_device(launches(scene), repeats)
    return {"executed_iterations": job.executed, **summary(seconds)}, N.cpu().numpy()


def launches(scene: Scene) -> Callable[[], None]:
    """What launches that kernel for the whole scene at once, with all that it needs in place."""
    from mandel_core.formulas import FORMULAS
    from mandel_core.kernels import triton_operators
    from mandel_core.stages import fast_on_device

    view, settings = scene.view, settings_of(scene, "fast")
    job = Job(view, settings)
    numbers = torch.from_numpy(fast_on_device.numbers(job, fast_on_device.NOT_SMOOTH)).cuda()
    kind = getattr(torch, settings.dtype)
    z = torch.empty((view.ny, view.nx, 2), dtype=kind, device="cuda")
    n = torch.empty((view.ny, view.nx), dtype=torch.int32, device="cuda")
    symmetric = FORMULAS.find(settings.formula).symmetric
    mirrored = view.mirrored_rows(settings.dtype) if symmetric else 0
    rows = view.ny - mirrored
    steps = torch.empty(triton_operators.blocks(view.nx, rows), dtype=torch.int32, device="cuda")
    sizes = view.nx, 0, rows, view.ny, mirrored, settings.maxiter

    def launch() -> None:
        triton_operators.frame(numbers, z, n, steps, *sizes, settings.formula, settings.dtype)

    return launch


def numba_kernel(scene: Scene, repeats: int) -> tuple[Row, Counts]:
    """Numba CUDA, a thread a pixel, the samples and the counts on the device."""
    from mandel_core.bench.peers.numba_cuda import launches as numba_launches

    launch, counts = numba_launches(scene)
    launch()
    last = counts.copy_to_host()
    executed = int(last.sum(dtype=np.int64))
    row = {"executed_iterations": executed, **summary(on_device(launch, repeats))}
    return row, np.where(last < scene.maxiter, np.maximum(last - 1, 0), 0)


def stage(scene: Scene, name: str, repeats: int, limit: float, device: str) -> tuple[Row, Any]:
    """A stage from viewport to Z and N on the host; None for the counts where it fails."""
    until = time.perf_counter() + limit

    def run() -> Frame:
        control = Control(lambda: time.perf_counter() > until)
        return render_settings(scene.view, settings_of(scene, name, device), control)

    try:
        first = run()
        again = [run().run_seconds]
        while len(again) < repeats and again[-1] < TOO_LONG_TO_REPEAT:
            again.append(run().run_seconds)
    except StageFailure as failure:
        return {"outcome": failure.reason, "details": failure.details[-2000:]}, None
    except Cancelled:
        return {"outcome": f"not finished within {limit:g} s, compiling included"}, None
    row = {"outcome": "ok", "compile_seconds": first.compile_seconds, **summary(again)}
    row["executed_iterations"], row["warnings"] = first.executed, list(first.warnings)
    return row, first.iterations


def pictures(scene: Scene, look: str, repeats: int) -> Row:
    """The scene as palette indices on the host, one picture after the other.

    The parts are timed apart by events; `median_seconds` is what a picture takes by the host's
    clock, and `per_second` comes from all of them together.
    """
    from mandel_core.colour.colouring import Colouring
    from mandel_core.colour.device_painting import paint
    from mandel_core.compilers.arrays import fetched
    from mandel_core.rendering.device_drawing import smoothing
    from mandel_core.stages.fast_on_device import continuous_counts

    settings, colouring = settings_of(scene, "fast"), Colouring(look)
    smooth = smoothing(settings)

    def counts() -> Any:
        return continuous_counts(Job(scene.view, settings), smooth)

    known = counts()
    indices, _ = paint(known, settings, colouring)
    parts = {
        "counts": counts,
        "colours": lambda: paint(known, settings, colouring),
        "to the host": lambda: fetched(indices),
    }

    def picture() -> None:
        fetched(paint(counts(), settings, colouring)[0])

    row: Row = {"parts": {name: summary(on_device(part, repeats)) for name, part in parts.items()}}
    on_host(picture, 10)
    seconds = on_host(picture, 10 * repeats)
    return row | summary(seconds) | {"per_second": len(seconds) / sum(seconds)}
