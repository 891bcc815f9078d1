"""z² + c, the Mandelbrot set: R. Brooks and J. P. Matelski (1978), B. Mandelbrot (1980).

Its two largest components have outlines known in closed form, and discs can be proven to lie
inside of others; see `mandel_core.kernels.interior`. It is symmetric about the real axis.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mandel_core.formulas.formula import Formula, Home


def step(a: Any, b: Any, cx: Any, cy: Any, fma: Any) -> tuple[Any, Any]:
    return fma(a, a, fma(-b, b, cx)), fma(a + a, b, cy)


MANDELBROT = Formula(
    name="mandelbrot",
    title="Mandelbrot",
    expression="z² + c",
    step=step,
    symmetric=True,
    leap=True,
    power=2,
    outlines=True,
    home=Home(Decimal("-0.75"), Decimal(0), Decimal("3.5"), Decimal("2.5")),
)
