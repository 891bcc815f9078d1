"""The kernel of `fast`: blocks of lanes in Numba, with nothing done that the picture does not need.

A block is so many points side by side as the registers of this machine hold
(`mandel_core.compilers.numba_vectors`). Its z is a value of the kernel, not a place in memory: it
stays in registers from one step to the next. c, which does not change, is read from memory.

A point's life: `known` points take no part. `_row` runs DENSE bare steps between two looks: three
multiplications each, no test, no mask. A lane found beyond the horizon goes back to where it was
before these steps, and `_replay` repeats them one by one up to the exact step, for the whole block
at once. Few points live past DENSE_PHASE steps. They are gathered into dense blocks in store, and
go on in rounds of growing length, FREE bare steps at a time, gathered again after each round. A
lane that comes back to where its round began will do so for ever, and is inside (Brent).

Importing this module imports Numba; its kernels are kept on disk. What they ask of a formula
becomes the code of that formula, whose type tells one version of it from another.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mandel_core.compilers.numba_formula import begin, following, leaps, needs_previous_z
from mandel_core.compilers.numba_jit import index, jit_borrowing, multiply_add
from mandel_core.compilers.numba_memory import (
    WORD,
    aligned,
    any_lane,
    everywhere,
    flags,
    lanes,
    load,
    load_anywhere,
    lowest,
    put,
    store,
    store_complex,
    store_int32,
    where,
    words,
)
from mandel_core.compilers.numba_parts import jit_borrowing_part
from mandel_core.compilers.numba_vectors import lanes_of

DENSE, DENSE_PHASE = 4, 24
FREE, FIRST_ROUND = 16, 64

# The parts of a block, each as long as it has lanes: z, c, and for the formulas that need it the z
# before. In scratch the number of steps follows; it is not kept in store, where all have the same.
RE, IM, CX, CY, P, Q, COUNT = range(7)
PARTS, STORED, STORED_WITH_PREVIOUS_Z = 7, 4, 6

# An orbit that came back. Counts are floats: they live in the same registers as z.
CAUGHT = -1.0
NEVER = -2.0  # no lane has this count
FAR = 1e30  # a c with which a point leaves at once


@jit_borrowing_part
def _stored_parts(previous_z: Any) -> int:
    """How many parts a block has in store."""
    return STORED_WITH_PREVIOUS_Z if previous_z else STORED


@jit_borrowing_part
def _row(
    w: Any,
    x: Any,
    left: int,
    y: Any,
    known: Any,
    row: int,
    horizon2: Any,
    begun: int,
    most: int,
    f: Any,
    k: Any,
) -> int:
    """Take the lanes of a row from step `begun` to `most` at most, or until all have left.

    Returns to which step. In scratch is then, for each lane, how many steps it has done and where
    it is: there, or just beyond the horizon. Known lanes have the count CAUGHT.
    """
    number, size = w.dtype.type, lanes(w)
    zero, steps = everywhere(number(0)), everywhere(number(DENSE))
    points = load_anywhere(x, left)
    hidden = flags(known, row * known.shape[1] + left, points)
    points = where(hidden, everywhere(number(FAR)), points)
    count = where(hidden, everywhere(number(CAUGHT)), everywhere(number(begun)))
    a0, b0, cx, cy = begin(f, points, everywhere(y), everywhere(k[0]), everywhere(k[1]))
    if leaps(f):
        a0, b0 = where(hidden, zero, cx), where(hidden, zero, cy)
    p0, q0 = zero, zero
    store(w, CX * size, cx)
    store(w, CY * size, cy)
    done, some = begun, True
    while some and done < most:
        a, b, p, q = a0, b0, p0, q0
        for _ in range(DENSE):
            a, b, p, q = following(f, a, b, p, q, load(w, CX * size), load(w, CY * size))
        inside = multiply_add(a, a, b * b) < horizon2
        a0, b0 = where(inside, a, a0), where(inside, b, b0)
        p0, q0 = where(inside, p, p0), where(inside, q, q0)
        count = where(inside, count + steps, count)
        some = any_lane(inside)
        done += DENSE
    # Plain numbers are types of their own for Numba, and it would compile `_replay` twice.
    at: Any = np.int64(0)
    again: Any = np.int64(DENSE)
    _replay(w, a0, b0, p0, q0, count, w, at, horizon2, again, done, f)
    return done


@jit_borrowing_part
def _round(w: Any, stored: Any, at: int, most: int, limit: int, horizon2: Any, f: Any) -> int:
    """Up to `most` more steps of the block that is in store from the element `at` on.

    Returns how many, and leaves in scratch what `_row` does, counts from the round's beginning; of
    a last round, which may go to a count of `limit`, the last steps come one by one.
    """
    number, size = w.dtype.type, lanes(w)
    zero, steps = everywhere(number(0)), everywhere(number(FREE))
    a0, b0, count = load(stored, at + RE * size), load(stored, at + IM * size), zero
    p0, q0 = zero, zero
    if needs_previous_z(f):
        p0, q0 = load(stored, at + P * size), load(stored, at + Q * size)
    done, some = 0, True
    while some and done < most:
        a, b, p, q = a0, b0, p0, q0
        for _ in range(FREE):
            cx, cy = load(stored, at + CX * size), load(stored, at + CY * size)
            a, b, p, q = following(f, a, b, p, q, cx, cy)
        inside = multiply_add(a, a, b * b) < horizon2
        back = (a == load(stored, at + RE * size)) & (b == load(stored, at + IM * size))
        if needs_previous_z(f):
            back &= (p == load(stored, at + P * size)) & (q == load(stored, at + Q * size))
        count = where(back, everywhere(number(CAUGHT)), count)
        inside &= ~back
        a0, b0 = where(inside, a, a0), where(inside, b, b0)
        p0, q0 = where(inside, p, p0), where(inside, q, q0)
        count = where(inside, count + steps, count)
        some = any_lane(inside)
        done += FREE
    again: Any = np.int64(FREE)
    _replay(w, a0, b0, p0, q0, count, stored, at, horizon2, again, limit, f)
    return done


@jit_borrowing_part
def _replay(
    w: Any,
    a: Any,
    b: Any,
    p: Any,
    q: Any,
    count: Any,
    stored: Any,
    at: int,
    horizon2: Any,
    steps: int,
    limit: int,
    f: Any,
) -> None:
    """Up to `steps` single steps for each lane: not beyond the horizon, nor a count of `limit`.

    c is that of the block in store; where the lanes then are is left in scratch.
    """
    number, size = w.dtype.type, lanes(w)
    zero, one, most = everywhere(number(0)), everywhere(number(1)), everywhere(number(limit))
    for _ in range(steps):
        inside = (multiply_add(a, a, b * b) < horizon2) & (count < most) & (count >= zero)
        cx, cy = load(stored, at + CX * size), load(stored, at + CY * size)
        re, im, before, before_im = following(f, a, b, p, q, cx, cy)
        a, b = where(inside, re, a), where(inside, im, b)
        p, q = where(inside, before, p), where(inside, before_im, q)
        count = where(inside, count + one, count)
        # Asked last: a mask that outlives a branch is unpacked and packed again by LLVM.
        if not any_lane(inside):
            break
    store(w, RE * size, a)
    store(w, IM * size, b)
    store(w, COUNT * size, count)
    if needs_previous_z(f):
        store(w, P * size, p)
        store(w, Q * size, q)


@jit_borrowing_part
def _numbers(mask: Any, width: int, numbers: Any) -> int:
    """Write down which lanes below `width` are set in a mask; returns how many."""
    found = 0
    for part, word in enumerate(words(mask)):
        rest = word
        while rest:
            lane = part * WORD + int(lowest(rest))
            rest &= rest - np.uint64(1)
            numbers[index(found, 0)] = lane
            found += lane < width
    return found


@jit_borrowing_part
def _keep(stored: Any, place: int, w: Any, c: Any, at: int, lane: int, previous_z: Any) -> None:
    """Put a lane of scratch, whose c is in the block at the element `at` of `c`, into store.

    It is told whether the formula needs the z before, and so is compiled once for all formulas.
    """
    size = lanes(w)
    there = place // size * (size * _stored_parts(previous_z)) + place % size
    for part in (RE, IM):
        stored[index(there, part * size)] = w[index(lane, part * size)]
    for part in (CX, CY):
        stored[index(there, part * size)] = c[index(at, lane + part * size)]
    if previous_z:
        for part in (P, Q):
            stored[index(there, part * size)] = w[index(lane, part * size)]


@jit_borrowing_part
def _write(w: Any, row: int, left: int, maxiter: int, Z: Any, N: Any) -> None:
    """Put the block in scratch into its row."""
    number, size, columns = w.dtype.type, lanes(w), Z.shape[1]
    a, b, count = load(w, RE * size), load(w, IM * size), load(w, COUNT * size)
    one = everywhere(number(1))
    gone = (count > one) & (count < everywhere(number(maxiter)))  # N is 0 at the first step as well
    n = where(gone, count, one) - one
    if left + size <= columns:
        store_complex(Z, row * columns + left, a, b)
        store_int32(N, row * columns + left, n)
    else:
        store(w, COUNT * size, n)
        for lane in range(columns - left):
            Z[row, left + lane] = complex(w[RE * size + lane], w[IM * size + lane])
            N[row, left + lane] = np.int32(w[COUNT * size + lane])


@jit_borrowing
def band(
    x: Any,
    y: Any,
    horizon2: Any,
    maxiter: int,
    known: Any,
    Z: Any,
    N: Any,
    scratch: Any,
    f: Any,
    k: Any,
) -> int:
    """Compute some rows of a frame; returns the iterations executed.

    x, y : samples, float32 or float64; x repeats its last up to a multiple of a block's lanes.
    known : (rows, x.size) uint8, not 0 for points known to be inside.
    Z, N : (rows, columns) complex and int32, contiguous; Z is 0 inside where that is known
        without iterating, and everything else as in the tutorial's listing.
    scratch : what `scratch` makes.
    f : the formula, a `Formula`; k : the two parts of its c, of x.dtype, where pixels are z.
    """
    w, stored, places, numbers = scratch
    number, size, columns = w.dtype.type, lanes(w), Z.shape[1]
    begun = 1 if leaps(f) else 0
    first = min(begun + DENSE_PHASE, maxiter - (maxiter - begun) % DENSE)
    whole = maxiter - (maxiter - first) % FREE
    zero: Any = np.int64(0)  # a plain 0 is a type of its own for Numba, with kernels for it
    executed, alive = 0, zero
    for row in range(y.size):
        for left in range(0, columns, size):
            n = _row(w, x, left, y[row], known, row, horizon2, begun, first, f, k)
            executed += (n - begun) * size
            if n == first:
                going_on = load(w, COUNT * size) == everywhere(number(n))
                for i in range(_numbers(going_on, columns - left, numbers)):
                    lane = numbers[index(i, 0)]
                    _keep(stored, alive, w, w, zero, lane, needs_previous_z(f))
                    places[index(alive, 0)] = row * columns + left + lane
                    alive += 1
            _write(w, row, left, maxiter, Z, N)
    return executed + _rounds(horizon2, first, whole, maxiter, alive, Z, N, scratch, f)


@jit_borrowing_part
def _rounds(
    horizon2: Any,
    n: int,
    whole: int,
    maxiter: int,
    alive: int,
    Z: Any,
    N: Any,
    scratch: Any,
    f: Any,
) -> int:
    """Carry the points in store from step n to the end; to step `whole` FREE at a time."""
    w, stored, places, numbers = scratch
    number, size = w.dtype.type, lanes(w)
    parts = _stored_parts(needs_previous_z(f))
    block = size * parts
    length = FIRST_ROUND
    executed = 0
    while alive > 0:
        in_round = min(length, whole - n)
        final = n + in_round == whole
        limit = maxiter - n if final else in_round
        goal = everywhere(number(NEVER if final else in_round))
        survivors: Any = np.int64(0)
        for first in range(0, alive, size):
            width, at = min(size, alive - first), first // size * block
            for lane in range(width, size):  # to have something there
                for part in range(parts):
                    stored[at + part * size + lane] = stored[at + part * size]
            executed += _round(w, stored, at, in_round, limit, horizon2, f) * size
            for i in range(_numbers(load(w, COUNT * size) != goal, width, numbers)):
                lane = numbers[index(i, 0)]
                _store_lane(w, lane, n, maxiter, places[index(first, lane)], Z, N)
            for i in range(_numbers(load(w, COUNT * size) == goal, width, numbers)):
                lane = numbers[index(i, 0)]
                _keep(stored, survivors, w, stored, at, lane, needs_previous_z(f))
                places[index(survivors, 0)] = places[index(first, lane)]
                survivors += 1
        n += in_round
        alive = survivors
        length = (length + length // 2) // FREE * FREE
    return executed


@jit_borrowing_part
def _store_lane(w: Any, lane: int, n: int, maxiter: int, place: int, Z: Any, N: Any) -> None:
    """Put a lane of scratch, whose steps count from step n, into the frame."""
    size = lanes(w)
    steps = np.int64(w[index(COUNT * size, lane)])
    last = n + steps - 1
    put(Z, place, complex(w[index(RE * size, lane)], w[index(IM * size, lane)]))
    put(N, place, 0 if steps < 0 or last < 0 or last == maxiter - 1 else last)


def scratch(rows: int, columns: int, dtype: Any, with_previous_z: bool = False) -> tuple[Any, ...]:
    """Room for `band` to compute, and to keep every point of so many rows between two rounds.

    with_previous_z : whether the formula needs the z before as well.
    """
    size = lanes_of(dtype)
    blocks = -(-rows * columns // size)
    return (
        aligned(PARTS * size, dtype),
        aligned(blocks * size * (STORED_WITH_PREVIOUS_Z if with_previous_z else STORED), dtype),
        np.empty(blocks * size, np.int64),
        np.empty(size + 1, np.int64),
    )


@jit_borrowing
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
