"""The kernels of `triton_blocks` as operators of torch, which compile and launch them.

As such they can stand in a program that torch.compile is given. Importing this module imports
torch and Triton.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
from torch.library import triton_op, wrap_triton

from mandel_core.formulas import FORMULAS
from mandel_core.kernels.triton_blocks import Shape, kernels

SHAPE = Shape()
PIXELS = SHAPE.tile_x * SHAPE.tile_y  # of a block


def blocks(columns: int, rows: int) -> int:
    """How many blocks a picture of this size has."""
    return -(-columns // SHAPE.tile_x) * -(-rows // SHAPE.tile_y)


def _launch(kernel: Any, columns: int, rows: int, *arguments: Any) -> None:
    # Triton's interpreter has functions of another kind, which torch does not know.
    known = wrap_triton(kernel) if isinstance(kernel, triton.runtime.JITFunction) else kernel
    known[(blocks(columns, rows),)](*arguments, num_warps=SHAPE.warps)


@triton_op("mandel_core::frame", mutates_args={"z", "n", "steps"})
def frame(
    numbers: torch.Tensor,
    z: torch.Tensor,
    n: torch.Tensor,
    steps: torch.Tensor,
    columns: int,
    first_row: int,
    rows: int,
    height: int,
    mirrored: int,
    maxiter: int,
    formula: str,
    dtype: str,
) -> None:
    """`triton_blocks._frame` for the formula of that name."""
    kernel = kernels(FORMULAS.find(formula), dtype, SHAPE)[0]
    sizes = columns, first_row, rows, height, mirrored, maxiter
    _launch(kernel, columns, rows, numbers, z, n, steps, *sizes)


@triton_op("mandel_core::counts", mutates_args={"counts", "steps"})
def counts(
    numbers: torch.Tensor,
    counts: torch.Tensor,
    steps: torch.Tensor,
    columns: int,
    first_row: int,
    rows: int,
    height: int,
    mirrored: int,
    maxiter: int,
    further: int,
    formula: str,
    dtype: str,
) -> None:
    """`triton_blocks._counts` for the formula of that name."""
    kernel = kernels(FORMULAS.find(formula), dtype, SHAPE)[1]
    sizes = columns, first_row, rows, height, mirrored, maxiter
    _launch(kernel, columns, rows, numbers, counts, steps, *sizes, further)
