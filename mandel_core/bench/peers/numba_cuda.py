"""Numba on a CUDA device, a thread for each pixel: the tutorial's reference 4.

What is timed begins with the axes on the host and ends with the counts there.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version as installed
from typing import Any

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
    def run_for(maxiter: int) -> Answer:
        launch, counts = launches(scene, maxiter)
        launch()
        return Answer(counts.copy_to_host())  # waits for the kernel

    run_for(1)  # compiles
    return Prepared(lambda: run_for(scene.maxiter), scene.view, scene.horizon, "on the GPU")


def launches(scene: Scene, maxiter: int | None = None) -> tuple[Callable[[], None], Any]:
    """What launches the kernel, and the device's array of counts that it writes."""
    from numba import cuda

    from mandel_core.bench.peers.numba_cuda_kernel import kernel

    x, y = scene.view.axes(scene.dtype)
    horizon2 = x.dtype.type(scene.horizon) ** 2
    grid = tuple(-(-size // side) for size, side in zip((x.size, y.size), BLOCK, strict=True))
    counts = cuda.device_array((y.size, x.size), np.int32)
    samples = cuda.to_device(x), cuda.to_device(y)
    limit = scene.maxiter if maxiter is None else maxiter

    def launch() -> None:
        kernel[grid, BLOCK](*samples, horizon2, limit, counts)

    return launch, counts


PEER = Peer("numba-cuda", "Numba CUDA, a thread a pixel", version, prepare)
