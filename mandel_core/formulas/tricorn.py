"""z̄² + c, the Tricorn or Mandelbar set.

W. D. Crowe, R. Hasson, P. J. Rippon and P. E. D. Strain-Clark, "On the structure of the
Mandelbar set", Nonlinearity 2 (1989). It is symmetric about the real axis, and by a third of a
turn about 0.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mandel_core.formulas.formula import Formula, Home


def step(a: Any, b: Any, cx: Any, cy: Any, fma: Any) -> tuple[Any, Any]:
    return fma(a, a, fma(-b, b, cx)), fma(-(a + a), b, cy)


TRICORN = Formula(
    name="tricorn",
    title="Tricorn",
    expression="z̄² + c",
    step=step,
    symmetric=True,
    leap=True,
    home=Home(Decimal("-0.2"), Decimal(0), Decimal(5), Decimal(4)),
)
