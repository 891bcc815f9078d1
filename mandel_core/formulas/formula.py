"""What every formula knows about itself."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from functools import cached_property
from typing import Any, Literal

import numpy as np

from mandel_core.formulas.fingerprint import fingerprint

Plane = Literal["c", "z"]


def plain(x: Any, y: Any, z: Any) -> Any:
    """The `fma` of NumPy and torch: x * y + z, rounded as they do."""
    return x * y + z


@dataclass(frozen=True)
class Home:
    """The view that shows all of a picture, in units of the complex plane.

    x, y : its centre.
    width, height : how much has to be seen; whatever the shape of a window, all of it shows both.
        What is to be seen keeps a twentieth of the height away from its edges, where buttons are.
    """

    x: Decimal
    y: Decimal
    width: Decimal
    height: Decimal

    def width_in(self, columns: int, rows: int) -> Decimal:
        """The width of a window of this shape that shows all of it, to two decimals."""
        fitting = (self.height * columns / rows).quantize(Decimal("0.01"), ROUND_CEILING)
        return max(self.width, fitting)


@dataclass(frozen=True, eq=False)
class Formula:
    """One map of the plane, iterated: what all engines need to know of it.

    name : the word used in code and in links.
    title, expression : for people.
    step : ``step(a, b, cx, cy, fma)`` is the next z = a + ib, as its real and imaginary part. It
        is written with + - * / and abs alone, so that the same text serves numbers in Numba and
        arrays in NumPy and torch. ``fma(x, y, z)`` is x * y + z, rounded once where the engine can.
        With `needs_previous_z` it is ``step(a, b, p, q, cx, cy, fma)``; p + iq is the z before.
    exponent : |z'| is about |z|**exponent far outside; above 1. It makes counts continuous.
    plane : what a pixel is. "c": the pixel is c, and z starts at 0. "z": the pixel is where z
        starts, and c is the same everywhere, `Settings.formula_c`.
    constant : that c, where none is given; None if a pixel is c.
    needs_previous_z : whether the step needs the z before, too; it is 0 before the first step.
    symmetric : whether the picture is, for every c, symmetric about the real axis.
    leap : whether the step from 0 gives exactly c, so that it need not be computed.
    power : d, where the step is z**d + c and nothing else, so that its derivatives are known; None
        for the others, most of which have none in the complex sense.
    outlines : whether the components that `mandel_core.kernels.interior` proves are this
        formula's. Of the other formulas nothing is known beforehand.
    error_bound : ``error_bound(size, error, error_before, cx, cy)`` bounds how far apart the next z
        of two points are that are `error` apart, one of them `size` from 0: the derivative, as far
        as rounding has to know it. None for what follows from
        |f'| <= exponent * |z|**(exponent - 1), which holds for powers and for their reflections.
    home : the view that shows all of it.
    definition : all that another process needs to know a registered formula; b"" for the others.
    """

    name: str
    title: str
    expression: str
    step: Callable[..., Any]
    exponent: float = 2
    plane: Plane = "c"
    constant: complex | None = None
    needs_previous_z: bool = False
    symmetric: bool = False
    leap: bool = False
    power: int | None = None
    outlines: bool = False
    error_bound: Callable[..., Any] | None = None
    home: Home = field(default=Home(Decimal(0), Decimal(0), Decimal(4), Decimal(3)))
    definition: bytes = b""

    def next(self, a: Any, b: Any, p: Any, q: Any, cx: Any, cy: Any) -> tuple[Any, Any]:
        """The parts of the z after a + ib, before which it was p + iq; numbers or arrays."""
        if self.needs_previous_z:
            re, im = self.step(a, b, p, q, cx, cy, plain)
        else:
            re, im = self.step(a, b, cx, cy, plain)
        return re, im

    def begin(self, x: Any, y: Any, constant: complex | None) -> tuple[Any, Any, Any, Any]:
        """Where the orbit of the pixel x + iy begins, and its c: a, b, cx, cy, of x's type.

        x, y : numbers or arrays. A part that is the same for all pixels is a number.
        """
        kind = getattr(x, "dtype", None)
        number = float if kind is None else kind.type
        if self.plane == "c":
            return number(0), number(0), x, y
        assert constant is not None
        return x, y, number(constant.real), number(constant.imag)

    def leaves_at_once(self, x: Any, y: Any, constant: complex | None, horizon: float) -> Any:
        """Whether the pixels' orbits are beyond the horizon before the first step or after it.

        x, y : arrays of floats that go together; so does the result, of bools.
        """
        a, b, cx, cy = self.begin(x, y, constant)
        re, im = self.next(a, b, 0, 0, cx, cy)
        return (np.hypot(a, b) >= horizon) | (np.hypot(re, im) >= horizon)

    @property
    def source(self) -> str:
        """The text of the step."""
        return inspect.getsource(self.step)

    @property
    def about(self) -> str:
        """Where the formula comes from."""
        module = sys.modules.get(self.step.__module__)
        words = self.step if self.definition else module
        return inspect.getdoc(words) or ""

    @cached_property
    def fingerprint(self) -> str:
        """What tells one version of a formula from another, in this process and in others."""
        return fingerprint(self)
