"""Blocks of lanes as values in Numba's kernels: several vector registers, side by side.

A loop over lanes leaves it to LLVM how many vectors are under way at a time, and without AVX-512 it
leaves it at one: each step then waits for the one before. `Block` is a type of Numba's that holds
`chains` of LLVM's own vectors. Whatever is done to a block is done to one vector after the other,
so that a processor always has as many independent instructions at hand as there are chains.

A block is added, multiplied and compared as a number is, also with numbers; a comparison gives a
`Mask`. The same text that makes a step of a formula for numbers so makes one for blocks.

Importing this module imports Numba.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import lower_builtin, lower_cast
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import models, register_model

from mandel_core.compilers.target import target

# A step of z² + c is two fused multiply-adds, one waiting for the other, of four cycles each. In
# these eight cycles two multipliers begin sixteen instructions, and a step has three for them.
ENOUGH_CHAINS = 6
# z has two parts, and a step needs room for one more; c is read from memory.
REGISTERS_A_CHAIN = 3


def chains() -> int:
    """How many vectors a block is on this machine.

    As many as keep its multipliers busy, as far as there are registers for them.
    """
    return min(ENOUGH_CHAINS, target().registers // REGISTERS_A_CHAIN)


class Block(types.Type):
    """Numba's type of a block: `chains` vectors of `width` numbers of the type `number`."""

    def __init__(self, number: Any, width: int, chains: int) -> None:
        super().__init__(f"Block({number}, {width} x {chains})")
        self.number, self.width, self.chains = number, width, chains

    @property
    def lanes(self) -> int:
        return self.width * self.chains


class Mask(types.Type):
    """Numba's type of what comparing two blocks gives."""

    def __init__(self, width: int, chains: int) -> None:
        super().__init__(f"Mask({width} x {chains})")
        self.width, self.chains = width, chains


def block_of(number: Any) -> Block:
    """The type of the blocks of a Numba type on this machine."""
    return Block(number, target().vector_bits // number.bitwidth, chains())


def lanes_of(dtype: Any) -> int:
    """How many numbers of a NumPy type a block holds on this machine."""
    bits: int = 8 * np.dtype(dtype).itemsize
    return target().vector_bits // bits * chains()


@register_model(Block)
class _BlockModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Block) -> None:
        vector = ir.VectorType(manager[kind.number].get_value_type(), kind.width)
        super().__init__(manager, kind, ir.ArrayType(vector, kind.chains))


@register_model(Mask)
class _MaskModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Mask) -> None:
        vector = ir.VectorType(ir.IntType(1), kind.width)
        super().__init__(manager, kind, ir.ArrayType(vector, kind.chains))


# From here on: how operators and functions become LLVM's instructions, one for each vector.

Build = Callable[..., Any]  # from a builder and vectors to a vector


def per_chain(builder: Any, build: Build, kind: Any, *values: Any) -> Any:
    """An array of LLVM's type `kind`, each vector made by `build` from those of `values`."""
    result = ir.Constant(kind, ir.Undefined)
    for chain in range(kind.count):
        vectors = [builder.extract_value(value, chain) for value in values]
        result = builder.insert_value(result, build(builder, *vectors), chain)
    return result


def intrinsic_call(name: str) -> Build:
    """Calls LLVM's function of this name for the vectors' type."""

    def build(builder: Any, *vectors: Any) -> Any:
        kind = vectors[0].type
        form = ir.FunctionType(kind, [kind] * len(vectors))
        # llvmlite cannot name vectors.
        number = "f32" if kind.element == ir.FloatType() else "f64"
        full = f"{name}.v{kind.count}{number}"
        function = cgutils.get_or_insert_function(builder.module, form, full)
        return builder.call(function, vectors)

    return build


def mask_of(kind: Block) -> Mask:
    """The type of what comparing two of these blocks gives."""
    return Mask(kind.width, kind.chains)


