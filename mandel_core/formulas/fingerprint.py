"""What tells one version of a formula from another, whatever file or process it is in."""

from __future__ import annotations

import hashlib
import types
from dataclasses import fields
from typing import Any


def fingerprint(formula: Any) -> str:
    """16 hexadecimal digits: equal for formulas of which all fields and all code are equal."""
    if formula.definition:
        content = formula.definition
    else:
        content = repr(
            [_described(getattr(formula, field.name)) for field in fields(formula)]
        ).encode()
    return hashlib.sha256(content).hexdigest()[:16]


def _described(value: Any) -> Any:
    if not isinstance(value, types.FunctionType):
        return repr(value)
    code, around = value.__code__, value.__closure__ or ()
    named = [
        _described(value.__globals__[name]) for name in code.co_names if name in value.__globals__
    ]
    inside = [_described(cell.cell_contents) for cell in around]
    return code.co_code.hex(), [repr(constant) for constant in code.co_consts], named, inside
