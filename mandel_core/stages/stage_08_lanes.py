"""Stage 8, beyond the tutorial: Numba over lanes, so that vector units have something to do.

One pixel at a time leaves a core's vector registers empty and waits for each multiplication to
finish before the next. Here 64 neighbouring pixels go through the iteration side by side: the loop
over lanes is the inner one, and LLVM makes vector instructions of it. A lane that has left is
masked, not skipped; four steps are done between two looks at the counters, which keeps z in
registers for that long. A block ends when its last lane has left.

No shortcut is taken, and more iterations are executed than in stage 7, since lanes that have left
go along until the last one leaves. It is still about 7 times as fast: on the tutorial's scene it is
about 63 times NumPy on two threads with AVX-512. Counts differ from NumPy's as little as stage 7's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mandel_core.model.job import Job
from mandel_core.model.stage import ZN, Stage
from mandel_core.stages import stage_07_numba
from mandel_core.stages.stage_07_numba import after, run_in_bands, square_plus_c, start

LANES = 64
STEPS = 4


def step(x: Any, y: Any, horizon2: Any, maxiter: int, Z: Any, N: Any, k: Any) -> int:
    """The arguments are those of stage 7."""
    executed = 0
    cx, re, im = np.zeros(LANES, x.dtype), np.zeros(LANES, x.dtype), np.zeros(LANES, x.dtype)
    count = np.zeros(LANES, np.int32)
    for row in range(y.size):
        for first in range(0, x.size, LANES):
            width = min(LANES, x.size - first)
            for lane in range(LANES):
                pixel = x[first + min(lane, width - 1)]
                re[lane], im[lane], cx[lane], cy = start(pixel, y[row], k)
                count[lane] = 0
            n = 0
            alive = LANES
            while n < maxiter and alive > 0:
                # Two loops alike but for the number of steps: the last few come one by one.
                alive = 0
                if maxiter - n >= STEPS:
                    n += STEPS
                    for lane in range(LANES):
                        a, b, steps = re[lane], im[lane], count[lane]
                        for _ in range(STEPS):
                            inside = a * a + b * b < horizon2
                            a1, b1 = square_plus_c(a, b, cx[lane], cy)
                            a, b = a1 if inside else a, b1 if inside else b
                            steps += inside
                        re[lane], im[lane], count[lane] = a, b, steps
                        alive += inside
                else:
                    n += 1
                    for lane in range(LANES):
                        a, b = re[lane], im[lane]
                        inside = a * a + b * b < horizon2
                        a1, b1 = square_plus_c(a, b, cx[lane], cy)
                        re[lane], im[lane] = a1 if inside else a, b1 if inside else b
                        count[lane] += inside
                        alive += inside
            executed += n * LANES
            for lane in range(width):
                Z[row, first + lane] = complex(re[lane], im[lane])
                last = max(count[lane] - 1, 0)
                N[row, first + lane] = last if last < maxiter - 1 else 0
    return executed


def step_with_previous_z(
    x: Any, y: Any, horizon2: Any, maxiter: int, Z: Any, N: Any, k: Any
) -> int:
    """The same for a formula that needs the z before as well, p + iq; the steps come one by one."""
    executed = 0
    cx, re, im = np.zeros(LANES, x.dtype), np.zeros(LANES, x.dtype), np.zeros(LANES, x.dtype)
    p, q, count = np.zeros(LANES, x.dtype), np.zeros(LANES, x.dtype), np.zeros(LANES, np.int32)
    for row in range(y.size):
        for first in range(0, x.size, LANES):
            width = min(LANES, x.size - first)
            for lane in range(LANES):
                pixel = x[first + min(lane, width - 1)]
                re[lane], im[lane], cx[lane], cy = start(pixel, y[row], k)
                p[lane], q[lane], count[lane] = 0, 0, 0
            n = 0
            alive = LANES
            while n < maxiter and alive > 0:
                alive = 0
                n += 1
                for lane in range(LANES):
                    a, b, c, d = re[lane], im[lane], p[lane], q[lane]
                    inside = a * a + b * b < horizon2
                    a1, b1, c1, d1 = after(a, b, c, d, cx[lane], cy)
                    re[lane], im[lane] = a1 if inside else a, b1 if inside else b
                    p[lane], q[lane] = c1 if inside else c, d1 if inside else d
                    count[lane] += inside
                    alive += inside
            executed += n * LANES
            for lane in range(width):
                Z[row, first + lane] = complex(re[lane], im[lane])
                last = max(count[lane] - 1, 0)
                N[row, first + lane] = last if last < maxiter - 1 else 0
    return executed


def run(job: Job) -> ZN:
    return run_in_bands(job, step, step_with_previous_z)


STAGE = Stage(
    name="lanes",
    title="Numba over lanes",
    section="Beyond the tutorial",
    step=step,
    run=run,
    varies=frozenset({"threads"}),
    needs_torch=False,
    any_size=True,
    kernels=stage_07_numba.kernels(step, step_with_previous_z),
)
