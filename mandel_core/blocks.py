"""The kernel of `fast`: blocks of lanes in Numba, with nothing done that the picture does not need.

A block is LANES points side by side in one flat scratch array, so that LLVM sees at a glance that
its parts do not overlap, and makes one vector loop without checks of each function below.

A point's life: `known` points take no part. `_start` and `_dense` run DENSE bare steps between two
looks: three multiplications each, no test, no mask. A lane found beyond the horizon goes back to
where it was before these steps, and `_replay` repeats them one by one up to the exact step, for
the whole block at once. Few points live past DENSE_PHASE steps. They are gathered into dense
blocks, and go on in rounds of growing length, FREE bare steps at a time, gathered again after each
round. A lane that comes back to where its round began will do so for ever, and is inside (Brent).

Importing this module imports Numba; its kernels are kept on disk. They call only each other and
`multiply_add`, since Numba would not notice a change in another file.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mandel_core.jitting import jit, multiply_add

LANES = 64  # four AVX-512 registers of float32: enough chains to hide the latency of one
DENSE, DENSE_PHASE = 4, 24
FREE, FIRST_ROUND = 8, 64

# Where a block keeps its parts: z, c, the number of steps, z at the beginning of the round.
RE, IM, CX, CY, COUNT, RE0, IM0 = (LANES * part for part in range(7))
STORED = 4 * LANES  # between rounds only z and c are kept

# An orbit that came back. Counts are floats: they live in the same registers as z.
CAUGHT = -1.0


@jit
def _next(a: Any, b: Any, cx: Any, cy: Any) -> tuple[Any, Any]:
    # The same instructions everywhere, so that a replay rounds as the steps it repeats.
    return multiply_add(a, a, multiply_add(-b, b, cx)), multiply_add(a + a, b, cy)


@jit
def _start(w: Any, x: Any, first: int, cy: Any, known: Any, horizon2: Any) -> bool:
    """The first DENSE steps of a row's lanes, from z = 0; whether any lane is still there."""
    zero, far = w.dtype.type(0), w.dtype.type(1e30)
    steps = w.dtype.type(DENSE)
    some = False
    for lane in range(LANES):
        cx = x[first + lane]
        a, b = (far if known[first + lane] else cx), cy
        for _ in range(DENSE - 1):
            a, b = _next(a, b, cx, cy)
        inside = multiply_add(a, a, b * b) < horizon2
        w[RE + lane] = a if inside else zero
        w[IM + lane] = b if inside else zero
        w[CX + lane], w[CY + lane] = cx, cy
        w[COUNT + lane] = steps if inside else zero
        some |= inside
    return some


@jit
def _dense(w: Any, horizon2: Any) -> bool:
    """DENSE more steps, taken back where the lane has left; whether any lane is still there."""
    steps = w.dtype.type(DENSE)
    some = False
    for lane in range(LANES):
        a0, b0, cx, cy = w[RE + lane], w[IM + lane], w[CX + lane], w[CY + lane]
        a, b, count = a0, b0, w[COUNT + lane]
        for _ in range(DENSE):
            a, b = _next(a, b, cx, cy)
        inside = multiply_add(a, a, b * b) < horizon2
        w[RE + lane] = a if inside else a0
        w[IM + lane] = b if inside else b0
        w[COUNT + lane] = count + steps if inside else count
        some |= inside
    return some


@jit
def _free(w: Any, horizon2: Any) -> bool:
    """FREE more steps, taken back where the lane has left or come back to where it began."""
    steps, caught = w.dtype.type(FREE), w.dtype.type(CAUGHT)
    some = False
    for lane in range(LANES):
        a0, b0, cx, cy = w[RE + lane], w[IM + lane], w[CX + lane], w[CY + lane]
        a, b, count = a0, b0, w[COUNT + lane]
        for _ in range(FREE):
            a, b = _next(a, b, cx, cy)
        back = (a == w[RE0 + lane]) & (b == w[IM0 + lane])
        inside = (multiply_add(a, a, b * b) < horizon2) & (not back)
        w[RE + lane] = a if inside else a0
        w[IM + lane] = b if inside else b0
        stays = caught if back else count
        w[COUNT + lane] = count + steps if inside else stays
        some |= inside
    return some


@jit
def _replay(w: Any, horizon2: Any, steps: int, limit: int) -> None:
    """Up to `steps` single steps for each lane: not beyond the horizon, nor a count of `limit`."""
    zero, one, most = w.dtype.type(0), w.dtype.type(1), w.dtype.type(limit)
    for _ in range(steps):
        for lane in range(LANES):
            a, b, count = w[RE + lane], w[IM + lane], w[COUNT + lane]
            inside = (multiply_add(a, a, b * b) < horizon2) & (count < most) & (count >= zero)
            re, im = _next(a, b, w[CX + lane], w[CY + lane])
            w[RE + lane] = re if inside else a
            w[IM + lane] = im if inside else b
            w[COUNT + lane] = count + one if inside else count


