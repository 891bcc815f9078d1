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
what is in `numba_jit`, since Numba would not notice a change in another file; and what they ask of
a formula, whose type tells one version of it from another.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mandel_core.compilers.numba_formula import begin, following, leaps, remembers
from mandel_core.compilers.numba_jit import index, jit, multiply_add

LANES = 64  # four AVX-512 registers of float32: enough chains to hide the latency of one
DENSE, DENSE_PHASE = 4, 24
FREE, FIRST_ROUND = 8, 64

# Where a block keeps its parts: z, c, the number of steps, z at the beginning of the round; and,
# for the formulas that need it, the z before, now and at the beginning of the round.
RE, IM, CX, CY, COUNT, RE0, IM0, P, Q, P0, Q0 = (LANES * part for part in range(11))
# Between rounds only z and c are kept, and the z before.
STORED, BEFORE = 4 * LANES, 2 * LANES

# An orbit that came back. Counts are floats: they live in the same registers as z.
CAUGHT = -1.0


@jit
def _parts(f: Any) -> int:
    """How long a block is."""
    return 11 * LANES if remembers(f) else 7 * LANES


@jit
def _stored(f: Any) -> int:
    """How long it is in store."""
    return STORED + BEFORE if remembers(f) else STORED


@jit
def _start(
    w: Any, x: Any, first: int, y: Any, known: Any, row: int, horizon2: Any, f: Any, k: Any
) -> bool:
    """The first DENSE steps of a row's lanes; whether any lane is still there."""
    zero, far = w.dtype.type(0), w.dtype.type(1e30)
    steps, caught = w.dtype.type(DENSE), w.dtype.type(CAUGHT)
    line = index(row, 0)
    some = False
    for lane in range(LANES):
        i = index(first, lane)
        a0, b0, cx, cy = begin(f, far if known[line, i] else x[i], y, k[0], k[1])
        a, b, p, q = a0, b0, zero, zero
        left = caught if known[line, i] else zero
        if leaps(f):
            a, b = cx, cy
        else:
            a, b, p, q = following(f, a, b, p, q, cx, cy)
        for _ in range(DENSE - 1):
            a, b, p, q = following(f, a, b, p, q, cx, cy)
        inside = multiply_add(a, a, b * b) < horizon2
        w[RE + lane] = a if inside else a0
        w[IM + lane] = b if inside else b0
        if remembers(f):
            w[P + lane] = p if inside else zero
            w[Q + lane] = q if inside else zero
        w[CX + lane], w[CY + lane] = cx, cy
        w[COUNT + lane] = steps if inside else left
        some |= inside
    return some


@jit
def _dense(w: Any, horizon2: Any, f: Any) -> bool:
    """DENSE more steps, taken back where the lane has left; whether any lane is still there."""
    steps = w.dtype.type(DENSE)
    some = False
    for lane in range(LANES):
        a0, b0, cx, cy = w[RE + lane], w[IM + lane], w[CX + lane], w[CY + lane]
        a, b, count = a0, b0, w[COUNT + lane]
        for _ in range(DENSE):
            a, b, _, _ = following(f, a, b, a, b, cx, cy)
        inside = multiply_add(a, a, b * b) < horizon2
        w[RE + lane] = a if inside else a0
        w[IM + lane] = b if inside else b0
        w[COUNT + lane] = count + steps if inside else count
        some |= inside
    return some


@jit
def _free(w: Any, horizon2: Any, f: Any) -> bool:
    """FREE more steps, taken back where the lane has left or come back to where it began."""
    steps, caught = w.dtype.type(FREE), w.dtype.type(CAUGHT)
    some = False
    for lane in range(LANES):
        a0, b0, cx, cy = w[RE + lane], w[IM + lane], w[CX + lane], w[CY + lane]
        a, b, count = a0, b0, w[COUNT + lane]
        for _ in range(FREE):
            a, b, _, _ = following(f, a, b, a, b, cx, cy)
        back = (a == w[RE0 + lane]) & (b == w[IM0 + lane])
        inside = (multiply_add(a, a, b * b) < horizon2) & (not back)
        w[RE + lane] = a if inside else a0
        w[IM + lane] = b if inside else b0
        stays = caught if back else count
        w[COUNT + lane] = count + steps if inside else stays
        some |= inside
    return some


@jit
def _replay(w: Any, horizon2: Any, steps: int, limit: int, f: Any) -> None:
    """Up to `steps` single steps for each lane: not beyond the horizon, nor a count of `limit`."""
    zero, one, most = w.dtype.type(0), w.dtype.type(1), w.dtype.type(limit)
    for _ in range(steps):
        for lane in range(LANES):
            a, b, count = w[RE + lane], w[IM + lane], w[COUNT + lane]
            inside = (multiply_add(a, a, b * b) < horizon2) & (count < most) & (count >= zero)
            re, im, _, _ = following(f, a, b, a, b, w[CX + lane], w[CY + lane])
            w[RE + lane] = re if inside else a
            w[IM + lane] = im if inside else b
            w[COUNT + lane] = count + one if inside else count


