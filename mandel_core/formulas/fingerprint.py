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
            [_described(getattr(formula, field.name), ()) for field in fields(formula)]
        ).encode()
    return hashlib.sha256(content).hexdigest()[:16]


def _described(value: Any, around: tuple[Any, ...]) -> Any:
    """A value in words that are the same in every process; `around` are those that contain it."""
    if not isinstance(value, types.FunctionType):
        return repr(value)
    if value in around:  # it calls itself
        return around.index(value)
    around = (*around, value)
    code = value.__code__
    named = [
        _described(value.__globals__[name], around)
        for name in _names(code)
        if name in value.__globals__
    ]
    cells = [_described(cell.cell_contents, around) for cell in value.__closure__ or ()]
    usual = [_described(default, around) for default in value.__defaults__ or ()]
    by_name = [
        (name, _described(default, around))
        for name, default in sorted((value.__kwdefaults__ or {}).items())
    ]
    return _code(code), named, cells, usual, by_name


def _names(code: types.CodeType) -> list[str]:
    """The names that a function looks up, and those that the functions inside it do."""
    inside = (constant for constant in code.co_consts if isinstance(constant, types.CodeType))
    return [*code.co_names, *(name for one in inside for name in _names(one))]


def _code(code: types.CodeType) -> Any:
    """Instructions, and what they refer to: constants, and the names of builtins and attributes."""
    constants = [
        _code(constant) if isinstance(constant, types.CodeType) else repr(constant)
        for constant in code.co_consts
    ]
    return code.co_code.hex(), constants, code.co_names
