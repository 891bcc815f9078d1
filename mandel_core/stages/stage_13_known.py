"""Stage 13, beyond the tutorial: what is known of the set beforehand.

Four fifths of the useful iterations on the whole set are spent in its two largest components,
the cardioid and the disc around -1, whose outlines are known in closed form. The first CHUNK steps
get a kernel of their own that also marks the points there, and replays those that leave so soon;
most do. Stage 12's rounds carry on with the few that are left. The set is symmetric about the real
axis: where the viewport's rows are, too, half of them are computed and copied.

On the tutorial's scene it is about 40 times NumPy, with 2000 iterations 220 times.

The outlines are drawn in by the rounding of the number type, so that no point outside is marked.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mandel_core import planes
from mandel_core.job import Job
from mandel_core.stage import ZN, Stage
from mandel_core.stages.stage_11_free import FREE
from mandel_core.stages.stage_12_gather import BLOCKS, CHUNK, SMALL, in_tiles, rounds


def step(
    cx: Any, cy: Any, re: Any, im: Any, N: Any, horizon2: Any, maxiter: Any, slack: float
) -> None:
    import torch

    u, v, y2 = cx - 0.25, cx + 1, cy * cy
    q = u * u + y2
    cardioid = q * (q + u + slack * (q + u.abs())) - 0.25 * y2
    disc = v * v + y2 - (0.0625 - slack)
    known = torch.minimum(cardioid, disc) <= 0

    a0, b0, n = cx, cy, torch.ones_like(cx)
    for block in range(BLOCKS):
        a, b = a0, b0
        for _ in range(FREE if block else FREE - 1):
            a, b = a * a + (cx - b * b), (a + a) * b + cy
        inside = a * a + b * b < horizon2
        a0, b0 = torch.where(inside, a, a0), torch.where(inside, b, b0)
        n = torch.where(inside, FREE * (block + 1), n)
    for _ in range(FREE):
        inside = torch.where(n < CHUNK, a0 * a0 + b0 * b0, horizon2) < horizon2
        a, b = a0 * a0 + (cx - b0 * b0), (a0 + a0) * b0 + cy
        a0, b0 = torch.where(inside, a, a0), torch.where(inside, b, b0)
        n = torch.where(inside, n + 1, n)
    re.copy_(torch.where(known, 0, a0))
    im.copy_(torch.where(known, 0, b0))
    N.copy_(torch.where(known, maxiter, n))


def run(job: Job) -> ZN:
    _, y = job.view.axes(job.settings.dtype)
    half = y.size // 2
    if not np.array_equal(y[:half], -y[::-1][:half]):
        half = 0
    picture = planes.begin(job, y.size - half, multiple=SMALL)
    points = (y.size - half) * job.view.nx
    if job.settings.maxiter < CHUNK:
        rounds(job, picture, points)
    else:
        slack = 16 * float(np.finfo(y.dtype).eps)
        scalars = planes.horizon2(job), planes.scalar(job, job.settings.maxiter), slack
        job.executed = in_tiles(job, step, picture, points, *scalars)
        alive = (picture[4][:points] == CHUNK).nonzero().view(-1)
        rounds(job, picture, points, CHUNK, alive)
    return planes.end(job, *picture[2:], rows=y.size - half)


STAGE = Stage(
    name="known",
    title="Known interior",
    section="Beyond the tutorial",
    step=step,
    run=run,
    varies=frozenset({"device", "threads"}),
)
