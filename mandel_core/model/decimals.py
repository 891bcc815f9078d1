"""Exact numbers: coordinates have as many digits as they are given."""

from __future__ import annotations

from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, InvalidOperation

import numpy as np

Number = str | int | float | Decimal

_ANY = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)  # of which no number is rounded


def exact(value: Number) -> Decimal:
    """`value` as a finite decimal: strings digit by digit, floats by their shortest repr.

    Raises ValueError, in one sentence, for what is not a finite number.
    """
    try:
        if isinstance(value, np.generic):
            value = value.item()
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except (InvalidOperation, TypeError, ValueError):
        raise ValueError(f"{str(value)[:40]!r} is not a decimal number") from None
    if not number.is_finite():
        raise ValueError(f"{value} is not a finite number")
    return number


def trimmed(number: Decimal) -> Decimal:
    """Exactly the same number without zeros at its end: 0.025 for 0.02500, 10 for 10.0."""
    if not number:
        return Decimal(0)
    whole = number.to_integral_value()
    return whole if whole == number else number.normalize(_ANY)


def plain(number: Decimal) -> str:
    """A decimal as it is usually written: 1e-12, not 1E-12."""
    return str(number).lower()