def _operator(op: Any, arguments: int, build: Build, compares: bool = False) -> None:
    """Have Numba take `op` for blocks, or for a block and a number."""

    class Typing(AbstractTemplate):  # type: ignore[misc]
        def generic(self, args: Any, _: Any) -> Any:
            kind = next((kind for kind in args if isinstance(kind, Block)), None)
            fits = len(args) == arguments and all(
                other == kind or isinstance(other, types.Number) for other in args
            )
            if kind is None or not fits:
                return None
            return signature(mask_of(kind) if compares else kind, *[kind] * arguments)

    infer_global(op)(Typing)

    def lower(context: Any, builder: Any, sig: Any, values: Any) -> Any:
        return per_chain(builder, build, context.get_value_type(sig.return_type), *values)

    lower_builtin(op, *[Block] * arguments)(lower)


def _on_masks(op: Any, arguments: int, build: Build) -> None:
    class Typing(AbstractTemplate):  # type: ignore[misc]
        def generic(self, args: Any, _: Any) -> Any:
            fits = len(args) == arguments and isinstance(args[0], Mask) and len(set(args)) == 1
            return signature(args[0], *args) if fits else None

    infer_global(op)(Typing)

    def lower(context: Any, builder: Any, sig: Any, values: Any) -> Any:
        return per_chain(builder, build, context.get_value_type(sig.return_type), *values)

    lower_builtin(op, *[Mask] * arguments)(lower)


def _compared(how: str) -> Build:
    if how == "!=":  # nan differs from everything, and compares otherwise with nothing
        return lambda builder, x, y: builder.fcmp_unordered(how, x, y)
    return lambda builder, x, y: builder.fcmp_ordered(how, x, y)


for _op, _in_place, _build in (
    (operator.add, operator.iadd, lambda builder, x, y: builder.fadd(x, y)),
    (operator.sub, operator.isub, lambda builder, x, y: builder.fsub(x, y)),
    (operator.mul, operator.imul, lambda builder, x, y: builder.fmul(x, y)),
    (operator.truediv, operator.itruediv, lambda builder, x, y: builder.fdiv(x, y)),
):
    _operator(_op, 2, _build)
    _operator(_in_place, 2, _build)
_operator(operator.neg, 1, lambda builder, x: builder.fneg(x))
_operator(operator.pos, 1, lambda builder, x: x)
_operator(abs, 1, intrinsic_call("llvm.fabs"))
# LLVM makes a product of a square; other powers are asked of the mathematics library, lane by lane.
_operator(operator.pow, 2, intrinsic_call("llvm.pow"))
for _op, _how in (
    *((operator.lt, "<"), (operator.le, "<="), (operator.gt, ">"), (operator.ge, ">=")),
    *((operator.eq, "=="), (operator.ne, "!=")),
):
    _operator(_op, 2, _compared(_how), compares=True)
for _op in (operator.and_, operator.iand):
    _on_masks(_op, 2, lambda builder, x, y: builder.and_(x, y))
for _op in (operator.or_, operator.ior):
    _on_masks(_op, 2, lambda builder, x, y: builder.or_(x, y))
_on_masks(operator.invert, 1, lambda builder, x: builder.not_(x))


def _splat(builder: Any, number: Any, vector: Any) -> Any:
    one = ir.Constant(vector, ir.Undefined)
    first = ir.IntType(32)(0)
    one = builder.insert_element(one, number, first)
    lanes = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), None)
    return builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), lanes)


@lower_cast(types.Integer, Block)  # type: ignore[untyped-decorator]
@lower_cast(types.Float, Block)  # type: ignore[untyped-decorator]
def _cast(context: Any, builder: Any, source: Any, kind: Block, value: Any) -> Any:
    """A number among blocks: in every lane, of the block's type."""
    source = getattr(source, "literal_type", source)
    number = context.cast(builder, value, source, kind.number)
    array = context.get_value_type(kind)
    vector = _splat(builder, number, array.element)
    return per_chain(builder, lambda *_: vector, array)
