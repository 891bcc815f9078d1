"""The kernels of `fast` on a CUDA device, in Triton: blocks of pixels, the loop over n inside.

A block is TILE_X x TILE_Y neighbouring pixels, which stay in the registers of one warp, a pixel a
thread, from the first step to the last. A block is done when its last pixel is, and no other waits
for it; the many blocks that a multiprocessor holds at once keep its multipliers busy.

A pixel's life is that of `simd_blocks`. Points in the cardioid or the disc take no part. Bare
steps are done SHORT at a time while most points leave, then LONG at a time; then the horizon is
looked at once. A point found beyond it goes back to where it was before these steps and stays
there, and at the end they are repeated one by one, up to the exact step. A point that comes back
to where its round began will do so for ever, and is inside (Brent); each round is twice as long as
the one before.

Kernels are made for one formula and number type at a time, with names of `_OF_KERNELS` for them.
Importing this module imports Triton. With TRITON_INTERPRET=1 in the environment the kernels run on
tensors of the CPU, in Python.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import triton
import triton.language as tl

from mandel_core.compilers.triton_formula import traced_step, with_names
from mandel_core.formulas.formula import Formula


@dataclass(frozen=True)
class Shape:
    """How the work is cut: pixels of a block, warps, steps between two looks, and of the phases."""

    tile_x: int = 8
    tile_y: int = 4
    warps: int = 1
    short: int = 8
    short_phase: int = 32
    long: int = 32
    first_round: int = 64


# The names that stand for something else in each kernel. Here they only have to be there.
KIND = tl.constexpr(tl.float32)
SLACK = tl.constexpr(0.0)
Z_PLANE = NEEDS_PREVIOUS_Z = OUTLINES = tl.constexpr(False)
TILE_X, TILE_Y, _, SHORT, SHORT_PHASE, LONG, FIRST_ROUND = map(tl.constexpr, astuple(Shape()))

# What `numbers` begins with, float64: the square of the horizon, c's parts; for continuous counts
# what is added, how many steps double log |z|, a power of two that is about 1 / horizon, and the
# square of the radius up to which orbits are followed. The samples begin at HEAD: x, then y.
HEAD = tl.constexpr(8)

SIZES = ["columns", "first_row", "rows", "height", "mirrored", "maxiter"]
CAUGHT = tl.constexpr(-1)  # the count of a point known to be inside


def following(a: Any, b: Any, p: Any, q: Any, cx: Any, cy: Any) -> Any:
    """Stands for the formula's step; see `mandel_core.compilers.triton_formula`."""
    raise NotImplementedError("for kernels only")


def orbits(x: Any, y: Any, kx: Any, ky: Any, horizon2: Any, maxiter: Any) -> Any:
    """Stands for `_orbits`, compiled."""
    raise NotImplementedError("for kernels only")


def replayed(*arguments: Any) -> Any:
    """Stands for `_replayed`, compiled."""
    raise NotImplementedError("for kernels only")


@triton.jit
def _any(mask):
    return tl.max(mask.to(tl.int32), 0) > 0


@triton.jit
def _in_bulbs(x, y, slack: tl.constexpr):
    """Whether c is in the main cardioid or the disc around -1; see `interior.bulbs`."""
    u, v, y2 = x - 0.25, x + 1.0, y * y
    size = u * u + y2
    in_cardioid = size * (size + u + slack * (size + tl.abs(u))) <= 0.25 * y2
    return in_cardioid | (v * v + y2 <= 0.0625 - slack)


