"""|Re z²| + i Im z² + c, the Celtic.

One of the variations with absolute values that followed the Burning Ship in the programs of the
1990s and later, such as Fractint's and Kalles Fraktaler's; the name is theirs. It is symmetric
about the real axis, since Re z² is the same for z and its conjugate.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mandel_core.formulas.formula import Formula, Home


def step(a: Any, b: Any, cx: Any, cy: Any, fma: Any) -> tuple[Any, Any]:
    return abs(fma(a, a, -(b * b))) + cx, fma(a + a, b, cy)


CELTIC = Formula(
    name="celtic",
    title="Celtic",
    expression="|Re z²| + i Im z² + c",
    step=step,
    symmetric=True,
    leap=True,
    home=Home(Decimal("-0.75"), Decimal(0), Decimal(4), Decimal("4.1")),
)
