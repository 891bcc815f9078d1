"""Inductor's trials of the processor's vector instructions, skipped where they can only succeed.

On x86 Inductor compiles a program for each set of vector instructions that the processor has, and
loads it in a process of its own, before the first kernel: up to 9 s of processor time with an empty
cache, and 1 s in every process after that. This finds out compilers that are too old for the
instructions, which can be told in a hundredth of the time, and a torch that was built by one; those
that this package works with cannot be.
"""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


@contextmanager
def skipped() -> Iterator[None]:
    """What is compiled meanwhile uses the processor's instructions without a trial, if it may.

    Where the user has said what is to be done (``TORCHINDUCTOR_VEC_ISA_OK``), that holds.
    """
    from torch._inductor import config
    from torch._inductor.cpu_vec_isa import VecISA

    if config.cpp.vec_isa_ok is not None or platform.machine() not in {"x86_64", "AMD64"}:
        yield
        return
    tried = VecISA.check_build

    def known_or_tried(isa: Any, code: str) -> bool:
        return _compiler_knows(isa.build_arch_flags()) or bool(tried(isa, code))

    VecISA.check_build = known_or_tried
    try:
        yield
    finally:
        VecISA.check_build = tried


@cache
def _compiler_knows(flags: str) -> bool:
    from torch._inductor.cpp_builder import get_cpp_compiler

    try:
        command = [get_cpp_compiler(), *flags.split(), "-E", "-x", "c++", os.devnull]
        return not subprocess.run(command, capture_output=True, check=False).returncode
    except (OSError, RuntimeError):  # there is none, which compiling will explain
        return False
