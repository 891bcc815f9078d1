"""How long something takes: on the device by its own events, on the host by the host's clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

WARM_UP = 3
FLUSHED_BYTES = 2**31  # many times what the device's last cache holds, and half a millisecond


def on_device(work: Callable[[], Any], repeats: int) -> list[float]:
    """Seconds between events before and after `work`, for each repeat, caches emptied before.

    While they are emptied the host has time to launch, so that launching is not in the seconds.
    """
    import torch

    flushed = torch.empty(FLUSHED_BYTES, dtype=torch.int8, device="cuda")
    for _ in range(WARM_UP):
        work()
    torch.cuda.synchronize()
    events = []
    for _ in range(repeats):
        flushed.zero_()
        pair = [torch.cuda.Event(enable_timing=True) for _ in range(2)]
        pair[0].record()
        work()
        pair[1].record()
        events.append(pair)
    torch.cuda.synchronize()
    return [start.elapsed_time(end) / 1e3 for start, end in events]


def on_host(work: Callable[[], Any], repeats: int) -> list[float]:
    """Seconds of each repeat, all the device's work included."""
    import torch

    seconds = []
    for _ in range(repeats):
        torch.cuda.synchronize()
        started = time.perf_counter()
        work()
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    return seconds


def summary(seconds: list[float]) -> dict[str, float]:
    """Median and both ends, as the report has them."""
    return {
        "median_seconds": median(seconds),
        "min_seconds": min(seconds),
        "max_seconds": max(seconds),
    }
