"""Where arrays live between two calls of a step: as NumPy arrays, or as tensors on a device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mandel_core.model.job import Job


@dataclass(frozen=True)
class ArrayLocation:
    """Where arrays live between steps: how they get there from NumPy, and how they come back."""

    send: Callable[[Any], Any]
    fetch: Callable[[Any], Any]
    tensors: bool


HOST = ArrayLocation(send=lambda array: array, fetch=np.asarray, tensors=False)


def tensors_on(device: str) -> ArrayLocation:
    """Arrays become tensors on `device` before the first step, and arrays after the last."""
    import torch

    return ArrayLocation(
        send=lambda array: torch.from_numpy(array).to(device),
        fetch=lambda tensor: tensor.cpu().numpy(),
        tensors=True,
    )


def fetched(tensor: Any) -> Any:
    """A tensor as an array; from a CUDA device by the shortest way, into memory that stays put.

    Into such memory the device writes by itself, without a buffer of the driver's between. It is
    dear to make, and torch keeps it for the next array.
    """
    import torch

    if tensor.device.type != "cuda":
        return tensor.cpu().numpy()
    host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
    host.copy_(tensor, non_blocking=True)
    torch.cuda.synchronize(tensor.device)
    return host.numpy()


def location_for(job: Job) -> ArrayLocation:
    """NumPy arrays on the CPU, tensors that stay there on any other device."""
    device = job.settings.device
    return HOST if device == "cpu" else tensors_on(device)
