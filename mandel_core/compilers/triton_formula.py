"""A formula's step as a function for Triton.

Triton compiles the text of a function, and knows neither the loops over Python numbers nor the
closures that a step may be made of. So the step is called once, with arguments that write down
every operation, and what they wrote becomes the text: one operation a line. That is the same
step that all other engines call, whatever it is made of.

Importing this module does not import Triton.
"""

from __future__ import annotations

import linecache
import types
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mandel_core.formulas.formula import Formula

Number = int | float


class Untraceable(Exception):
    """The step does something that cannot be written down, such as asking which number is larger.

    The words are a sentence.
    """


class _Trace:
    """The text of a function that is being written."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, expression: str) -> _Value:
        name = f"t{len(self.lines)}"
        self.lines.append(f"{name} = {expression}")
        return _Value(self, name)


def _text(value: Any) -> str:
    if isinstance(value, _Value):
        return value.name
    if isinstance(value, np.floating | np.integer):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, Number):
        raise Untraceable(f"It calculates with {value!r}, which is neither z, c nor a number.")
    return f"({value!r})"


class _Value:
    """A number that only the compiled function will know, by its name there."""

    def __init__(self, trace: _Trace, name: str) -> None:
        self.trace, self.name = trace, name

    def _noted(self, form: str, *values: _Value | Number) -> _Value:
        return self.trace.note(form.format(*map(_text, values)))

    def __add__(self, other: _Value | Number) -> _Value:
        return self._noted("{} + {}", self, other)

    def __radd__(self, other: Number) -> _Value:
        return self._noted("{} + {}", other, self)

    def __sub__(self, other: _Value | Number) -> _Value:
        return self._noted("{} - {}", self, other)

    def __rsub__(self, other: Number) -> _Value:
        return self._noted("{} - {}", other, self)

    def __mul__(self, other: _Value | Number) -> _Value:
        return self._noted("{} * {}", self, other)

    def __rmul__(self, other: Number) -> _Value:
        return self._noted("{} * {}", other, self)

    def __truediv__(self, other: _Value | Number) -> _Value:
        return self._noted("{} / {}", self, other)

    def __rtruediv__(self, other: Number) -> _Value:
        return self._noted("{} / {}", other, self)

    def __pow__(self, exponent: int) -> _Value:
        if not (isinstance(exponent, int) and exponent >= 1):
            raise Untraceable(
                f"It takes a power of {exponent!r}, which is no whole number above 0."
            )
        power = self
        for _ in range(exponent - 1):
            power = power * self
        return power

    def __neg__(self) -> _Value:
        # Triton makes 0 - x of -x, an addition; this becomes a sign of the next operation.
        return self._noted("{} * -1.0", self)

    def __pos__(self) -> _Value:
        return self

    def __abs__(self) -> _Value:
        return self._noted("tl.abs({})", self)

    def __bool__(self) -> bool:
        raise Untraceable("It chooses what to do by the value of z or c.")


def _multiply_add(x: Any, y: Any, z: Any) -> Any:
    for value in (x, y, z):
        if isinstance(value, _Value):
            values = (x, y, z)
            fused = all(isinstance(one, _Value) for one in values)
            form = "tl.fma({}, {}, {})" if fused else "{} * {} + {}"
            return value.trace.note(form.format(*map(_text, values)))
    return x * y + z


def text_of(formula: Formula) -> str:
    """The text of ``following(a, b, p, q, cx, cy)``: the next z, and the z before that one.

    A formula that does not need the z before hands p and q on. Raises Untraceable.
    """
    trace = _Trace()
    a, b, p, q, cx, cy = (_Value(trace, name) for name in ("a", "b", "p", "q", "cx", "cy"))
    arguments = (a, b, p, q, cx, cy) if formula.needs_previous_z else (a, b, cx, cy)
    try:
        re, im = formula.step(*arguments, _multiply_add)
        # What does not depend on z has to become as many numbers as there are points.
        parts = [_text(part if isinstance(part, _Value) else part + 0 * a) for part in (re, im)]
    except Untraceable:
        raise
    except Exception as error:
        raise Untraceable(f"It does not take part: {type(error).__name__}: {error}.") from error
    before = ("a", "b") if formula.needs_previous_z else ("p", "q")
    lines = [*trace.lines, f"return {', '.join((*parts, *before))}"]
    return "def following(a, b, p, q, cx, cy):\n" + "".join(f"    {line}\n" for line in lines)


def traced_step(formula: Formula) -> Callable[..., Any]:
    """The formula's step as Triton's own kind of function, for kernels to call. Imports Triton.

    Raises Untraceable.
    """
    import triton
    import triton.language as tl

    text = text_of(formula)
    file = f"<the step of {formula.name}, {formula.fingerprint}>"
    # Triton reads a function's text where Python's own tools do.
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    names: dict[str, Any] = {"tl": tl, "__name__": __name__}
    exec(compile(text, file, "exec"), names)
    function: Callable[..., Any] = triton.jit(names["following"])
    return function


def with_names(
    function: Callable[..., Any], names: Mapping[str, Any], **options: Any
) -> Callable[..., Any]:
    """A copy of a Python function, compiled by Triton, in which these names mean these things.

    options : those of `triton.jit`.
    """
    import triton

    assert isinstance(function, types.FunctionType)
    copy = types.FunctionType(
        *(function.__code__, {**function.__globals__, **names}, function.__name__),
        *(function.__defaults__, function.__closure__),
    )
    copy.__annotations__ = function.__annotations__
    copy.__module__, copy.__qualname__ = function.__module__, function.__qualname__
    kernel: Callable[..., Any] = triton.jit(**options)(copy)
    return kernel