@jit
def _remembering(w: Any, horizon2: Any, steps: int, returns: bool, f: Any) -> bool:
    """`_dense`, or `_free` where lanes may come back, for a formula with a memory.

    On its own, since the mere possibility of these two more parts slows the others down.
    """
    done, caught = w.dtype.type(steps), w.dtype.type(CAUGHT)
    some = False
    for lane in range(LANES):
        a0, b0, p0, q0 = w[RE + lane], w[IM + lane], w[P + lane], w[Q + lane]
        a, b, p, q, count = a0, b0, p0, q0, w[COUNT + lane]
        for _ in range(steps):
            a, b, p, q = following(f, a, b, p, q, w[CX + lane], w[CY + lane])
        back = returns & (a == w[RE0 + lane]) & (b == w[IM0 + lane])
        back &= (p == w[P0 + lane]) & (q == w[Q0 + lane])
        inside = (multiply_add(a, a, b * b) < horizon2) & (not back)
        w[RE + lane], w[IM + lane] = a if inside else a0, b if inside else b0
        w[P + lane], w[Q + lane] = p if inside else p0, q if inside else q0
        stays = caught if back else count
        w[COUNT + lane] = count + done if inside else stays
        some |= inside
    return some


@jit
def _replay_remembering(w: Any, horizon2: Any, steps: int, limit: int, f: Any) -> None:
    """`_replay` for a formula with a memory."""
    zero, one, most = w.dtype.type(0), w.dtype.type(1), w.dtype.type(limit)
    for _ in range(steps):
        for lane in range(LANES):
            a, b, p, q = w[RE + lane], w[IM + lane], w[P + lane], w[Q + lane]
            count = w[COUNT + lane]
            inside = (multiply_add(a, a, b * b) < horizon2) & (count < most) & (count >= zero)
            re, im, _, _ = following(f, a, b, p, q, w[CX + lane], w[CY + lane])
            w[RE + lane], w[IM + lane] = re if inside else a, im if inside else b
            w[P + lane], w[Q + lane] = a if inside else p, b if inside else q
            w[COUNT + lane] = count + one if inside else count


@jit
def _load(w: Any, stored: Any, at: int, width: int, f: Any) -> None:
    """Take a block out of store; lanes beyond `width` repeat its first point."""
    for lane in range(width, LANES):
        for part in (RE, IM, CX, CY):
            stored[at + part + lane] = stored[at + part]
    for i in range(STORED):
        w[i] = stored[index(at, i)]
    if remembers(f):
        for part in (0, LANES):
            for lane in range(LANES):
                there = STORED + part + (lane if lane < width else 0)
                w[P + part + lane] = w[P0 + part + lane] = stored[index(at, there)]
    for lane in range(LANES):
        w[COUNT + lane] = 0
        w[RE0 + lane], w[IM0 + lane] = w[RE + lane], w[IM + lane]


@jit
def _store(stored: Any, number: int, w: Any, lane: int, f: Any) -> None:
    at = number // LANES * _stored(f) + number % LANES
    for part in (RE, IM, CX, CY):
        stored[index(at, part)] = w[index(lane, part)]
    if remembers(f):
        for part in (0, LANES):
            stored[index(at, STORED + part)] = w[index(lane, P + part)]


@jit
def _sorted(w: Any, count: Any, width: int, lanes: Any) -> int:
    """Fill `lanes` with those of this count from the front, with the others from the back.

    Returns how many have this count. There is no branch that a processor could guess wrong.
    """
    found, others = 0, width - 1
    for lane in range(width):
        lanes[found] = lanes[others] = lane
        same = w[COUNT + lane] == count
        found += same
        others -= not same
    return found


@jit
def _write(w: Any, row: int, first: int, width: int, maxiter: int, Z: Any, N: Any) -> None:
    """Put a block into its row."""
    most, one = w.dtype.type(maxiter), w.dtype.type(1)
    line = index(row, 0)
    for lane in range(width):
        count = w[COUNT + lane]
        i = index(first, lane)
        Z[line, i] = complex(w[RE + lane], w[IM + lane])
        left = (count > one) & (count < most)  # N is 0 at the first step as well
        N[line, i] = np.int32((count if left else one) - one)


