"""z^d + c for d from 3 to 8, the multibrot sets.

E. Lau and D. Schleicher, "Symmetries of fractals revisited" (1996), has their symmetries: about
the real axis, and by the angle 2π / (d - 1) about 0. Only the first is made use of. The power is
made of squares and products, by the binary digits of d.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from mandel_core.formulas.formula import Formula, Home

DEGREES = range(3, 9)
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸"


def power(degree: int) -> Callable[..., Any]:
    """The step of z**degree + c, for a degree of at least 2."""
    digits = degree.bit_length() - 1  # after the first

    def step(a: Any, b: Any, cx: Any, cy: Any, fma: Any) -> tuple[Any, Any]:
        re, im = a, b
        for i in range(digits):
            re, im = fma(re, re, -(im * im)), (re + re) * im
            if degree >> (digits - 1 - i) & 1:
                re, im = fma(re, a, -(im * b)), fma(re, b, im * a)
        return re + cx, im + cy

    return step


MULTIBROTS = tuple(
    Formula(
        name=f"multibrot{degree}",
        title=f"Multibrot {degree}",
        expression=f"z{_SUPERSCRIPTS[degree]} + c",
        step=power(degree),
        exponent=degree,
        symmetric=True,
        leap=True,
        power=degree,
        home=Home(Decimal(0), Decimal(0), Decimal("3.5"), Decimal("3.1" if degree == 3 else "2.8")),
    )
    for degree in DEGREES
)
