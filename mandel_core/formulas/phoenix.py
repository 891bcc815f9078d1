"""z² + Re c + Im c · z₋₁, the Phoenix, where z₋₁ is the z before.

S. Ushiki, "Phoenix", IEEE Transactions on Circuits and Systems 35 (1988). This is his form: a
pixel is where z starts, the z before that is 0, and the two parts of the one c are the two real
numbers of the formula. His picture, and the default here, has 0.56667 and -0.5. Both being real,
it is symmetric about the real axis. His axes are exchanged: turn the picture here by a quarter.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mandel_core.formulas.formula import Formula, Home


def step(a: Any, b: Any, p: Any, q: Any, cx: Any, cy: Any, fma: Any) -> tuple[Any, Any]:
    return fma(a, a, fma(-b, b, fma(cy, p, cx))), fma(a + a, b, cy * q)


def error_bound(size: Any, error: Any, error_before: Any, cx: Any, cy: Any) -> Any:
    return (2 * size + error) * error + abs(cy) * error_before


PHOENIX = Formula(
    name="phoenix",
    title="Phoenix",
    expression="z² + Re c + Im c · z₋₁",
    step=step,
    plane="z",
    constant=0.56667 - 0.5j,
    needs_previous_z=True,
    symmetric=True,
    error_bound=error_bound,
    home=Home(Decimal(0), Decimal(0), Decimal("3.5"), Decimal(3)),
)
