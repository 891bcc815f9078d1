"""Numba's compiler with the types that it hides. Importing this module imports Numba."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from mandel_core.compilers.numba_cache import kept
from mandel_core.compilers.numba_import import numba
from mandel_core.compilers.numba_vectors import Block, intrinsic_call, per_chain

F = TypeVar("F", bound=Callable[..., Any])


def jit(function: F, **options: Any) -> F:
    """Compile on the first call, keep on disk, and release the interpreter lock while running.

    Nobody calls kernels from C, and the code for that would take time to compile.

    options : those of `numba.njit`, beside these.
    """
    kernel: F = kept(numba.njit(nogil=True, no_cfunc_wrapper=True, **options)(function))
    return kernel


def jit_borrowing(function: F, **options: Any) -> F:
    """`jit` for functions that make no arrays and keep none of those they are handed.

    So nobody need count who holds them. Numba would do that wherever one function hands an array to
    another, and every register would have to make room for it.
    """
    return jit(function, _nrt=False, **options)


def _index(_: Any, begin: Any, offset: Any) -> Any:
    """What `index(begin, offset)` is for Numba's compiler: begin + offset, which is not negative.

    Of any other index Numba looks whether it counts from the end, and LLVM then has to gather,
    element by element, what it could load as a vector.
    """

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.add(*values)

    return types.uint64(types.uint64, types.uint64), generate


def _multiply_add(_: Any, a: Any, b: Any, c: Any) -> Any:
    """What `multiply_add(a, b, c)` is for Numba's compiler: its signature, and how it is written.

    a * b + c, rounded once where the processor has such an instruction, and twice elsewhere. LLVM
    does so by itself if it is allowed to, but not where a product is used twice: the same formula
    would round in different ways in different places.
    """
    block = next((kind for kind in (a, b, c) if isinstance(kind, Block)), None)
    if block is not None:

        def generate_blocks(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            fused = intrinsic_call("llvm.fmuladd")
            return per_chain(builder, fused, context.get_value_type(block), *values)

        return block(block, block, block), generate_blocks

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kind = values[0].type
        form = ir.FunctionType(kind, [kind] * 3)
        fused = builder.module.declare_intrinsic("llvm.fmuladd", [kind], form)
        return builder.call(fused, values)

    return a(a, a, a), generate


# For kernels only.
index: Callable[[Any, Any], Any] = intrinsic(_index)
multiply_add: Callable[[Any, Any, Any], Any] = intrinsic(_multiply_add)
