"""A formula as an argument of Numba's kernels: opaque, chosen at compile time, without cost.

A kernel that takes a `Formula` is compiled once for each of them, and what it asks of it, below,
becomes the code of that formula. The type's name holds the formula's fingerprint, so that Numba's
cache on disk tells formulas, and versions of them, apart by itself; those of one's own live in
memory only.

Importing this module imports Numba.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.core import types
from numba.extending import (
    NativeValue,
    intrinsic,
    models,
    overload,
    register_model,
    typeof_impl,
    unbox,
)

from mandel_core.compilers.numba_jit import multiply_add
from mandel_core.compilers.numba_memory import everywhere
from mandel_core.compilers.numba_parts import PART, jit_part
from mandel_core.compilers.numba_vectors import Block
from mandel_core.formulas.formula import Formula
from mandel_core.formulas.tangent import tangent

_formulas: dict[str, Formula] = {}  # by the names of their types


class FormulaType(types.Type):
    """Numba's type of one version of one formula."""

    def __init__(self, formula: Formula) -> None:
        name = f"Formula({formula.name}, {formula.fingerprint})"
        super().__init__(name)
        self.kept_on_disk = not formula.definition
        _formulas[name] = formula


register_model(FormulaType)(models.OpaqueModel)


@typeof_impl.register(Formula)  # type: ignore[untyped-decorator]
def _typeof(formula: Formula, _: object) -> Any:
    return type_of(formula)


def type_of(formula: Formula) -> Any:
    """Numba's type of this formula, always the same object."""
    known = _types.get(formula)
    if known is None:
        known = _types[formula] = FormulaType(formula)
    return known


_types: dict[Formula, Any] = {}


@unbox(FormulaType)  # type: ignore[untyped-decorator]
def _unboxed(kind: Any, value: Any, context: Any) -> Any:
    return NativeValue(context.context.get_dummy_value())


def _chosen(kind: Any) -> Formula:
    return _formulas[kind.name]


# From here on: what kernels can ask of a formula. Each stub stands for the code of its overload.
# Strictly, Numba would want annotations to be the same on both.


def _stub(f: Any, *more: Any) -> Any:
    raise NotImplementedError("for kernels only")


def following(f: Any, a: Any, b: Any, p: Any, q: Any, cx: Any, cy: Any) -> Any:
    """The z after a + ib, before which it was p + iq, and the z before that one: four parts.

    A formula that does not need the z before leaves p and q as they are, so that they cost nothing.
    """
    return _stub(f)


@overload(following, strict=False, jit_options=PART)  # type: ignore[untyped-decorator]
def _following(f: Any, a: Any, b: Any, p: Any, q: Any, cx: Any, cy: Any) -> Any:
    formula = _chosen(f)
    step = jit_part(formula.step)
    if formula.needs_previous_z:

        def with_previous_z(f: Any, a: Any, b: Any, p: Any, q: Any, cx: Any, cy: Any) -> Any:
            re, im = step(a, b, p, q, cx, cy, multiply_add)
            return re, im, a, b

        return with_previous_z

    def without(f: Any, a: Any, b: Any, p: Any, q: Any, cx: Any, cy: Any) -> Any:
        re, im = step(a, b, cx, cy, multiply_add)
        return re, im, p, q

    return without


def bare_step(formula: Formula, **options: Any) -> Callable[..., Any]:
    """The step of a formula as a function for Numba: a, b, cx, cy to a, b.

    Of one that needs the z before: a, b, p, q, cx, cy to a, b, p, q, as `following` has it. The
    options are those of `numba.njit`.
    """
    step = jit_part(formula.step, **options)
    if formula.needs_previous_z:
        return lambda a, b, p, q, cx, cy: (*step(a, b, p, q, cx, cy, multiply_add), a, b)
    return lambda a, b, cx, cy: step(a, b, cx, cy, multiply_add)