def _orbits(x, y, kx, ky, horizon2, maxiter):
    """Follow a block's orbits: z's parts, steps done or CAUGHT, steps of the block, c's parts."""
    zero = x - x
    a, b, cx, cy = zero, zero, x, y
    if Z_PLANE:
        a, b, cx, cy = x, y, zero + kx, zero + ky
    p, q = zero, zero
    alive = zero == 0.0
    if OUTLINES:
        alive = _in_bulbs(x, y, SLACK) == 0
    count = tl.where(alive, 0, CAUGHT)
    some = _any(alive)
    n = 0
    end = tl.minimum(maxiter, SHORT_PHASE) // SHORT * SHORT
    while (n < end) & some:
        re, im, s, t = a, b, p, q
        for _ in tl.static_range(SHORT):
            re, im, s, t = following(re, im, s, t, cx, cy)
        alive = alive & (tl.fma(re, re, im * im) < horizon2)
        a, b = tl.where(alive, re, a), tl.where(alive, im, b)
        if NEEDS_PREVIOUS_Z:
            p, q = tl.where(alive, s, p), tl.where(alive, t, q)
        count = tl.where(alive, count + SHORT, count)
        n += SHORT
        some = _any(alive)
    end = n + (maxiter - n) // LONG * LONG
    length = maxiter - maxiter + FIRST_ROUND
    while (n < end) & some:
        a0, b0, p0, q0 = a, b, p, q
        stop = tl.minimum(n + length, end)
        while (n < stop) & some:
            re, im, s, t = a, b, p, q
            for _ in tl.static_range(LONG):
                re, im, s, t = following(re, im, s, t, cx, cy)
            back = alive & (re == a0) & (im == b0)
            if NEEDS_PREVIOUS_Z:
                back = back & (s == p0) & (t == q0)
            count = tl.where(back, CAUGHT, count)
            alive = alive & (back == 0) & (tl.fma(re, re, im * im) < horizon2)
            a, b = tl.where(alive, re, a), tl.where(alive, im, b)
            if NEEDS_PREVIOUS_Z:
                p, q = tl.where(alive, s, p), tl.where(alive, t, q)
            count = tl.where(alive, count + LONG, count)
            n += LONG
            some = _any(alive)
        length += length
    a, b, count, n = replayed(a, b, p, q, count, n, cx, cy, horizon2, maxiter)
    return a, b, count, n, cx, cy


def _replayed(
    a,
    b,
    p,
    q,
    count,
    n,
    cx,
    cy,
    horizon2,
    maxiter,
):
    """Single steps for each point that is not beyond the horizon and has some left to do."""
    on = (count >= 0) & (count < maxiter) & (tl.fma(a, a, b * b) < horizon2)
    some = _any(on)
    while some:
        for _ in tl.static_range(SHORT):
            re, im, s, t = following(a, b, p, q, cx, cy)
            a, b = tl.where(on, re, a), tl.where(on, im, b)
            if NEEDS_PREVIOUS_Z:
                p, q = tl.where(on, s, p), tl.where(on, t, q)
            count = tl.where(on, count + 1, count)
            on = on & (count < maxiter) & (tl.fma(a, a, b * b) < horizon2)
        n += SHORT
        some = _any(on)
    return a, b, count, n


@triton.jit
def _pixels(tile_x: tl.constexpr, tile_y: tl.constexpr, columns, rows):
    """The pixels of this program's block: column and row, and which of them there are."""
    # The last rows first: of half a picture they are those near the axis, where most work is.
    tile = tl.num_programs(0) - 1 - tl.program_id(0)
    across = tl.cdiv(columns, tile_x)
    lane = tl.arange(0, tile_x * tile_y)
    column = tile % across * tile_x + lane % tile_x
    row = tile // across * tile_y + lane // tile_x
    there = (column < columns) & (row < rows)
    # Lanes beyond the edge repeat the last pixel, and so add no steps.
    return tl.minimum(column, columns - 1), tl.minimum(row, rows - 1), there


def _frame(
    numbers,
    z,
    n,
    steps,
    columns,
    first_row,
    rows,
    height,
    mirrored,
    maxiter,
):
    """The tutorial's Z and N of `rows` rows from `first_row` on, and of those that mirror them.

    numbers : see HEAD. z, n, steps : written to; z as pairs of numbers, steps by block.
    columns, height : of the picture. mirrored : of the rows so many, from 0 on, are also the last.
    """
    column, row, there = _pixels(TILE_X, TILE_Y, columns, rows)
    row += first_row
    x = tl.load(numbers + HEAD + column).to(KIND)
    y = tl.load(numbers + HEAD + columns + row).to(KIND)
    kx, ky = tl.load(numbers + 1).to(KIND), tl.load(numbers + 2).to(KIND)
    horizon2 = tl.load(numbers).to(KIND)
    a, b, count, executed, _, _ = orbits(x, y, kx, ky, horizon2, maxiter)
    last = tl.where((count > 1) & (count < maxiter), count - 1, 0)
    at = row.to(tl.int64) * columns + column
    tl.store(z + 2 * at, a, mask=there)
    tl.store(z + 2 * at + 1, b, mask=there)
    tl.store(n + at, last, mask=there)
    there = there & (row < mirrored)
    at = (height - 1 - row).to(tl.int64) * columns + column
    tl.store(z + 2 * at, a, mask=there)
    tl.store(z + 2 * at + 1, -b, mask=there)
    tl.store(n + at, last, mask=there)
    tl.store(steps + tl.program_id(0), executed)


