"""`fast` with other vectors than this machine's own, and the blocks of lanes that it is made of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

import numpy as np
import pytest

from mandel_core.bench.instruction_sets import INSTRUCTION_SETS
from mandel_core.compilers import numba_memory, numba_vectors
from mandel_core.compilers import target as targets
from mandel_core.compilers.numba_import import numba
from mandel_core.compilers.numba_jit import multiply_add
from mandel_core.compilers.target import Target, target
from mandel_core.measurement.machine import Machine

pytestmark = pytest.mark.slow

# Centre, width, iterations, precision, formula: lanes that leave at once, late, by and by, and
# never; discs; a formula that needs the z before, whose pixels are z.
VIEWS = (
    ("-0.75", "0", "3.5", 200, "float32", "mandelbrot"),
    ("-0.745", "0.11", "0.05", 700, "float32", "mandelbrot"),
    ("-0.7436", "0.1318", "0.005", 1500, "float64", "mandelbrot"),
    ("-1.7549", "0", "0.06", 3000, "float64", "mandelbrot"),
    ("0", "0", "4", 150, "float64", "phoenix"),
)

# Where AVX2 gives the counts of this machine's own vectors, what holds for those holds for it.
JUDGED = (None, "generic") if target().fused else (None, "avx2", "generic")

_CHILD = """
import hashlib, json, sys
from mandel_core import Viewport, compare, render
from mandel_core.measurement.machine import Machine
seen = []
views, judged = json.loads(sys.argv[1])
for x, y, width, maxiter, dtype, formula in views:
    view = Viewport.from_screen(x, y, width, 211, 97)
    frame = render(view, "fast", maxiter, dtype=dtype, formula=formula)
    truth = "numpy" if formula == "phoenix" else "numba"
    digest = hashlib.sha256(frame.iterations.tobytes()).hexdigest()
    held = compare(view, "fast", maxiter, truth, dtype=dtype, formula=formula) if judged else None
    verdict = (held.is_rounding, held.share, held.verdict) if held else (False, 1.0, "not judged")
    seen.append((digest, *verdict))
print(json.dumps((Machine.here().instruction_set, seen)))
"""


@cache
def confined(name: str | None) -> tuple[str, list[Any]]:
    """What a process says that is confined to an instruction set, or not."""
    judged = name in JUDGED
    environment = dict(os.environ)
    if name is not None:
        environment["NUMBA_CPU_NAME"] = INSTRUCTION_SETS[name].level
        environment["NUMBA_CPU_FEATURES"] = ""
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, json.dumps((VIEWS, judged))],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    instruction_set, seen = json.loads(done.stdout)
    return instruction_set, seen


@pytest.mark.parametrize("name", JUDGED)
def test_no_view_differs_from_pixel_by_pixel_by_more_than_rounding(name):
    instruction_set, seen = confined(name)
    assert {"avx2": "AVX2", "generic": "SSE", None: target().name}[name] == instruction_set
    for (*view, dtype, _), (_, is_rounding, share, verdict) in zip(VIEWS, seen, strict=True):
        assert is_rounding, (view, verdict)
        assert share < (0.05 if dtype == "float32" else 0.02), view


def test_counts_do_not_depend_on_how_wide_vectors_are():
    """Where a product is added to with one rounding; where with two, rounding is another."""
    if not target().fused:
        pytest.skip("this processor rounds twice")
    (_, own), (instruction_set, narrower) = confined(None), confined("avx2")
    assert instruction_set == "AVX2"
    assert [digest for digest, *_ in own] == [digest for digest, *_ in narrower]


@pytest.mark.parametrize(
    ("unit", "chains"),
    [
        (Target("AVX-512", 512, 32, True), 6),
        (Target("AVX2", 256, 16, True), 5),
        (Target("SSE", 128, 16, False), 5),
        (Target("NEON", 128, 32, True), 6),
    ],
)
def test_a_block_is_what_the_registers_hold(monkeypatch, unit, chains):
    monkeypatch.setattr(numba_vectors, "target", lambda: unit)
    for dtype, number in (("float32", numba.float32), ("float64", numba.float64)):
        lanes = chains * unit.vector_bits // (8 * np.dtype(dtype).itemsize)
        block = numba_vectors.block_of(number)
        assert (block.chains, block.lanes) == (chains, lanes)
        assert numba_vectors.lanes_of(dtype) == lanes


def test_what_is_compiled_for_is_what_numba_compiles_for(monkeypatch):
    from numba.core.registry import cpu_target

    codegen = cpu_target.target_context.codegen()
    assert codegen.magic_tuple()[1:] == targets.cpu_and_features()
    monkeypatch.setenv("NUMBA_CPU_NAME", "generic")
    assert targets.cpu_and_features() == ("generic", "")
    assert Machine.here().instruction_set == target().name
    assert f"with {target().name}" in str(Machine.here())


@numba.njit
def _everything(x, y, out, masks, pairs, whole):
    size = numba_memory.lanes(x)
    a, b = numba_memory.load(x, 0), numba_memory.load_anywhere(y, 0)
    c = abs(-a) * 2 + b / 4 - 1
    c += multiply_add(a, b, 3.0)
    less = (a < b) & ~(a == b) | (a >= 3)
    numba_memory.store(out, 0, c)
    numba_memory.store(out, size, numba_memory.where(less, a, b))
    hidden = numba_memory.flags(masks, 0, a)
    numba_memory.store(out, 2 * size, numba_memory.where(hidden, numba_memory.everywhere(x[0]), b))
    numba_memory.store_complex(pairs, 0, a, b)
    numba_memory.store_int32(whole, 0, b)
    found = 0
    first = -1
    for part, word in enumerate(numba_memory.words(hidden)):
        rest = word
        while rest:
            lane = part * numba_memory.WORD + int(numba_memory.lowest(rest))
            first = lane if first < 0 else first
            found += lane
            rest &= rest - np.uint64(1)
    return numba_memory.any_lane(hidden), found, first


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_blocks_do_what_arrays_do(dtype):
    size = numba_vectors.lanes_of(dtype)
    rng = np.random.default_rng(1)
    x, out = numba_memory.aligned(size, dtype), numba_memory.aligned(3 * size, dtype)
    x[:] = rng.integers(-8, 8, size)
    y = rng.integers(-8, 8, size + 1).astype(dtype)[1:]
    masks = rng.integers(0, 2, size).astype(np.uint8)
    pairs, whole = np.empty(size, np.result_type(dtype, np.complex64)), np.empty(size, np.int32)
    some, found, first = _everything(x, y, out, masks, pairs, whole)
    lanes = np.flatnonzero(masks)
    assert (some, found, first) == (lanes.size > 0, lanes.sum(), lanes[0])
    c, chosen, shown = out.reshape(3, size)
    np.testing.assert_array_equal(c, abs(-x) * 2 + y / 4 - 1 + x * y + 3)
    np.testing.assert_array_equal(chosen, np.where(((x < y) & (x != y)) | (x >= 3), x, y))
    np.testing.assert_array_equal(shown, np.where(masks != 0, x[0], y))
    np.testing.assert_array_equal(pairs, x + 1j * y)
    np.testing.assert_array_equal(whole, y)
    for array in (x, out):
        assert array.ctypes.data % numba_memory.ALIGNMENT == 0
