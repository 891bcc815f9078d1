"""Functions that only kernels call: part of the kernel, and nothing beside it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from mandel_core.compilers import numba_parts
from mandel_core.compilers.numba_import import numba
from mandel_core.compilers.numba_parts import jit_part
from tests.browsing import ROOT


def square_root(number):
    if number < 0:
        raise ValueError("there is none of less than 0")
    return number**0.5


def divided(a, b):
    return root(a) / b


root: Any = jit_part(square_root)
quotient: Any = jit_part(divided)
kernel: Any = numba.njit(lambda a, b: quotient(a, b) + root(b))


def test_a_kernel_has_in_it_what_it_calls():
    assert kernel(9.0, 4.0) == 2.75
    assert kernel(9, 4) == 2.75


def test_what_a_part_raises_comes_to_whoever_called_the_kernel():
    with pytest.raises(ValueError, match=r"^there is none of less than 0$"):
        kernel(-1.0, 4.0)
    with pytest.raises(ZeroDivisionError):
        kernel(1.0, 0.0)


def test_python_is_told_that_it_cannot_call_one():
    assert kernel(1.0, 1.0) == 2  # it is compiled by now
    with pytest.raises(TypeError, match=r"^square_root is a part of kernels"):
        root(1.0)
    assert root.py_func(4.0) == 2


def test_there_is_no_machine_code_of_a_part():
    """It took a sixth of the time until a kernel was there."""
    assert kernel(1.0, 1.0) == 2
    (compiled, *_) = root.overloads.values()
    assert compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name) == 0
    # Nor code to call it from Python, or from C.
    names = [function.name for function in compiled.library.get_defined_functions()]
    assert sum("square_root" in name for name in names) == 1


def test_with_another_numba_parts_are_what_numba_makes_of_them():
    assert numba.__version__.rpartition(".")[0] in numba_parts.TRIED, "see numba_parts.py"
    code = (
        "import numba\n"
        "numba.__version__ = '0.99.0'\n"
        "from mandel_core.compilers.numba_parts import PART\n"
        "assert 'pipeline_class' not in PART\n"
        "from tests.test_numba_parts import kernel, root\n"
        "assert kernel(9.0, 4.0) == 2.75\n"
        "(compiled,) = root.overloads.values()\n"
        "assert compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name) > 0\n"
        "print('well')"
    )
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.stdout.split() == ["well"], run.stderr
