"""What the cores could do at best: fused multiply-adds per second, measured.

The kernel holds two blocks of lanes in registers (`mandel_core.compilers.numba_vectors`), as many
vectors as the instruction set of this process has room for, and does nothing but multiply and add
to each, over and over. There are enough of them that a core always has another one ready to issue.
Its rate is that of the multiplier, nothing else.

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

BLOCKS = 2
DEPTH = 16
SLOTS_PER_ITERATION = 3
WARM_UP_TRIES = 20  # until the threads have spread over the cores
TRIES = 5
TRY_SECONDS = 0.02


@cache
def multiply_add_kernel() -> Any:
    """The kernel as a Numba dispatcher: an array of `numbers`, b, c, and how often DEPTH times."""
    from mandel_core.compilers.numba_import import numba
    from mandel_core.compilers.numba_jit import multiply_add
    from mandel_core.compilers.numba_memory import everywhere, lanes, load, store

    def fused_multiply_adds(a: Any, b: Any, c: Any, passes: int) -> None:
        factor, summand = everywhere(b), everywhere(c)
        first, second = load(a, 0), load(a, lanes(a))
        for _ in range(passes):
            for _ in range(DEPTH):
                first = multiply_add(first, factor, summand)
                second = multiply_add(second, factor, summand)
        store(a, 0, first)
        store(a, lanes(a), second)

    return numba.njit(nogil=True)(fused_multiply_adds)


def numbers(dtype: Precision) -> Any:
    """What the kernel works on: BLOCKS blocks of ones."""
    from mandel_core.compilers.numba_memory import aligned
    from mandel_core.compilers.numba_vectors import lanes_of

    array = aligned(BLOCKS * lanes_of(dtype), dtype)
    array[:] = 1
    return array


def measure(dtype: Precision, threads: int) -> float:
    """Multiply-adds per second, counted per element: the best of a few short tries."""
    kernel = multiply_add_kernel()
    number = np.dtype(dtype).type
    arrays = [numbers(dtype) for _ in range(threads)]

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
    size: int = arrays[0].size
    return passes * size * DEPTH * threads / best
