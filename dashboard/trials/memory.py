"""What memory the server and its workers hold over time, and whether it grows."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from dashboard.trials.served import Served


@dataclass(frozen=True)
class Sample:
    """Bytes of each process, so many seconds after the beginning."""

    seconds: float
    sizes: dict[str, int]


async def keep_sampling(
    server: Served, every: float, goes_on: Callable[[], bool], file: Path | None = None
) -> list[Sample]:
    """Look every so many seconds; each sample is also a line of the file at once."""
    started, samples = time.monotonic(), list[Sample]()
    while goes_on():
        sample = Sample(time.monotonic() - started, server.memory())
        samples.append(sample)
        if file is not None:
            with file.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps({"seconds": sample.seconds, **sample.sizes}) + "\n")
        due = started + len(samples) * every
        await asyncio.sleep(max(due - time.monotonic(), 0.0))
    return samples


def growth(samples: Sequence[Sample]) -> dict[str, float | None]:
    """For each process, by what share its mean of the last sixth exceeds that of the second.

    None for a process that was not there all that time.
    """
    if not samples:
        return {}
    sixth = samples[-1].seconds / 6
    parts: dict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for sample in samples:
        early, late = sixth <= sample.seconds < 2 * sixth, sample.seconds >= 5 * sixth
        for name, size in sample.sizes.items():
            part = parts[name]
            if early:
                part[0].append(size)
            if late:
                part[1].append(size)
    return {
        name: fmean(late) / fmean(early) - 1 if early and late else None
        for name, (early, late) in parts.items()
    }