@jit
def _load(w: Any, stored: Any, begin: int, width: int) -> None:
    """Take a block out of store; lanes beyond `width` repeat its first point."""
    for lane in range(width, LANES):
        for part in (RE, IM, CX, CY):
            stored[begin + part + lane] = stored[begin + part]
    for i in range(STORED):
        w[i] = stored[begin + i]
    for lane in range(LANES):
        w[COUNT + lane] = 0
        w[RE0 + lane], w[IM0 + lane] = w[RE + lane], w[IM + lane]


@jit
def _store(stored: Any, number: int, w: Any, lane: int) -> None:
    at = number // LANES * STORED + number % LANES
    for part in (RE, IM, CX, CY):
        stored[at + part] = w[part + lane]


@jit
def band(
    x: Any, y: Any, horizon2: Any, maxiter: int, known: Any, Z: Any, N: Any, stored: Any, where: Any
) -> int:
    """Compute some rows of a frame; returns the iterations executed.

    x, y : samples, float32 or float64; x repeats its last up to a multiple of LANES.
    known : (rows, x.size) uint8, not 0 for points known to be inside.
    Z, N : (rows, columns) complex and int32, contiguous; Z is 0 inside where that is known
        without iterating, and everything else as in the tutorial's listing.
    stored, where : scratch as `scratch` makes it.
    """
    w = np.empty(7 * LANES, x.dtype)
    columns = Z.shape[1]
    whole = maxiter - maxiter % FREE
    first = min(DENSE_PHASE, whole)
    executed, alive = 0, int(np.int64(0))  # for a literal Numba would compile anew
    for row in range(y.size):
        for begin in range(0, columns, LANES):
            width = min(LANES, columns - begin)
            n = 0
            some = True
            if first == 0:
                for lane in range(LANES):
                    w[RE + lane] = w[IM + lane] = w[COUNT + lane] = 0
                    w[CX + lane], w[CY + lane] = x[begin + lane], y[row]
            else:
                some = _start(w, x, begin, y[row], known[row], horizon2)
                n = DENSE
            while n < first and some:
                some = _dense(w, horizon2)
                n += DENSE
            executed += n * LANES
            if some:
                for lane in range(width):
                    if w[COUNT + lane] == n and not known[row, begin + lane]:
                        _store(stored, alive, w, lane)
                        where[alive] = row * columns + begin + lane
                        alive += 1
            _replay(w, horizon2, DENSE, n)
            for lane in range(width):
                inside = known[row, begin + lane] != 0
                re = x.dtype.type(0) if inside else w[RE + lane]
                im = x.dtype.type(0) if inside else w[IM + lane]
                Z[row, begin + lane] = complex(re, im)
                last = np.int32(w[COUNT + lane]) - np.int32(1)
                N[row, begin + lane] = np.int32(0) if inside or last == maxiter - 1 else last
    executed += _rounds(w, horizon2, first, maxiter, alive, stored, where, Z, N)
    return executed


@jit
def _rounds(
    w: Any, horizon2: Any, n: int, maxiter: int, alive: int, stored: Any, where: Any, Z: Any, N: Any
) -> int:
    """Carry the gathered points from step n to the end."""
    whole = maxiter - maxiter % FREE
    at = np.empty(LANES, where.dtype)
    Z, N = Z.reshape(-1), N.reshape(-1)
    length = FIRST_ROUND
    executed = 0
    while alive > 0:
        in_round = min(length, whole - n)
        final = n + in_round == whole
        limit = maxiter - n if final else in_round
        survivors = 0
        for begin in range(0, alive, LANES):
            width = min(LANES, alive - begin)
            _load(w, stored, begin // LANES * STORED, width)
            for lane in range(width):
                at[lane] = where[begin + lane]
            done = 0
            some = True
            while done < in_round and some:
                some = _free(w, horizon2)
                done += FREE
            executed += done * LANES
            _replay(w, horizon2, FREE, limit)
            for lane in range(width):
                count = w[COUNT + lane]
                if count == in_round and not final:
                    _store(stored, survivors, w, lane)
                    where[survivors] = at[lane]
                    survivors += 1
                else:
                    last = n + np.int64(count) - 1
                    Z[at[lane]] = complex(w[RE + lane], w[IM + lane])
                    N[at[lane]] = 0 if count == CAUGHT or last == maxiter - 1 else last
        n += in_round
        alive = survivors
        length = (length + length // 2) // FREE * FREE
    return executed


def scratch(rows: int, columns: int, dtype: Any) -> tuple[Any, Any]:
    """Room for `band` to keep every point of so many rows between two rounds."""
    blocks = -(-rows * columns // LANES)
    return np.empty(blocks * STORED, dtype), np.empty(blocks * LANES, np.int32)


@jit
def mirror(Z: Any, N: Any, Z_out: Any, N_out: Any) -> None:
    """Copy rows to where y has the other sign: the set is symmetric about the real axis."""
    for row in range(Z.shape[0]):
        for column in range(Z.shape[1]):
            Z_out[row, column] = Z[row, column].conjugate()
            N_out[row, column] = N[row, column]
