"""The tutorial's outer loops: they start the arrays, call a step again and again, and finish.

The steps differ from stage to stage; what surrounds them does not. `ArrayLocation` says where
the arrays live between two steps: as NumPy arrays (the tutorial's sections 1 to 4), or as tensors
that stay on a device, which the tutorial's section 5 calls trampolines.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mandel_core.compilers.arrays import HOST, ArrayLocation
from mandel_core.formulas import FORMULAS
from mandel_core.model.job import Job
from mandel_core.model.stage import ZN, Step

Pair = tuple[NDArray[np.floating], NDArray[np.floating]]


def complex_loop(job: Job, step: Step, location: ArrayLocation = HOST) -> ZN:
    """Sections 1 and 2: complex C and Z, one step per iteration."""
    C, Z = map(_complex, start(job))
    N = np.zeros(C.shape, dtype=int)
    C, Z, N = map(location.send, (C, Z, N))
    for n in range(job.settings.maxiter):
        job.checkpoint()
        Z, N = step(n, C, Z, N, job.settings.horizon)
    job.executed = C.shape[0] * C.shape[1] * job.settings.maxiter
    return location.fetch(Z), _without_last(location.fetch(N), job)


def pairs_loop(job: Job, step: Step, location: ArrayLocation = HOST) -> ZN:
    """Section 3: real and imaginary part in a last dimension of two, one step per iteration."""
    c, Z, N = map(location.send, _start_pairs(job))
    for n in range(job.settings.maxiter):
        job.checkpoint()
        Z, N = step(n, c, Z, N, job.settings.horizon)
    return _finish_pairs(location.fetch(Z), location.fetch(N), job)


def chunk_loop(job: Job, step_of: Callable[[int], Step], location: ArrayLocation = HOST) -> ZN:
    """Section 4: pairs, `chunksize` iterations a call.

    `step_of(size)` is the step for chunks of that size. The tutorial's `maxiter // chunksize`
    drops the remainder; here it is one more, shorter chunk.
    """
    c, Z, N = map(location.send, _start_pairs(job))
    maxiter, horizon = job.settings.maxiter, job.settings.horizon
    for n0 in range(0, maxiter, job.settings.chunksize):
        job.checkpoint()
        size = min(job.settings.chunksize, maxiter - n0)
        Z, N = step_of(size)(n0, c, Z, N, horizon, size)
    return _finish_pairs(location.fetch(Z), location.fetch(N), job)


def planes_loop(job: Job, step: Step) -> ZN:
    """Stage 9's flat planes as NumPy arrays; `mandel_core.stages.planes` has them as tensors."""
    cx, cy, re, im = (part.ravel() for pair in start(job) for part in pair)
    steps = np.zeros_like(cx)
    horizon2 = cx.dtype.type(job.settings.horizon) ** 2
    for _ in range(job.settings.maxiter):
        job.checkpoint()
        re, im, steps = step(cx, cy, re, im, steps, horizon2)
    job.executed = cx.size * job.settings.maxiter
    Z = _complex((re, im))
    N = np.maximum(np.asarray(steps).astype(int) - 1, 0)
    shape = job.view.ny, job.view.nx
    return Z.reshape(shape), _without_last(N.reshape(shape), job)


def start(job: Job) -> tuple[Pair, Pair]:
    """The real and imaginary parts of c, and those of the z before the first step: (ny, nx) each.

    For most formulas c is the pixel and z is 0; for others z is the pixel and c a constant.
    """
    x, y = job.view.axes(job.settings.dtype)
    settings = job.settings
    a, b, cx, cy = FORMULAS.find(settings.formula).begin(x, y[:, None], settings.formula_c)
    shape = y.size, x.size
    re, im, cx, cy = (np.array(np.broadcast_to(part, shape)) for part in (a, b, cx, cy))
    return (cx, cy), (re, im)


def _complex(pair: tuple[Any, Any]) -> Any:
    re, im = pair
    Z = np.empty(re.shape, np.result_type(re, np.complex64))
    Z.real, Z.imag = re, im
    return Z


def _start_pairs(job: Job) -> tuple[Any, Any, Any]:
    c, Z = (np.stack(pair, axis=-1) for pair in start(job))
    return c, Z, np.zeros(c.shape[:-1], dtype=int)


def _finish_pairs(Z: Any, N: Any, job: Job) -> ZN:
    job.executed = N.size * job.settings.maxiter
    Zc = np.ascontiguousarray(Z).view(np.result_type(Z.dtype, np.complex64))[..., 0]
    return Zc, _without_last(N, job)


def _without_last(N: Any, job: Job) -> Any:
    return np.where(job.settings.maxiter - 1 == N, 0, N)
