"""A formula of one's own: a step in real and imaginary parts, and what is known of it."""

from __future__ import annotations

import types
from collections.abc import Callable
from decimal import Decimal
from typing import Any, get_args

import numpy as np

from mandel_core.formulas import FORMULAS
from mandel_core.formulas.formula import Formula, Home, Plane
from mandel_core.runtime import own_code

# Beyond, steps would overflow float32 before counts are continuous.
MAX_EXPONENT = 9

_ARGUMENTS = ("a", "b", "cx", "cy", "fma")
_WITH_PREVIOUS_Z = ("a", "b", "p", "q", "cx", "cy", "fma")


def register_formula(
    name: str,
    step: Callable[..., Any],
    *,
    title: str | None = None,
    expression: str = "",
    exponent: float = 2,
    plane: Plane = "c",
    constant: complex | None = None,
    needs_previous_z: bool = False,
    symmetric: bool = False,
    home: tuple[float, float, float] = (0.0, 0.0, 4.0),
) -> Formula:
    """Make a step a formula like any other, in this process and its workers.

    Parameters
    ----------
    name : a lower-case identifier. One that was registered before is replaced, as when a cell is
        run again; those of the package are not.
    step : ``step(a, b, cx, cy, fma)``, a Python function that returns the two parts of the z after
        a + ib. It is written with + - * / and abs alone and calls nothing else but
        ``fma(x, y, z)``, which is x * y + z: so the same text serves Numba, NumPy and torch.
    title, expression : for people; the name and nothing if there are none.
    exponent : |z'| is about |z|**exponent far outside; above 1, at most 9. Powers, and powers with
        parts turned round by signs or abs, stretch distances by no more than that says, which is
        what `compare` relies on.
    plane : "c" where a pixel is c and z starts at 0, "z" where a pixel is where z starts.
    constant : for the plane "z", the c of all pixels unless `formula_c` says otherwise.
    needs_previous_z : ``step(a, b, p, q, cx, cy, fma)``, where p + iq is the z before.
    symmetric : promises that the picture is symmetric about the real axis, whatever c is; half of
        it is then copied.
    home : centre x, y and width of the view that shows all of it, and is three quarters as high.

    Raises
    ------
    ValueError : in one sentence, for a name or title that cannot be had, and for a step that does
        not fit: it is tried on a few points.

    Examples
    --------
    >>> from mandel_core import Viewport, register_formula, render
    >>> def buffalo(a, b, cx, cy, fma):
    ...     return abs(fma(a, a, -b * b)) + cx, fma(-2 * abs(a), abs(b), cy)
    >>> formula = register_formula("buffalo", buffalo, expression="|z²| with folds + c")
    >>> print(formula.title)
    Buffalo
    >>> view = Viewport.from_bounds(-2.25, 1.75, -2, 2, 120, 120)
    >>> print((render(view, "fast", formula="buffalo").iterations > 0).any())
    True
    """
    title = _checked(name, step, title, needs_previous_z)
    if not 1 < exponent <= MAX_EXPONENT:
        raise ValueError(f"an exponent lies above 1 and is at most {MAX_EXPONENT}, not {exponent}")
    if plane not in get_args(Plane):
        raise ValueError(f"a formula's plane is 'c' or 'z', not {plane!r}")
    if (constant is not None) != (plane == "z"):
        raise ValueError("a formula has a constant where its plane is 'z', and only there")
    assert isinstance(step, types.FunctionType)
    fields = {
        "title": title,
        "expression": expression,
        "exponent": exponent,
        "plane": plane,
        "constant": None if constant is None else complex(constant),
        "needs_previous_z": needs_previous_z,
        "symmetric": symmetric,
        "home": _home(*home),
    }
    parts = {"fields": fields, "lines": own_code.lines_of([step])}
    formula = _formula(name, own_code.pickled(name, step, parts))
    _try(formula)
    FORMULAS.add(formula)
    return formula


def _home(x: float, y: float, width: float) -> Home:
    x_, y_, width_, height = (Decimal(repr(float(part))) for part in (x, y, width, 0.75 * width))
    return Home(x_, y_, width_, height)


def receive(name: str, definition: bytes) -> None:
    """Know a formula that another process registered; if that fails, its runs say why."""
    try:
        formula = _formula(name, definition)
    except Exception as error:
        reason = f"The step cannot be loaded where it is to run: {type(error).__name__}: {error}"

        def fail(*_: Any) -> Any:
            raise ValueError(reason)

        formula = Formula(name, name, "", fail, definition=definition)
    FORMULAS.add(formula)


def _formula(name: str, definition: bytes) -> Formula:
    step, parts = own_code.unpickled(name, definition)
    own_code.register_lines(parts["lines"])
    return Formula(name, step=step, definition=definition, **parts["fields"])


def _checked(name: str, step: Any, title: str | None, needs_previous_z: bool) -> str:
    """The title. Raises ValueError for what makes no formula."""
    own_code.check_name("formula", name)
    if name in FORMULAS.names and name not in {own.name for own in FORMULAS.registered}:
        raise ValueError(f"the formula {name!r} comes with the package; choose another name")
    what = "that needs the z before" if needs_previous_z else "that needs no z before"
    own_code.check_function(name, step, _WITH_PREVIOUS_Z if needs_previous_z else _ARGUMENTS, what)
    title = title or name.replace("_", " ").capitalize()
    if title in {formula.title for formula in FORMULAS if formula.name != name}:
        raise ValueError(f"there is a formula with the title {title!r}; choose another")
    return title


def _try(formula: Formula) -> None:
    """Raises ValueError if the step makes no z of a few points."""
    x, y = np.array([-1.0, 0.25, 0.5]), np.array([0.5, -0.25, 1.0])
    try:
        with np.errstate(all="ignore"):
            parts = formula.next(x, y, x, y, y, x)
            fitting = [np.shape(part) == x.shape and part.dtype == x.dtype for part in parts]
    except Exception as error:
        raise ValueError(
            f"the step {formula.name!r} does not work: {type(error).__name__}: {error}"
        ) from error
    if fitting != [True, True]:
        raise ValueError(
            f"the step {formula.name!r} does not work: it does not make two arrays of two"
        )
