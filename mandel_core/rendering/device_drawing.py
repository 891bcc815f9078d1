"""Pictures that are coloured where they are computed, on a CUDA device.

A frame of 3840 x 2160 points is 100 MB, its picture 8: of what the device computed only the
palette indices travel to the host.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from mandel_core.colour.colouring import Colouring
from mandel_core.colour.interior import INSIDES
from mandel_core.colour.painting import Painting, table_of
from mandel_core.colour.smooth import FURTHER_STEPS, SMOOTH_RADIUS
from mandel_core.compilers.arrays import fetched
from mandel_core.formulas import FORMULAS
from mandel_core.model.job import Job
from mandel_core.model.settings import Settings
from mandel_core.rendering.engine import run_timed
from mandel_core.stages.fast_on_device import Smoothing, continuous_counts, why_not


@dataclass(frozen=True, eq=False)
class Drawn:
    """A picture, the scale that gives others the same colours, and seconds.

    all_interior : whether none of its points leaves.
    """

    painting: Painting
    scale: Any
    all_interior: bool
    run_seconds: float
    compile_seconds: float


def takes(settings: Settings, colouring: Colouring) -> bool:
    """Whether `draw` can draw this: the stage `fast` on CUDA, in a look that is there as well."""
    if (
        settings.stage != "fast"
        or settings.device.partition(":")[0] != "cuda"
        or (why_not(FORMULAS.find(settings.formula), settings.device))
    ):
        return False
    from mandel_core.colour.device_painting import LOOKS

    return colouring.look in LOOKS and INSIDES[colouring.inside].place is None


def draw(job: Job, colouring: Colouring) -> Drawn:
    """Compute and colour a picture that `takes` takes. Raises what `render` raises."""
    (indices, levels), seconds = run_timed(job, lambda job: _indices(job, colouring))
    painting = Painting(table_of(colouring), indices)
    scale = levels and levels.on_host(job.settings.maxiter)
    return Drawn(painting, scale, not indices.any(), seconds, job.compile_seconds)


def _indices(job: Job, colouring: Colouring) -> tuple[Any, Any]:
    from mandel_core.colour.device_painting import paint

    counts = continuous_counts(job, smoothing(job.settings))
    indices, levels = paint(counts, job.settings, colouring)
    return fetched(indices), levels


def smoothing(settings: Settings) -> Smoothing:
    """How continuous counts are made with these settings, as `mandel_core.colour.smooth` does."""
    formula, horizon = FORMULAS.find(settings.formula), settings.horizon
    per_doubling = 1 / math.log2(formula.exponent)
    near = horizon < SMOOTH_RADIUS and not formula.needs_previous_z
    return Smoothing(
        offset=1 + math.log2(math.log2(horizon)) * per_doubling,
        per_doubling=per_doubling,
        radius=SMOOTH_RADIUS,
        further=FURTHER_STEPS if near else 0,
        shrink=2.0 ** -math.floor(math.log2(horizon)),
    )
