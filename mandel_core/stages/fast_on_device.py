"""`fast` on another device than the CPU: one Triton kernel on CUDA, stages 13 and 12 elsewhere.

The samples travel to the device, a few kilobytes, and the results back. Between them there is one
launch, or as many as it takes for none to last long: a kernel that runs cannot be cancelled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mandel_core.compilers.arrays import fetched
from mandel_core.compilers.torch_compile import synchronize
from mandel_core.compilers.triton_formula import Untraceable, text_of
from mandel_core.formulas.formula import Formula
from mandel_core.model.job import Job
from mandel_core.model.stage import ZN
from mandel_core.stages import stage_12_gather, stage_13_known
from mandel_core.stages.applying import formula_of

ITERATIONS_PER_LAUNCH = 2e11  # of one launch: a tenth of a second or so


@dataclass(frozen=True)
class Smoothing:
    """What makes a continuous count of a whole one; see `mandel_core.colour.smooth`.

    The count is n + offset - per_doubling * log2(log2 |z|), after the orbit has been followed up to
    `radius`, for `further` steps at most.
    """

    offset: float
    per_doubling: float
    radius: float
    further: int
    shrink: (
        float  # a power of two near 1 / horizon, by which |z| is multiplied before it is squared
    )


NOT_SMOOTH = Smoothing(0.0, 0.0, 0.0, 0, 1.0)


def run_elsewhere(job: Job) -> ZN:
    """The job's Z and N, as arrays."""
    formula, device = formula_of(job), job.settings.device
    reason = why_not(formula, device)
    if reason is not None:
        job.warnings.append(reason)
    return compute_elsewhere(formula, device)(job)


def compute_elsewhere(formula: Formula, device: str) -> Callable[[Job], ZN]:
    """The function that computes a job with this formula on this device."""
    if why_not(formula, device) is None:
        return on_cuda
    return stage_13_known.run if formula.symmetric else stage_12_gather.run


def why_not(formula: Formula, device: str) -> str | None:
    """Why the Triton kernel cannot compute this, as a sentence; None if it can."""
    kind = device.partition(":")[0]
    instead = "so this picture is computed as by the stages known and gather"
    if kind != "cuda":
        return f"The kernel of fast for graphics cards is for CUDA, not {kind}, {instead}."
    if find_spec("triton") is None:
        return f"Triton is not installed, {instead}."
    try:
        text_of(formula)
    except Untraceable as error:
        return f"The step of {formula.title} cannot be written for Triton, {instead}. {error}"
    return None


def on_cuda(job: Job) -> ZN:
    """Z and N of the Triton kernel; also for tensors on the CPU, in Triton's interpreter."""
    Z, N = tensors_on_cuda(job)
    return fetched(Z), fetched(N)


def tensors_on_cuda(job: Job) -> tuple[Any, Any]:
    """The job's Z and N as tensors that stay on the device; the launches have not all ended yet."""
    import torch

    from mandel_core.kernels import triton_operators

    view, settings = job.view, job.settings
    z = torch.empty(
        (view.ny, view.nx, 2), dtype=getattr(torch, settings.dtype), device=settings.device
    )
    n = torch.empty((view.ny, view.nx), dtype=torch.int32, device=settings.device)
    names = settings.formula, settings.dtype

    def launch(numbers: Any, steps: Any, *sizes: int) -> None:
        triton_operators.frame(numbers, z, n, steps, *sizes, *names)

    executed = _launched(job, launch, NOT_SMOOTH)
    job.executed = sum(int(steps.sum()) for steps in executed) * triton_operators.PIXELS
    return torch.view_as_complex(z), n


def continuous_counts(job: Job, smoothing: Smoothing) -> Any:
    """The continuous counts, (ny, nx) float64 with nan inside, a tensor on the device."""
    import torch

    from mandel_core.kernels import triton_operators

    view, settings = job.view, job.settings
    counts = torch.empty((view.ny, view.nx), dtype=torch.float64, device=settings.device)
    rest = smoothing.further, settings.formula, settings.dtype

    def launch(numbers: Any, steps: Any, *sizes: int) -> None:
        triton_operators.counts(numbers, counts, steps, *sizes, *rest)

    _launched(job, launch, smoothing)
    return counts


_compiled: set[tuple[bool, str, str, Formula]] = set()


def _launched(job: Job, launch: Callable[..., None], smoothing: Smoothing) -> list[Any]:
    """Launch for all rows, a band at a time; the steps of each band's blocks, tensors."""
    import torch

    from mandel_core.kernels import triton_operators

    view, settings, formula = job.view, job.settings, formula_of(job)
    there = torch.from_numpy(numbers(job, smoothing)).to(settings.device)
    mirrored = view.mirrored_rows(settings.dtype) if formula.symmetric else 0
    rows = view.ny - mirrored
    most = int(np.clip(ITERATIONS_PER_LAUNCH / (view.nx * settings.maxiter), 1, rows))

    def of_rows(first: int, number: int, maxiter: int) -> Any:
        blocks = triton_operators.blocks(view.nx, number)
        steps = torch.empty(blocks, dtype=torch.int32, device=settings.device)
        launch(there, steps, view.nx, first, number, view.ny, mirrored, maxiter)
        return steps

    key = smoothing is NOT_SMOOTH, settings.device, settings.dtype, formula
    if key not in _compiled:
        with job.compiling():
            of_rows(0, 1, 1)
            synchronize(settings.device)
        _compiled.add(key)
    executed = []
    for first in range(0, rows, most):
        if first:
            synchronize(settings.device)
        job.checkpoint()
        executed.append(of_rows(first, min(most, rows - first), settings.maxiter))
    return executed


def numbers(job: Job, smoothing: Smoothing) -> NDArray[np.float64]:
    """What `triton_blocks` calls numbers."""
    from mandel_core.kernels.triton_blocks import HEAD

    settings = job.settings
    x, y = job.view.axes(settings.dtype)
    kind, c = x.dtype.type, settings.formula_c or 0j
    horizon, radius = kind(settings.horizon), smoothing.radius
    head = np.zeros(HEAD.value)
    head[:3] = horizon**2, kind(c.real), kind(c.imag)
    head[3:7] = smoothing.offset, smoothing.per_doubling, smoothing.shrink, radius**2
    return np.concatenate([head, x, y], dtype=np.float64)
