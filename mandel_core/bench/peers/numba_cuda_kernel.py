"""The kernel of `numba_cuda`, apart: it wants `cuda` as a global, which is slow to import."""

from __future__ import annotations

from typing import Any

from numba import cuda


def pixel(x: Any, y: Any, horizon2: Any, maxiter: int, counts: Any) -> None:
    column, row = cuda.grid(2)
    if column < x.size and row < y.size:
        re = im = x[column] - x[column]
        count = 0
        while count < maxiter and re * re + im * im < horizon2:
            re, im = re * re - im * im + x[column], (re + re) * im + y[row]
            count += 1
        counts[row, column] = count


kernel: Any = cuda.jit(pixel)
