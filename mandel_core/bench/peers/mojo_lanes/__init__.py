"""Mojo: the tutorial's reference 3, over vectors of neighbouring pixels.

The package `mojo` brings the compiler, but not the `parallelize` of the article: the kernel is
built as a shared library, and bands of rows are handed to it from as many Python threads.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path

import numpy as np

from mandel_core.bench.instruction_sets import confined_to
from mandel_core.bench.peers.peer import Answer, Missing, Peer, Prepared, build_folder
from mandel_core.bench.scenes import Scene

SOURCE = Path(__file__).with_name("mandelbrot.mojo")
BAND = 8  # rows


def version() -> str:
    _compiler()
    try:
        return installed("mojo")
    except PackageNotFoundError:
        return "of unknown version"


def _compiler() -> str:
    beside = shutil.which("mojo", path=sysconfig.get_path("scripts"))
    compiler = beside or shutil.which("mojo")
    if compiler is None:
        raise Missing("not installed: pip install 'mandel-explorer[bench]'")
    return compiler


def prepare(scene: Scene, threads: int) -> Prepared:
    library = build_folder() / "mojo_lanes.so"
    if not library.exists():
        isa = confined_to()
        only = ["--target-cpu", isa.level, "--target-features", ""] if isa else []
        command = [_compiler(), "build", "--emit", "shared-lib", *only, str(SOURCE)]
        command += ["-o", str(library)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if "error: " in line]
            words = errors[0].partition("error: ")[2] if errors else "no reason given"
            raise Missing(f"this mojo cannot compile it: {words}")
    function = getattr(ctypes.CDLL(str(library)), f"mandelbrot_{scene.dtype}")
    number = ctypes.c_float if scene.dtype == "float32" else ctypes.c_double
    function.restype = ctypes.c_ssize_t
    function.argtypes = [
        *(ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_void_p, ctypes.c_ssize_t),
        *(number, ctypes.c_ssize_t, ctypes.c_void_p),
    ]
    x, y = scene.view.axes(scene.dtype)
    horizon2 = x.dtype.type(scene.horizon) ** 2

    def run() -> Answer:
        counts = np.empty((y.size, x.size), np.int32)

        def band(start: int) -> int:
            rows, out = y[start : start + BAND], counts[start : start + BAND]
            executed: int = function(
                *(x.ctypes.data, x.size, rows.ctypes.data, rows.size),
                *(horizon2, scene.maxiter, out.ctypes.data),
            )
            return executed

        with ThreadPoolExecutor(threads) as pool:
            return Answer(counts, sum(pool.map(band, range(0, y.size, BAND))))

    return Prepared(run, scene.view, scene.horizon)


PEER = Peer("mojo", "Mojo, over lanes", version, prepare)
