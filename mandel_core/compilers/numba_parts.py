"""Functions that only Numba's kernels call, compiled to no more than a kernel needs of them.

Of every function Numba makes code for calls from Python and from C, optimises all of it, and makes
machine code. A kernel takes over LLVM's code of what it calls and optimises that anew, together
with its own; the rest is never run, and takes a third of the time until a kernel is there.

The wrappers are left out by options. For the rest Numba has none: here is used what it does not
document, with the versions it was tried with. With another one the parts get all that they would.

Importing this module imports Numba.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba.core.codegen import CPUCodeLibrary
from numba.core.compiler import Compiler
from numba.core.registry import CPUDispatcher

from mandel_core.compilers.numba_import import numba

F = TypeVar("F", bound=Callable[..., Any])

# Where another one is tried, tests/test_numba_parts.py has to pass with it.
TRIED = ("0.68",)


class _Part(CPUDispatcher):  # type: ignore[misc]
    """Numba's handle of a part; without the code for it, a call from Python would end it."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(f"{self.__name__} is a part of kernels, which alone can call it")


class _NoMachineCode:
    """Stands for the machine code of a part, into which Numba would write where its names are."""

    def set_env(self, name: str, environment: Any) -> None:
        """Nothing to write to."""


class _PartLibrary(CPUCodeLibrary):  # type: ignore[misc]
    """LLVM's code of a part, to be linked with."""

    @property
    def codegen(self) -> Any:
        return _NoMachineCode()

    def get_pointer_to_function(self, name: str) -> int:
        """Where its machine code begins, which is nowhere."""
        self._ensure_finalized()
        return 0

    def _optimize_final_module(self) -> None:
        """Whoever links it does that."""

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


class _PartCompiler(Compiler):  # type: ignore[misc]
    """Numba's compiler, with such a library to put the code in."""

    def define_pipelines(self) -> Any:
        state = self.state
        state.library = _PartLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        return super().define_pipelines()


# The options of `numba.njit` for a part. The lock is the kernels' business; but Numba tells what it
# has compiled apart by all of them, and what a kernel and a part both call it would compile twice.
PART: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "nogil": True}
if str(numba.__version__).rpartition(".")[0] in TRIED:
    PART["pipeline_class"] = _PartCompiler


def jit_part(function: F, **options: Any) -> F:
    """A function for kernels to call, compiled and kept with each of them.

    options : those of `numba.njit`, beside these.

    Called from Python it raises TypeError. What it raises itself must be made of constants.
    """
    handle = numba.njit(**PART, **options)(function)
    handle.__class__ = _Part
    part: F = handle
    return part


def jit_borrowing_part(function: F, **options: Any) -> F:
    """`jit_part` for functions that make no arrays and keep none; see `numba_jit.jit_borrowing`."""
    return jit_part(function, _nrt=False, **options)