def begin(f: Any, x: Any, y: Any, kx: Any, ky: Any) -> Any:
    """Where the orbit of a pixel begins, and its c: a, b, cx, cy; kx + iky is the formula's c."""
    return _stub(f)


@overload(begin, strict=False, jit_options=PART)  # type: ignore[untyped-decorator]
def _begin(f: Any, x: Any, y: Any, kx: Any, ky: Any) -> Any:
    if _chosen(f).plane == "z":
        return lambda f, x, y, kx, ky: (x, y, kx, ky)
    if isinstance(x, Block):
        number = x.number
        return lambda f, x, y, kx, ky: (everywhere(number(0)), everywhere(number(0)), x, y)
    kind = x
    return lambda f, x, y, kx, ky: (kind(0), kind(0), x, y)


def _constant(kind: Any, value: Callable[[Formula], Any]) -> Callable[[Any], Any]:
    """A function of a formula that is a constant in the kernel."""

    def stands_for(_: Any, f: Any) -> Any:
        constant = value(_chosen(f))

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            return context.get_constant(kind, constant)

        return kind(f), generate

    function: Callable[[Any], Any] = intrinsic(stands_for)
    return function


# Whether the step needs the z before, too.
needs_previous_z = _constant(types.boolean, lambda formula: formula.needs_previous_z)
# Whether a pixel is c, and not where z begins.
pixel_is_c = _constant(types.boolean, lambda formula: formula.plane == "c")
# Whether the first step, from 0, is c itself.
leaps = _constant(types.boolean, lambda formula: formula.leap)


def grown(f: Any, size: Any) -> Any:
    """`size` to the power of the exponent."""
    return _stub(f)


@overload(grown, strict=False, jit_options=PART)  # type: ignore[untyped-decorator]
def _grown(f: Any, size: Any) -> Any:
    exponent = float(_chosen(f).exponent)
    if exponent == 2:
        return lambda f, size: size * size
    return lambda f, size: size**exponent


def error_bound(f: Any, size: Any, error: Any, before: Any, cx: Any, cy: Any) -> Any:
    """How far apart the next z of two points are at most; see `Formula.error_bound`."""
    return _stub(f)


@overload(error_bound, strict=False, jit_options=PART)  # type: ignore[untyped-decorator]
def _error_bound(f: Any, size: Any, error: Any, before: Any, cx: Any, cy: Any) -> Any:
    formula = _chosen(f)
    if formula.error_bound is not None:
        own = jit_part(formula.error_bound)
        return lambda f, size, error, before, cx, cy: own(size, error, before, cx, cy)
    if formula.exponent == 2:
        return lambda f, size, error, before, cx, cy: (2 * size + error) * error
    d = float(formula.exponent)
    return lambda f, size, error, before, cx, cy: error * d * (size + error) ** (d - 1)


def following_with_tangent(f: Any, z: Any, before: Any, c: Any) -> Any:
    """The z after this one, and its derivative; and the z that is now the one before.

    z, before, c : each the six numbers re, im, re_x, re_y, im_x, im_y, where _x and _y are partial
        derivatives by whatever two numbers one chooses.
    """
    return _stub(f)


@overload(following_with_tangent, strict=False, jit_options=PART)  # type: ignore[untyped-decorator]
def _following_with_tangent(f: Any, z: Any, before: Any, c: Any) -> Any:
    formula = _chosen(f)
    step, needs_previous = jit_part(tangent(formula)), formula.needs_previous_z

    def follow(f: Any, z: Any, before: Any, c: Any) -> Any:
        a, b, ax, ay, bx, by = z
        p, q, px, py, qx, qy = before
        cx, cy, cxx, cxy, cyx, cyy = c
        values = step(
            *(a, b, p, q, cx, cy),
            *(ax, ay, bx, by, px, py, qx, qy, cxx, cxy, cyx, cyy),
            multiply_add,
        )
        return values, z if needs_previous else before

    return follow
