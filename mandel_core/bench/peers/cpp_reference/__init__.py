"""Brute force in C++ with AVX-512 intrinsics, of our own: how far a person gets by hand.

No shortcut: every point is iterated until it leaves. It is compiled when it is first asked for,
and called through ctypes.
"""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import subprocess
from pathlib import Path

import numpy as np

from mandel_core.bench.instruction_sets import confined_to
from mandel_core.bench.peers.peer import Answer, Missing, Peer, Prepared, build_folder
from mandel_core.bench.scenes import Scene

SOURCE = Path(__file__).with_name("mandelbrot.cpp")
FLAGS = ("-O3", "-march=native", "-ffp-contract=off", "-fopenmp", "-shared", "-fPIC")


def version() -> str:
    compiler = _compiler()
    words = subprocess.run([compiler, "-dumpversion"], capture_output=True, text=True, check=True)
    return f"g++ {words.stdout.strip()}"


def _compiler() -> str:
    compiler = shutil.which(os.environ.get("CXX", "g++"))
    if compiler is None:
        raise Missing("no g++ to compile it with")
    if confined_to() is not None:
        raise Missing("it is written in AVX-512 intrinsics, and the run is confined to less")
    if not _has_avx512():
        raise Missing("this processor has no AVX-512")
    return compiler


def _has_avx512() -> bool:
    if platform.machine() != "x86_64":
        return False
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return False
    return {"avx512f", "avx512dq"} <= set(flags)


def prepare(scene: Scene, threads: int) -> Prepared:
    library = build_folder() / "cpp_reference.so"
    if not library.exists():
        command = [_compiler(), *FLAGS, str(SOURCE), "-o", str(library)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Missing(f"g++ could not compile it: {done.stderr.strip().splitlines()[0]}")
    function = getattr(ctypes.CDLL(str(library)), f"mandelbrot_{scene.dtype}")
    number = ctypes.c_float if scene.dtype == "float32" else ctypes.c_double
    function.restype = ctypes.c_longlong
    function.argtypes = [
        *(ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_int),
        *(number, ctypes.c_int, ctypes.c_int, ctypes.c_void_p),
    ]
    x, y = scene.view.axes(scene.dtype)
    horizon2 = x.dtype.type(scene.horizon) ** 2

    def run() -> Answer:
        counts = np.empty((y.size, x.size), np.int32)
        executed = function(
            *(x.ctypes.data, x.size, y.ctypes.data, y.size),
            *(horizon2, scene.maxiter, threads, counts.ctypes.data),
        )
        return Answer(counts, executed)

    return Prepared(run, scene.view, scene.horizon)


PEER = Peer("cpp", "C++ with AVX-512, brute force", version, prepare)
