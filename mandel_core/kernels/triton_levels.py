"""Kernels that colour a picture on a CUDA device: counts into bins, positions into indices.

They are those of `mandel_core.colour.equalising` and `places`, for one value a lane. Importing this
module imports Triton.
"""

from __future__ import annotations

import triton
import triton.language as tl

BLOCK = 1024


@triton.jit(do_not_specialize=["points", "reach"])
def into_bins(
    counts,
    first,
    width,
    bins,
    tally,
    points,
    reach,
    coarse: tl.constexpr,
    margin: tl.constexpr,
    block: tl.constexpr,
):
    """Write each count's bin, int32, and add it to the tally where it is not of the interior.

    The counts from -margin to reach + margin are covered by `coarse` coarse bins, of which the
    k-th is divided into `width[k]` bins from `first[k]` on; after the last comes the interior's.
    """
    at = tl.program_id(0).to(tl.int64) * block + tl.arange(0, block)
    there = at < points
    count = tl.load(counts + at, mask=there, other=0.0)
    outside = count > -1e30  # which nan is not
    place = (count + margin) * (coarse / (reach.to(tl.float64) + 2 * margin))
    place = tl.where(outside & (place > 0), place, 0.0)
    wide = tl.minimum(place.to(tl.int32), coarse - 1)
    within = tl.minimum(place - wide, 0.9999999)
    wide = tl.where(outside, wide, coarse)
    chosen = tl.load(first + wide)
    chosen += (within * tl.load(width + wide)).to(tl.int32)
    tl.store(bins + at, chosen, mask=there)
    tl.atomic_add(tally + chosen, 1, mask=there & outside, sem="relaxed")


@triton.jit(do_not_specialize=["points"])
def looked_up(bins, table, out, points, block: tl.constexpr):
    """Write what the table has for each bin."""
    at = tl.program_id(0).to(tl.int64) * block + tl.arange(0, block)
    there = at < points
    chosen = tl.load(bins + at, mask=there, other=0)
    tl.store(out + at, tl.load(table + chosen), mask=there)


@triton.jit(do_not_specialize=["points"])
def into_indices(
    positions,
    out,
    points,
    density,
    phase,
    levels: tl.constexpr,
    clamps: tl.constexpr,
    folds: tl.constexpr,
    block: tl.constexpr,
):
    """Write which of `levels` equal steps each position is at, from 1 on; 0 where it is nan."""
    here = tl.program_id(0).to(tl.int64) * block + tl.arange(0, block)
    there = here < points
    position = tl.load(positions + here, mask=there, other=0.0)
    known = position > -1e30  # which nan is not
    at = tl.where(known, position, 0.0) * density + phase
    if clamps:
        at = tl.minimum(tl.maximum(at, 0.0), 1.0)
    elif folds:
        turned = at - 2 * tl.floor(at / 2)
        turned = tl.where(turned > 1, 2 - turned, turned)
        at = tl.where((at < 0) | (at > 1), turned, at)
    else:
        at = tl.where((at < 0) | (at > 1), at - tl.floor(at), at)
    index = 1 + (at * (levels - 1) + 0.5).to(tl.int32)
    tl.store(out + here, tl.where(known, index, 0).to(tl.uint8), mask=there)
