"""z² + c with one c for the whole picture, a pixel being where z starts: the Julia sets.

G. Julia, "Mémoire sur l'itération des fonctions rationnelles" (1918); P. Fatou (1919). The
picture is symmetric about 0, and about the real axis only where c is real.
"""

from __future__ import annotations

from decimal import Decimal

from mandel_core.formulas.formula import Formula, Home
from mandel_core.formulas.mandelbrot import step

JULIA = Formula(
    name="julia",
    title="Julia",
    expression="z² + c, z from the pixel",
    step=step,
    plane="z",
    power=2,
    constant=-0.8 + 0.156j,
    home=Home(Decimal(0), Decimal(0), Decimal("3.5"), Decimal(3)),
)
