"""The derivative of a formula's step, made of the step itself.

The step is run once with numbers that write down what is done to them; by the rules of
differentiation each line gives the lines of its two partial derivatives, by x and by y. So every
formula has its Jacobian, those with abs and those of one's own as well, and no derivative is
written by hand (forward accumulation; A. Griewank and A. Walther, "Evaluating Derivatives", chapter
3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mandel_core.formulas.formula import Formula

# What the step is given, and what the derivative is given beside: each by x and by y.
_VALUES = ("a", "b", "p", "q", "cx", "cy")
_NAME = "tangent"


class NoDerivative(ValueError):
    """A step that does something else than + - * / abs and fma with its numbers."""


@dataclass
class _Lines:
    """What has been written down."""

    lines: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, value: str, by_x: str, by_y: str) -> _Traced:
        name = f"t{self.count}"
        self.count += 1
        self.lines += [f"{name} = {value}", f"{name}_x = {by_x}", f"{name}_y = {by_y}"]
        return _Traced(self, name)


@dataclass(frozen=True, eq=False)
class _Traced:
    """A number of which only its name is known, and the names of its derivatives."""

    lines: _Lines
    name: str

    def _with(self, other: Any, value: str, rule: str) -> _Traced:
        """A new number; u and v stand for the two, u1 and v1 for their derivatives."""
        u, v = self, _of(self.lines, other)
        parts = [
            rule.format(u=u.name, v=v.name, u1=f"{u.name}_{axis}", v1=f"{v.name}_{axis}")
            for axis in "xy"
        ]
        return self.lines.add(value.format(u=u.name, v=v.name), *parts)

    def __add__(self, other: Any) -> _Traced:
        return self._with(other, "{u} + {v}", "{u1} + {v1}")

    def __sub__(self, other: Any) -> _Traced:
        return self._with(other, "{u} - {v}", "{u1} - {v1}")

    def __mul__(self, other: Any) -> _Traced:
        return self._with(other, "{u} * {v}", "{u1} * {v} + {u} * {v1}")

    def __truediv__(self, other: Any) -> _Traced:
        return self._with(other, "{u} / {v}", "({u1} * {v} - {u} * {v1}) / ({v} * {v})")

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other: Any) -> _Traced:
        return _of(self.lines, other) - self

    def __rtruediv__(self, other: Any) -> _Traced:
        return _of(self.lines, other) / self

    def __neg__(self) -> _Traced:
        return self._with(0.0, "-{u}", "-{u1}")

    def __pos__(self) -> _Traced:
        return self

    def __abs__(self) -> _Traced:
        return self._with(0.0, "abs({u})", "-{u1} if {u} < 0 else {u1}")


def _of(lines: _Lines, number: Any) -> _Traced:
    if isinstance(number, _Traced):
        return number
    return lines.add(repr(float(number)), "0.0", "0.0")


def _fma(x: Any, y: Any, z: Any) -> _Traced:
    lines = next(part.lines for part in (x, y, z) if isinstance(part, _Traced))
    x, y, z = (_of(lines, part) for part in (x, y, z))
    parts = [
        f"{x.name}_{axis} * {y.name} + {x.name} * {y.name}_{axis} + {z.name}_{axis}"
        for axis in "xy"
    ]
    return lines.add(f"fma({x.name}, {y.name}, {z.name})", *parts)


def tangent_text(formula: Formula) -> str:
    """Python text of a function `tangent` for the formula's step and its derivative.

    ``tangent(a, b, p, q, cx, cy, a_x, a_y, b_x, ..., cy_y, fma)`` takes the step's numbers and the
    derivative of each by x and by y, and returns the z after a + ib, re and im, and re_x, re_y,
    im_x, im_y.

    Raises NoDerivative for a step that cannot be followed.
    """
    lines = _Lines()
    given = {name: _Traced(lines, name) for name in _VALUES}
    wanted = _VALUES if formula.needs_previous_z else ("a", "b", "cx", "cy")
    try:
        parts = formula.step(*(given[name] for name in wanted), _fma)
        re, im = (_of(lines, part) for part in parts)
    except Exception as error:
        raise NoDerivative(
            f"the step of {formula.title} does more than + - * / abs and fma: {error}"
        ) from error
    derivatives = [f"{name}_{axis}" for name in _VALUES for axis in "xy"]
    ends = [re.name, im.name, *(f"{part.name}_{axis}" for part in (re, im) for axis in "xy")]
    body = "\n".join(f"    {line}" for line in (*lines.lines, f"return {', '.join(ends)}"))
    return f"def {_NAME}({', '.join((*_VALUES, *derivatives))}, fma):\n{body}\n"


def tangent(formula: Formula) -> Callable[..., Any]:
    """The function of `tangent_text`. Raises NoDerivative for a step that cannot be followed."""
    made: dict[str, Any] = {}
    # The text is made of names and numbers of ours, whatever the step does.
    exec(tangent_text(formula), made)
    function: Callable[..., Any] = made[_NAME]
    return function


def has_derivative(formula: Formula) -> bool:
    """Whether the formula's step can be followed."""
    try:
        tangent_text(formula)
    except NoDerivative:
        return False
    return True
