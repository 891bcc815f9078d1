"""Blocks of lanes on their way: from numbers and memory into registers, and back.

What kernels can ask for beside the operators of `mandel_core.compilers.numba_vectors`. Importing
this module imports Numba.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.types import containers
from numba.extending import intrinsic

from mandel_core.compilers.numba_vectors import Block, block_of, mask_of, per_chain

ALIGNMENT = 64  # bytes; no vector is longer
WORD = 64  # bits, one for each lane


def _everywhere(_: Any, number: Any) -> Any:
    kind = block_of(number)

    def generate(context: Any, builder: Any, sig: Any, values: Any) -> Any:
        return context.cast(builder, values[0], sig.args[0], kind)

    return kind(number), generate


def _where(_: Any, mask: Any, x: Any, y: Any) -> Any:
    kind = x if isinstance(x, Block) else y

    def generate(context: Any, builder: Any, sig: Any, values: Any) -> Any:
        array = context.get_value_type(kind)
        return per_chain(builder, lambda builder, *v: builder.select(*v), array, *values)

    return kind(mask, kind, kind), generate


def _as_bits(builder: Any, vector: Any) -> Any:
    return builder.bitcast(vector, ir.IntType(vector.type.count))


def _any_lane(_: Any, mask: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, values: Any) -> Any:
        together = builder.extract_value(values[0], 0)
        for chain in range(1, mask.chains):
            together = builder.or_(together, builder.extract_value(values[0], chain))
        bits = _as_bits(builder, together)
        return builder.icmp_unsigned("!=", bits, bits.type(0))

    return types.boolean(mask), generate


def _words(_: Any, mask: Any) -> Any:
    each = WORD // mask.width
    kind = containers.UniTuple(types.uint64, -(-mask.chains // each))

    def generate(context: Any, builder: Any, sig: Any, values: Any) -> Any:
        word = ir.IntType(WORD)
        words = [word(0)] * kind.count
        for chain in range(mask.chains):
            bits = _as_bits(builder, builder.extract_value(values[0], chain))
            bits = builder.zext(bits, word) if mask.width < WORD else bits
            bits = builder.shl(bits, word(chain % each * mask.width))
            words[chain // each] = builder.or_(words[chain // each], bits)
        return cgutils.pack_array(builder, words)

    return kind(mask), generate


def _lowest(_: Any, word: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, values: Any) -> Any:
        return builder.cttz(values[0], ir.IntType(1)(1))

    return types.uint64(types.uint64), generate


def _place(context: Any, builder: Any, kind: Any, array_at: Any, vector: Any) -> Any:
    """A pointer to vectors in an array of that kind; `array_at` is the array and the element."""
    array, at = array_at
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [at]), vector.as_pointer())


def _loading(aligned: bool) -> Any:
    def load(_: Any, array: Any, at: Any) -> Any:
        kind = block_of(array.dtype)

        def generate(context: Any, builder: Any, sig: Any, values: Any) -> Any:
            # What finds no room in the registers is put on the stack, in whole vectors.
            builder.function.attributes.alignstack = ALIGNMENT
            blocks = context.get_value_type(kind)
            place = _place(context, builder, array, values, blocks.element)
            size = kind.number.bitwidth // 8
            result = ir.Constant(blocks, ir.Undefined)
            for chain in range(kind.chains):
                part = builder.gep(place, [ir.IntType(32)(chain)])
                vector = builder.load(part, align=size * (kind.width if aligned else 1))
                result = builder.insert_value(result, vector, chain)
            return result

        return kind(array, types.intp), generate

    return load


def _store(_: Any, array: Any, at: Any, block: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, values: Any) -> Any:
        blocks = context.get_value_type(block)
        place = _place(context, builder, array, values[:2], blocks.element)
        size = block.number.bitwidth // 8 * block.width
        for chain in range(block.chains):
            part = builder.gep(place, [ir.IntType(32)(chain)])
            builder.store(builder.extract_value(values[2], chain), part, align=size)
        return context.get_dummy_value()

    return types.void(array, types.intp, block), generate


def _store_complex(_: Any, array: Any, at: Any, re: Any, im: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, values: Any) -> Any:
        vector = context.get_value_type(re).element
        pairs = ir.VectorType(vector.element, 2 * re.width)
        place = _place(context, builder, array, values[:2], pairs)
        order = [lane + part * re.width for lane in range(re.width) for part in (0, 1)]
        mixed = ir.Constant(ir.VectorType(ir.IntType(32), 2 * re.width), order)
        for chain in range(re.chains):
            parts = [builder.extract_value(value, chain) for value in values[2:]]
            part = builder.gep(place, [ir.IntType(32)(chain)])
            both = builder.shuffle_vector(*parts, mixed)
            builder.store(both, part, align=re.number.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, types.intp, re, im), generate


def _store_int32(_: Any, array: Any, at: Any, block: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, values: Any) -> Any:
        whole = ir.VectorType(ir.IntType(32), block.width)
        place = _place(context, builder, array, values[:2], whole)
        for chain in range(block.chains):
            part = builder.gep(place, [ir.IntType(32)(chain)])
            vector = builder.fptosi(builder.extract_value(values[2], chain), whole)
            builder.store(vector, part, align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, block), generate


def _lanes(_: Any, array: Any) -> Any:
    constant = block_of(array.dtype).lanes

    def generate(context: Any, builder: Any, sig: Any, values: Any) -> Any:
        return context.get_constant(types.intp, constant)

    return types.intp(array), generate


def _put(_: Any, array: Any, at: Any, number: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, values: Any) -> Any:
        data = context.make_array(array)(context, builder, values[0]).data
        context.pack_value(builder, array.dtype, values[2], builder.gep(data, [values[1]]))
        return context.get_dummy_value()

    return types.void(array, types.intp, array.dtype), generate


def _flags(_: Any, array: Any, at: Any, like: Any) -> Any:
    kind = mask_of(like)

    def generate(context: Any, builder: Any, sig: Any, values: Any) -> Any:
        several = ir.VectorType(ir.IntType(8), kind.width)
        place = _place(context, builder, array, values[:2], several)
        result = ir.Constant(context.get_value_type(kind), ir.Undefined)
        for chain in range(kind.chains):
            part = builder.gep(place, [ir.IntType(32)(chain)])
            flag = builder.icmp_unsigned("!=", builder.load(part, align=1), several(None))
            result = builder.insert_value(result, flag, chain)
        return result

    return kind(array, types.intp, like), generate


def aligned(size: int, dtype: Any) -> Any:
    """An uninitialised array whose first element, and so each block in it, lies as vectors like."""
    room = np.empty(size * np.dtype(dtype).itemsize + ALIGNMENT, np.uint8)
    start = -room.ctypes.data % ALIGNMENT
    return room[start : start + room.size - ALIGNMENT].view(dtype)


# For kernels only. `at` counts elements; blocks in scratch arrays lie at multiples of their lanes,
# in arrays made by `aligned`.
lanes: Any = intrinsic(_lanes)  # (array) -> how many a block of its numbers has, a constant
everywhere: Any = intrinsic(_everywhere)  # a number in all lanes
where: Any = intrinsic(_where)  # (mask, block, block)
any_lane: Any = intrinsic(_any_lane)  # (mask) -> bool
words: Any = intrinsic(_words)  # (mask) -> uint64s, a bit for each lane
lowest: Any = intrinsic(_lowest)  # (uint64) -> the number of its lowest bit that is set
load: Any = intrinsic(_loading(aligned=True))  # (array, at) -> block
load_anywhere: Any = intrinsic(_loading(aligned=False))
store: Any = intrinsic(_store)  # (array, at, block)
store_complex: Any = intrinsic(_store_complex)  # (array of complex, at, block, block)
put: Any = intrinsic(_put)  # (array, at, number), along the rows of a contiguous array
flags: Any = intrinsic(_flags)  # (array of uint8, at, block) -> mask, where they are not 0
store_int32: Any = intrinsic(_store_int32)  # (array of int32, at, block)
