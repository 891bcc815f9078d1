"""Stage 4, tutorial section 4: compile several iterations at once.

A call of a compiled kernel costs tens of microseconds, and each call reads and writes all arrays.
With `chunksize` iterations a call, both are paid once a chunk. Dynamo unrolls the loop over j, so
compiling takes longer the larger the chunk.

The tutorial reported its best at 10 to 50 on two threads (7.4 and 5.9 times NumPy), and that
chunking does not pay on 32. On the tutorial's scene it is about 2.5 times NumPy today in chunks of
10; it is best near 20, and chunks of 100 or more take minutes to compile. The tutorial's loop drops
`maxiter % chunksize` iterations; ours does them as a last, shorter chunk.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mandel_core.compilers.arrays import location_for
from mandel_core.compilers.torch_compile import compile_step
from mandel_core.model.job import Job
from mandel_core.model.stage import ZN, Stage, Step
from mandel_core.stages.applying import pairs_step
from mandel_core.stages.loops import chunk_loop
from mandel_core.stages.stage_03_pairs import abs2, square_plus_c


def step(
    n0: int, c: Any, Z: Any, N: Any, horizon: float, chunksize: int, f: Step = square_plus_c
) -> tuple[Any, Any]:
    """Steps n0 to n0 + chunksize - 1. c, Z, N : as in stage 3."""
    for j in range(chunksize):
        n = n0 + j  # the iteration counter
        I = abs2(Z) < horizon**2
        N = np.where(I, n, N)
        Z = np.where(I[..., None], f(Z, c), Z)
    return Z, N


def run(job: Job) -> ZN:
    location = location_for(job)
    chunk = pairs_step(job, step)
    return chunk_loop(
        job,
        lambda size: compile_step(job, chunk, location=location, size=size, any_n=True),
        location,
    )


STAGE = Stage(
    name="chunked",
    title="Chunked",
    section="4. Chunk the inner loop",
    step=step,
    run=run,
    varies=frozenset({"chunksize", "device", "threads"}),
)
