"""(|Re z| + i |Im z|)² + c, the Burning Ship.

M. Michelitsch and O. E. Rössler, "The 'Burning Ship' and its quasi-Julia sets", Computers &
Graphics 16 (1992). It has no symmetry. Imaginary parts grow upwards here as everywhere in this
program, which shows the ship keel up; papers often turn the axis round.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mandel_core.formulas.formula import Formula, Home


def step(a: Any, b: Any, cx: Any, cy: Any, fma: Any) -> tuple[Any, Any]:
    return fma(a, a, fma(-b, b, cx)), fma(abs(a + a), abs(b), cy)


BURNING_SHIP = Formula(
    name="burning_ship",
    title="Burning Ship",
    expression="(|Re z| + i |Im z|)² + c",
    step=step,
    leap=True,
    home=Home(Decimal("-0.4"), Decimal("-0.6"), Decimal(4), Decimal("2.7")),
)
