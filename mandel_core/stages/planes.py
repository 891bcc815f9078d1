"""What surrounds the stages on flat planes: one contiguous tensor each for the parts of c and z.

A fifth plane counts steps, as floats of the same width, so that it shares the vector registers'
layout. Mixed with two-dimensional operands or integers of another width none of it would be fused
into one vector loop.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mandel_core.model.job import Job
from mandel_core.model.stage import ZN, Step
from mandel_core.stages.applying import refuse_previous_z

Planes = tuple[Any, Any, Any, Any, Any]  # c's real and imaginary part, z's, steps


def begin(job: Job, rows: int | None = None, multiple: int = 1) -> Planes:
    """The planes before the first step, on the job's device.

    rows : how many of the viewport's rows, from the first; None for all.
    multiple : the planes' length is padded to one; there c is 0.
    """
    import torch

    settings = job.settings
    refuse_previous_z(job)
    x, y = (torch.from_numpy(axis) for axis in job.view.axes(settings.dtype))
    y = y[:rows, None]
    points = x.numel() * y.numel()
    length = points + -points % multiple
    planes = zeros(length, like=x.to(settings.device))
    c = settings.formula_c
    of_pixels = planes if c is None else planes[2:]  # c, or where z starts
    for plane, axis in zip(of_pixels, (x, y), strict=False):
        plane[:points].view(y.numel(), -1).copy_(axis.to(plane.device))
    if c is not None:
        planes[0][:points], planes[1][:points] = c.real, c.imag
    return planes


def zeros(length: int, like: Any) -> Planes:
    """Five planes of zeros, each a tensor of its own: kernels write in place to some of them."""
    cx, cy, re, im, steps = (like.new_zeros(length) for _ in range(5))
    return cx, cy, re, im, steps


def end(job: Job, re: Any, im: Any, steps: Any, rows: int | None = None) -> ZN:
    """Z and N of the whole viewport; with `rows`, those beyond mirror the ones before.

    The planes are used up.
    """
    import torch

    columns = job.view.nx
    rows = rows or job.view.ny
    half = job.view.ny - rows
    re, im, steps = (plane[: rows * columns].view(rows, columns) for plane in (re, im, steps))
    Z = _empty((job.view.ny, columns), re.dtype.to_complex(), re.device)
    N = _empty(Z.shape, torch.int32, re.device)
    torch.complex(re, im, out=Z[:rows])
    # 0 where all steps were done, else one less than the steps: in few passes, without masks.
    last = job.settings.maxiter - 1
    if job.settings.formula_c is not None:
        steps.clamp_(min=1)  # none were done where the pixel itself is beyond the horizon
    torch.threshold_(steps.neg_().add_(last + 1), 0, last)
    N[:rows] = steps.neg_().add_(last)
    if half:
        upwards = torch.arange(half - 1, -1, -1, device=re.device)
        torch.index_select(Z[:half], 0, upwards, out=Z[rows:])
        torch.conj_physical(Z[rows:], out=Z[rows:])
        torch.index_select(N[:half], 0, upwards, out=N[rows:])
    return Z.cpu().numpy(), N.cpu().numpy()


def _empty(shape: tuple[int, int], dtype: Any, device: Any) -> Any:
    """A tensor for a result; on the CPU NumPy's, which asks the system for large pages.

    Torch's would go back to the system after each picture, and thousands of page faults with the
    next take as long as the picture.
    """
    import torch

    if device.type != "cpu":
        return torch.empty(shape, dtype=dtype, device=device)
    return torch.from_numpy(np.empty(shape, str(dtype).removeprefix("torch.")))


def loop(job: Job, step: Step) -> ZN:
    """One step per iteration, as stage 9 has it."""
    cx, cy, *z = begin(job)
    limit = horizon2(job)
    for _ in range(job.settings.maxiter):
        job.checkpoint()
        z = step(cx, cy, *z, limit)
    job.executed = cx.numel() * job.settings.maxiter
    return end(job, *z)


def scalar(job: Job, value: float) -> Any:
    """A number as a tensor of the job's type, on its device: data to a kernel, not a constant."""
    import torch

    dtype = getattr(torch, job.settings.dtype)
    return torch.tensor(value, dtype=dtype, device=job.settings.device)


def horizon2(job: Job) -> Any:
    """The square of the horizon, as `scalar` makes it."""
    return scalar(job, job.settings.horizon**2)