def _counts(
    numbers,
    counts,
    steps,
    columns,
    first_row,
    rows,
    height,
    mirrored,
    maxiter,
    further,
):
    """The continuous counts of the same rows, float64 and nan inside; see `colour.smooth`.

    further : how many steps at most an orbit is followed up to the radius; 0 if not at all.
    """
    column, row, there = _pixels(TILE_X, TILE_Y, columns, rows)
    row += first_row
    x = tl.load(numbers + HEAD + column).to(KIND)
    y = tl.load(numbers + HEAD + columns + row).to(KIND)
    kx, ky = tl.load(numbers + 1).to(KIND), tl.load(numbers + 2).to(KIND)
    horizon2 = tl.load(numbers).to(KIND)
    a, b, count, executed, cx, cy = orbits(x, y, kx, ky, horizon2, maxiter)
    inside = (count < 0) | (tl.fma(a, a, b * b) < horizon2)
    count = tl.maximum(count - 1, 0)
    re, im, cx, cy = a.to(tl.float64), b.to(tl.float64), cx.to(tl.float64), cy.to(tl.float64)
    radius2 = tl.load(numbers + 6)
    on = (inside == 0) & (re * re + im * im < radius2) & (further > 0)
    more = 0
    while (more < further) & _any(on):
        next_re, next_im, _, _ = following(re, im, re, im, cx, cy)
        re, im = tl.where(on, next_re, re), tl.where(on, next_im, im)
        count = tl.where(on, count + 1, count)
        on = on & (re * re + im * im < radius2)
        more += 1
    inside = inside | on  # c = -2, whose orbit lies at 2 for ever
    shrink = tl.load(numbers + 5)  # or squares would overflow
    re, im = re * shrink, im * shrink
    size = tl.where(inside, 4.0, re * re + im * im)
    log = tl.maximum(0.5 * tl.log2(size) - tl.log2(shrink), 1e-9)
    smooth = count.to(tl.float64) + (tl.load(numbers + 3) - tl.log2(log) * tl.load(numbers + 4))
    smooth = tl.where(inside, float("nan"), smooth)
    at = row.to(tl.int64) * columns + column
    tl.store(counts + at, smooth, mask=there)
    at = (height - 1 - row).to(tl.int64) * columns + column
    tl.store(counts + at, smooth, mask=there & (row < mirrored))
    tl.store(steps + tl.program_id(0), executed)


@lru_cache(64)
def kernels(formula: Formula, dtype: str, shape: Shape = Shape()) -> tuple[Any, Any]:
    """`_frame` and `_counts` for a formula and a number type. Raises Untraceable."""
    tile_x, tile_y, _, short, short_phase, long, first_round = map(tl.constexpr, astuple(shape))
    names = {
        "KIND": tl.constexpr(getattr(tl, dtype)),
        "SLACK": tl.constexpr(16 * float(np.finfo(dtype).eps)),
        "Z_PLANE": tl.constexpr(formula.plane == "z"),
        "NEEDS_PREVIOUS_Z": tl.constexpr(formula.needs_previous_z),
        "OUTLINES": tl.constexpr(formula.outlines),
        "TILE_X": tile_x,
        "TILE_Y": tile_y,
        "SHORT": short,
        "SHORT_PHASE": short_phase,
        "LONG": long,
        "FIRST_ROUND": first_round,
        "following": traced_step(formula),
    }
    names["replayed"] = with_names(_replayed, names)
    names["orbits"] = with_names(_orbits, names)
    # Triton would compile anew for sizes that are multiples of 16, and for 1.
    return (
        with_names(_frame, names, do_not_specialize=SIZES),
        with_names(_counts, names, do_not_specialize=[*SIZES, "further"]),
    )
