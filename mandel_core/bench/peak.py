"""What the cores could do at best: fused multiply-adds per second, measured.

The kernel takes one short array, which stays in the nearest cache, and does DEPTH multiply-adds to
each element between reading and writing it; the elements do not depend on one another. Both are
for the compiler to make vector instructions of, as wide as the core has, and for the core to
always have another one ready to issue. Its rate is that of the multiplier, nothing else.

From it follows a bound for a step of the straightforward form: re*re + cx, that less im*im, and
2*re*im + cy are three instructions on the multiplier, if additions have a port of their own. It is
not a law: (re + im)*(re - im) trades a multiplication for two additions.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np

from mandel_core.model.viewport import Precision

LANES = 256
DEPTH = 16
SLOTS_PER_ITERATION = 3
WARM_UP_TRIES = 20  # until the threads have spread over the cores
TRIES = 5
TRY_SECONDS = 0.02


def fused_multiply_adds(a: Any, b: Any, c: Any, passes: int) -> None:
    for _ in range(passes):
        for lane in range(LANES):
            value = a[lane]
            for _ in range(DEPTH):
                value = value * b + c
            a[lane] = value


@cache
def compiled() -> Any:
    """The kernel as a Numba dispatcher."""
    import numba

    # "contract" alone: allowed to fuse, not to reorder, so that every multiply-add is done.
    return numba.njit(nogil=True, fastmath={"contract"})(fused_multiply_adds)


def measure(dtype: Precision, threads: int) -> float:
    """Multiply-adds per second, counted per element: the best of a few short tries."""
    kernel = compiled()
    number = np.dtype(dtype).type
    arrays = [np.ones(LANES, dtype) for _ in range(threads)]

    def work(passes: int) -> Callable[[Any], None]:
        return lambda array: kernel(array, number(0.5), number(0.25), passes)

    with ThreadPoolExecutor(threads) as pool:

        def seconds(passes: int) -> float:
            started = time.perf_counter()
            list(pool.map(work(passes), arrays))
            return time.perf_counter() - started

        seconds(1)  # compiles
        passes = 1000
        while (taken := seconds(passes)) < TRY_SECONDS:
            passes = int(passes * min(10, max(2, 1.2 * TRY_SECONDS / max(taken, 1e-9))))
        for _ in range(WARM_UP_TRIES):
            seconds(passes)
        best = min(seconds(passes) for _ in range(TRIES))
    return passes * LANES * DEPTH * threads / best
