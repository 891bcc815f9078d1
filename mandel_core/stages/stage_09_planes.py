"""Stage 9, beyond the tutorial: separate planes for real and imaginary parts.

In a last dimension of two (stage 3) every load has a stride of two, and the int64 counter does not
fit beside float32 in a vector register. Here each part is a flat, contiguous plane (a structure of
arrays instead of an array of structures), and the counter is a float that counts the steps done, so
that n need not be passed in at all: the step is one loop of vector instructions, for every n.

What is left is memory: one step a call reads five planes and writes three. On the tutorial's scene
it is about 5 times NumPy, where real pairs are about 1.3.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mandel_core.compilers.arrays import tensors_on
from mandel_core.compilers.torch_compile import compile_step
from mandel_core.model.job import Job
from mandel_core.model.stage import ZN, Stage, Step
from mandel_core.stages import planes
from mandel_core.stages.applying import planes_step


def square_plus_c(a: Any, b: Any, cx: Any, cy: Any) -> Any:
    return a * a - b * b + cx, (a + a) * b + cy


def step(
    cx: Any, cy: Any, re: Any, im: Any, N: Any, horizon2: Any, f: Step = square_plus_c
) -> tuple[Any, Any, Any]:
    """All planes (points,) float32 or float64: c, z, and N, the steps done so far.

    horizon2 : the squared escape radius.
    """
    I = re * re + im * im < horizon2
    N = N + I  # not N + 1: each number written here would be a kernel's node of its own
    a, b = f(re, im, cx, cy)
    return np.where(I, a, re), np.where(I, b, im), N


def run(job: Job) -> ZN:
    location = tensors_on(job.settings.device)
    return planes.loop(
        job, compile_step(job, planes_step(job, step), location=location, fullgraph=True)
    )


STAGE = Stage(
    name="planes",
    title="Separate planes",
    section="Beyond the tutorial",
    step=step,
    run=run,
    varies=frozenset({"device", "threads"}),
)
