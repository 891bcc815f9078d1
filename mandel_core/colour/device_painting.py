"""`painting` for counts that are on a CUDA device: only palette indices travel to the host.

It has the looks that take every point by itself or by a histogram, and finds the same levels.
Importing this module imports torch and Triton.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch

from mandel_core.colour.colouring import Colouring
from mandel_core.colour.equalising import BINS, COARSE_BINS, LEAST, MARGIN, SAMPLE, Levels
from mandel_core.colour.looks import smooth
from mandel_core.colour.painting import course_of
from mandel_core.colour.palettes import LEVELS
from mandel_core.colour.places import CLAMP, FOLD
from mandel_core.kernels.triton_levels import BLOCK, into_bins, into_indices, looked_up
from mandel_core.model.settings import Settings

LOOKS = ("smooth", "equalised")


@dataclass(frozen=True, eq=False)
class DeviceLevels:
    """The tensors of `Levels`, on the device; `some` is one of no dimension."""

    first: torch.Tensor
    width: torch.Tensor
    position_of_bin: torch.Tensor
    some: torch.Tensor

    def on_host(self, maxiter: int) -> Levels:
        """The same, for frames on the host."""
        tensors = self.first, self.width, self.position_of_bin, self.some
        first, width, position, some = (tensor.cpu().numpy() for tensor in tensors)
        return Levels(maxiter, bool(some), first.astype("uint32"), width.astype("uint32"), position)


def paint(
    counts: torch.Tensor, settings: Settings, colouring: Colouring
) -> tuple[torch.Tensor, DeviceLevels | None]:
    """The palette indices, (ny, nx) uint8, and the levels that they are made by, if by any.

    counts : (ny, nx) float64, the continuous counts; nan in the interior.
    colouring : one of the LOOKS, the interior in one colour.
    """
    if colouring.look == "equalised":
        bins, levels = equalised(counts, settings.maxiter)
        table = _indices(levels.position_of_bin, colouring)
        out = torch.empty(counts.shape, dtype=torch.uint8, device=counts.device)
        looked_up[_grid(bins)](bins, table, out, bins.numel(), BLOCK)
        return out, levels
    steps = (counts + smooth.shift(settings)).clamp_(min=0).sqrt_()
    positions = steps.sub_(math.sqrt(smooth.FARTHEST)).mul_(1 / smooth.ROOTS)
    return _indices(positions, colouring), None


def equalised(counts: torch.Tensor, maxiter: int) -> tuple[torch.Tensor, DeviceLevels]:
    """The bin of each point, (ny, nx) int32, and where on the palette each bin is."""
    step = max(1, min(counts.numel() // SAMPLE, counts.shape[0] // 16))
    _, sample = _sorted(counts[::step].contiguous(), maxiter, *_evenly(counts.device))
    first, width = _divided(sample[:COARSE_BINS])
    bins, tally = _sorted(counts, maxiter, first, width)
    return bins, DeviceLevels(first, width, *_shared_out(tally))


def _indices(positions: torch.Tensor, colouring: Colouring) -> torch.Tensor:
    course = course_of(colouring)
    out = torch.empty(positions.shape, dtype=torch.uint8, device=positions.device)
    run = float(course.density), float(course.phase), LEVELS
    ends = course.beyond == CLAMP, course.beyond == FOLD
    into_indices[_grid(positions)](positions, out, positions.numel(), *run, *ends, BLOCK)
    return out


def _grid(points: torch.Tensor) -> tuple[int]:
    return (-(-points.numel() // BLOCK),)


def _sorted(
    counts: torch.Tensor, maxiter: int, first: torch.Tensor, width: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The bin of each point, and how many points each bin has; the interior's has none."""
    bins = torch.empty(counts.shape, dtype=torch.int32, device=counts.device)
    tally = torch.zeros(BINS + 1, dtype=torch.int32, device=counts.device)
    tables = counts, first, width, bins, tally
    into_bins[_grid(counts)](*tables, counts.numel(), maxiter, COARSE_BINS, int(MARGIN), BLOCK)
    return bins, tally


@cache
def _evenly(device: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """The coarse bins themselves, each a single bin, and the interior's after them."""
    width = torch.ones(COARSE_BINS + 1, dtype=torch.int32, device=device)
    width[-1:] = 0
    return torch.arange(COARSE_BINS + 1, dtype=torch.int32, device=device), width


def _divided(sample: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Where the bins of each coarse bin begin and how many they are, and the interior's BINS, 0."""
    share = sample.to(torch.float64) / sample.sum().clamp(min=1)
    width = LEAST + (share * (BINS - LEAST * COARSE_BINS)).to(torch.int32)
    first = torch.cumsum(width, 0, dtype=torch.int32) - width
    pad = torch.nn.functional.pad
    return pad(first, (0, 1), value=BINS), pad(width, (0, 1))


def _shared_out(tally: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The position of each bin, float64, and whether there is any point in one of them."""
    reached = torch.cumsum(tally[:BINS], 0, dtype=torch.int64)
    total = reached[-1]
    lowest = torch.where(reached > 0, reached, total).amin()
    position = (reached - lowest).clamp(min=0) / (total - lowest).to(torch.float64).clamp(min=1e-9)
    return torch.nn.functional.pad(position, (0, 1), value=math.nan), total > 0
