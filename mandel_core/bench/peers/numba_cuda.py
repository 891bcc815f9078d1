"""Numba on a CUDA device, a thread for each pixel: the tutorial's reference 4.

What is timed begins with the axes on the host and ends with the counts there.
"""

from __future__ import annotations

from importlib.metadata import version as installed

import numpy as np

from mandel_core.bench.peers.peer import Answer, Missing, Peer, Prepared
from mandel_core.bench.scenes import Scene

BLOCK = (32, 8)  # a warp runs along a row


def version() -> str:
    from numba import cuda

    if not cuda.is_available():
        raise Missing("no CUDA device that Numba can use")
    return installed("numba")


def prepare(scene: Scene, threads: int) -> Prepared:
    from numba import cuda

    from mandel_core.bench.peers.numba_cuda_kernel import kernel

    x, y = scene.view.axes(scene.dtype)
    horizon2 = x.dtype.type(scene.horizon) ** 2
    grid = tuple(-(-size // side) for size, side in zip((x.size, y.size), BLOCK, strict=True))

    def run_for(maxiter: int) -> Answer:
        counts = cuda.device_array((y.size, x.size), np.int32)
        kernel[grid, BLOCK](cuda.to_device(x), cuda.to_device(y), horizon2, maxiter, counts)
        return Answer(counts.copy_to_host())  # waits for the kernel

    run_for(1)  # compiles
    return Prepared(lambda: run_for(scene.maxiter), scene.view, scene.horizon, "on the GPU")


PEER = Peer("numba-cuda", "Numba CUDA, a thread a pixel", version, prepare)
