"""Inductor's trial of the processor's vector instructions, skipped where it can only succeed.

On x86 Inductor compiles a program for each set of vector instructions that the processor has, and
loads it in a process of its own, before the first kernel: about 9 s of processor time with an empty
cache, and 1 s in every process after that. This finds out compilers that are too old for the
instructions, which can be told in a hundredth of the time, and a torch that was built by one;
those that this package works with cannot be.
"""

from __future__ import annotations

import os
import platform
import subprocess
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

# Of the instructions that Inductor uses, those that compilers learned last.
_NEWEST = "-mamx-int8"


def skipped() -> AbstractContextManager[Any]:
    """What is compiled meanwhile uses the processor's instructions without a trial, if it may.

    Where the user has said what is to be done (``TORCHINDUCTOR_VEC_ISA_OK``), that holds.
    """
    from torch._inductor import config

    if config.cpp.vec_isa_ok is None and _compiler_knows_all():
        skip: AbstractContextManager[Any] = config.patch({"cpp.vec_isa_ok": True})
        return skip
    return nullcontext()


@cache
def _compiler_knows_all() -> bool:
    from torch._inductor.cpp_builder import get_cpp_compiler

    if platform.machine() not in {"x86_64", "AMD64"}:
        return False
    try:
        command = [get_cpp_compiler(), _NEWEST, "-E", "-x", "c++", os.devnull]
        return not subprocess.run(command, capture_output=True, check=False).returncode
    except (OSError, RuntimeError):  # there is none, which compiling will explain
        return False