@jit
def band(
    x: Any,
    y: Any,
    horizon2: Any,
    maxiter: int,
    known: Any,
    Z: Any,
    N: Any,
    stored: Any,
    where: Any,
    f: Any,
    k: Any,
) -> int:
    """Compute some rows of a frame; returns the iterations executed.

    x, y : samples, float32 or float64; x repeats its last up to a multiple of LANES.
    known : (rows, x.size) uint8, not 0 for points known to be inside.
    Z, N : (rows, columns) complex and int32, contiguous; Z is 0 inside where that is known
        without iterating, and everything else as in the tutorial's listing.
    stored, where : scratch as `scratch` makes it.
    f : the formula, a `Formula`; k : the two parts of its c, of x.dtype, where pixels are z.
    """
    w = np.empty(_parts(f), x.dtype)
    lanes = np.empty(LANES, np.int64)
    columns = Z.shape[1]
    whole = maxiter - maxiter % FREE
    first = min(DENSE_PHASE, whole)
    executed, alive = 0, int(np.int64(0))  # for a literal Numba would compile anew
    for row in range(y.size):
        for left in range(0, columns, LANES):
            width = min(LANES, columns - left)
            n = 0
            some = True
            if first == 0:
                _stand(w, x, left, y[row], known, row, f, k)
            else:
                some = _start(w, x, left, y[row], known, row, horizon2, f, k)
                n = DENSE
            while n < first and some:
                if remembers(f):
                    some = _remembering(w, horizon2, DENSE, False, f)
                else:
                    some = _dense(w, horizon2, f)
                n += DENSE
            executed += n * LANES
            if some:
                for i in range(_sorted(w, x.dtype.type(n), width, lanes)):
                    _store(stored, alive, w, lanes[i], f)
                    where[alive] = row * columns + left + lanes[i]
                    alive += 1
            if remembers(f):
                _replay_remembering(w, horizon2, DENSE, n, f)
            else:
                _replay(w, horizon2, DENSE, n, f)
            _write(w, row, left, width, maxiter, Z, N)
    executed += _rounds(w, horizon2, first, maxiter, alive, stored, where, Z, N, f)
    return executed


@jit
def _stand(w: Any, x: Any, first: int, y: Any, known: Any, row: int, f: Any, k: Any) -> None:
    """A row's lanes before the first step."""
    for lane in range(LANES):
        a, b, cx, cy = begin(f, x[first + lane], y, k[0], k[1])
        w[RE + lane], w[IM + lane], w[CX + lane], w[CY + lane] = a, b, cx, cy
        w[COUNT + lane] = CAUGHT if known[row, first + lane] else 0
        if remembers(f):
            w[P + lane] = w[Q + lane] = 0


@jit
def _rounds(
    w: Any,
    horizon2: Any,
    n: int,
    maxiter: int,
    alive: int,
    stored: Any,
    where: Any,
    Z: Any,
    N: Any,
    f: Any,
) -> int:
    """Carry the gathered points from step n to the end."""
    whole = maxiter - maxiter % FREE
    lanes = np.empty(LANES, np.int64)
    Z, N = Z.reshape(-1), N.reshape(-1)
    length = FIRST_ROUND
    executed = 0
    while alive > 0:
        in_round = min(length, whole - n)
        final = n + in_round == whole
        limit = maxiter - n if final else in_round
        survivors = 0
        for at in range(0, alive, LANES):
            width = min(LANES, alive - at)
            _load(w, stored, at // LANES * _stored(f), width, f)
            done = 0
            some = True
            while done < in_round and some:
                if remembers(f):
                    some = _remembering(w, horizon2, FREE, True, f)
                else:
                    some = _free(w, horizon2, f)
                done += FREE
            executed += done * LANES
            if remembers(f):
                _replay_remembering(w, horizon2, FREE, limit, f)
            else:
                _replay(w, horizon2, FREE, limit, f)
            go_on = 0 if final else _sorted(w, w.dtype.type(in_round), width, lanes)
            for i in range(go_on, width):
                lane = i if final else lanes[i]
                point = np.uint64(where[index(at, lane)])
                count = np.int64(w[index(COUNT, lane)])
                last = n + count - 1
                Z[point] = complex(w[index(RE, lane)], w[index(IM, lane)])
                N[point] = 0 if count < 0 or last < 0 or last == maxiter - 1 else last
            for i in range(go_on):
                _store(stored, survivors, w, lanes[i], f)
                where[survivors] = where[index(at, lanes[i])]
                survivors += 1
        n += in_round
        alive = survivors
        length = (length + length // 2) // FREE * FREE
    return executed


def scratch(rows: int, columns: int, dtype: Any, memory: bool = False) -> tuple[Any, Any]:
    """Room for `band` to keep every point of so many rows between two rounds.

    memory : whether the formula is one with a memory.
    """
    blocks = -(-rows * columns // LANES)
    size = STORED + BEFORE if memory else STORED
    return np.empty(blocks * size, dtype), np.empty(blocks * LANES, np.int32)


@jit
def mirror(parts: Any, N: Any, parts_out: Any, N_out: Any) -> None:
    """Copy rows, the last first, to where y has the other sign: the set is symmetric about y = 0.

    parts, parts_out : (rows, 2 * columns), real and imaginary part of each Z in turn.
    """
    last, columns = N.shape[0] - 1, N.shape[1]
    for row in range(N.shape[0]):
        for column in range(columns):
            parts_out[last - row, 2 * column] = parts[row, 2 * column]
            parts_out[last - row, 2 * column + 1] = -parts[row, 2 * column + 1]
        for column in range(columns):
            N_out[last - row, column] = N[row, column]
