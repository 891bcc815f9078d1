"""Stage 13, beyond the tutorial: what is known of the set beforehand.

Four fifths of the useful iterations on the whole set are spent in its two largest components,
the cardioid and the disc around -1, whose outlines are known in closed form. The first CHUNK steps
get a kernel of their own that also marks the points there, and replays those that leave so soon;
most do. Stage 12's rounds carry on with the few that are left. The set is symmetric about the real
axis: where the viewport's rows are, too, half of them are computed and copied.

    for the points of half of the rows, if the view is symmetric:
        inside = in the cardioid or the disc
        for the others: CHUNK bare steps from z = 0, in blocks as in stage 11; what is beyond the
            horizon after one goes back to before it, and is replayed in tested steps
    stage 12's rounds for those that are left: blocks, with the live points gathered now and then
    copy the other half of the rows

Of other formulas than z² + c no outlines are known; half of the rows are copied where they are
symmetric, and the stage says so where they are not.

On the tutorial's scene it is about 69 times NumPy, with 2000 iterations 315 times.

The outlines are drawn in by the rounding of the number type, so that no point outside is marked.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mandel_core.model.failures import StageFailure
from mandel_core.model.job import Job
from mandel_core.model.stage import ZN, Stage
from mandel_core.stages import planes, stage_11_free
from mandel_core.stages.applying import formula_of
from mandel_core.stages.stage_11_free import FREE
from mandel_core.stages.stage_12_gather import (
    MULTIPLE,
    in_parts,
    overwrite,
    rounds,
)

BLOCKS = 3
CHUNK = BLOCKS * FREE


def step(
    cx: Any, cy: Any, re: Any, im: Any, N: Any, horizon2: Any, maxiter: Any, slack: Any
) -> None:
    """The planes of stage 9; z and N are written in place.

    slack : how far the outlines are drawn in, relative to the terms compared.
    """
    import torch

    u, v, y2 = cx - 0.25, cx + 1, cy * cy
    q = u * u + y2
    cardioid = q * (q + u + slack * (q + u.abs())) - 0.25 * y2
    disc = v * v + y2 - (0.0625 - slack)
    known = torch.minimum(cardioid, disc) <= 0

    # CHUNK bare steps from z = 0, rolled back where they leave, and the exact step of those.
    zero = torch.zeros_like(cx)
    z = stage_11_free.step(cx, cy, zero, zero, zero, horizon2, BLOCKS)
    a, b, n = stage_11_free.replay(cx, cy, *z, horizon2, CHUNK)
    # A full count marks what is known, and keeps later steps away from it.
    a, b, n = (torch.where(known, *pair) for pair in ((zero, a), (zero, b), (maxiter, n)))
    overwrite((re, im, N), (a, b, n))


def run(job: Job) -> ZN:
    formula = formula_of(job)
    if not formula.symmetric:
        raise StageFailure(
            job.settings.stage,
            "unsupported",
            f"Of {formula.title} neither an outline nor an axis of symmetry is known; "
            "the stage gather is this one without them.",
        )
    rows = job.view.ny - job.view.mirrored_rows(job.settings.dtype)
    picture = planes.begin(job, rows, multiple=MULTIPLE)
    points = rows * job.view.nx
    if not formula.outlines or job.settings.maxiter < CHUNK:
        rounds(job, picture, points)
    else:
        slack = planes.scalar(job, 16 * float(np.finfo(job.settings.dtype).eps))
        scalars = planes.horizon2(job), planes.scalar(job, job.settings.maxiter), slack
        job.executed = CHUNK * in_parts(job, step, picture, points, *scalars)
        alive = (picture[4][:points] == CHUNK).nonzero().view(-1)
        rounds(job, picture, points, CHUNK, alive)
    return planes.end(job, *picture[2:], rows=rows)


STAGE = Stage(
    name="known",
    title="Known interior",
    section="Beyond the tutorial",
    step=step,
    run=run,
    varies=frozenset({"device", "threads"}),
    any_size=True,
)
