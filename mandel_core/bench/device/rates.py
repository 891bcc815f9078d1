"""What the device can do at best: fused multiply-adds and bytes a second, measured.

The kernel does nothing but multiply-adds, several independent chains in each thread, so that the
multipliers always have another one to begin with. A step of an orbit is three of them and an
addition, which takes a slot of the same units; so the bound is a quarter of that rate.

Importing this module imports torch and Triton.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from mandel_core.bench.device.timing import on_device
from mandel_core.model.viewport import Precision

SLOTS_PER_ITERATION = 4
BLOCK, WARPS, DEPTH = 1024, 4, 64
PROGRAMS_PER_PROCESSOR, PASSES = 64, 512
COPIED_BYTES = 2**30
FETCHED_BYTES = 3840 * 2160


@triton.jit(do_not_specialize=["passes"])
def multiply_adds(numbers, out, passes, depth: tl.constexpr, block: tl.constexpr):
    """`passes` times `depth` multiply-adds for each number of a block."""
    factor, summand = tl.load(numbers), tl.load(numbers + 1)
    lane = tl.arange(0, block)
    value = lane.to(factor.dtype)
    for _ in range(passes):
        for _ in tl.static_range(depth):
            value = tl.fma(value, factor, summand)
    tl.store(out + tl.program_id(0) * block + lane, value)


def multiply_adds_per_second(dtype: Precision, repeats: int) -> float:
    """The best of a few tries."""
    kind = getattr(torch, dtype)
    programs = torch.cuda.get_device_properties(0).multi_processor_count * PROGRAMS_PER_PROCESSOR
    numbers = torch.tensor([0.5, 0.25], dtype=kind, device="cuda")
    out = torch.empty(programs * BLOCK, dtype=kind, device="cuda")

    def work() -> None:
        multiply_adds[(programs,)](numbers, out, PASSES, DEPTH, BLOCK, num_warps=WARPS)

    done: int = programs * BLOCK * DEPTH * PASSES
    return done / min(on_device(work, repeats))


def bytes_per_second(repeats: int) -> dict[str, float]:
    """Of a copy on the device, read and written, and of one picture's indices to the host."""
    there = torch.empty(COPIED_BYTES, dtype=torch.uint8, device="cuda")
    other = torch.empty_like(there)
    pixels = torch.empty(FETCHED_BYTES, dtype=torch.uint8, device="cuda")
    host = torch.empty(FETCHED_BYTES, dtype=torch.uint8, pin_memory=True)
    copied = min(on_device(lambda: other.copy_(there), repeats))
    fetched = min(on_device(lambda: host.copy_(pixels, non_blocking=True), repeats))
    return {"on_device": 2 * COPIED_BYTES / copied, "to_host": FETCHED_BYTES / fetched}
