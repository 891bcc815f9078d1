"""Where arrays live between two calls of a step: as NumPy arrays, or as tensors on a device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mandel_core.model.job import Job


@dataclass(frozen=True)
class Place:
    """Where arrays live between steps: how they get there from NumPy, and how they come back."""

    send: Callable[[Any], Any]
    fetch: Callable[[Any], Any]
    tensors: bool


HOST = Place(send=lambda array: array, fetch=np.asarray, tensors=False)


def tensors_on(device: str) -> Place:
    """Arrays become tensors on `device` before the first step, and arrays after the last."""
    import torch

    return Place(
        send=lambda array: torch.from_numpy(array).to(device),
        fetch=lambda tensor: tensor.cpu().numpy(),
        tensors=True,
    )


def place_for(job: Job) -> Place:
    """NumPy arrays on the CPU, tensors that stay there on any other device."""
    device = job.settings.device
    return HOST if device == "cpu" else tensors_on(device)
