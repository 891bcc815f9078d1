"""What is known of a frame's points beyond iterations and z: computed when a colouring asks."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mandel_core.formulas import FORMULAS
from mandel_core.formulas.formula import Formula
from mandel_core.formulas.tangent import has_derivative
from mandel_core.model.control import NO_CONTROL, Control
from mandel_core.model.results import Frame
from mandel_core.runtime.threads import cores, shared

Keep = Callable[[str, Callable[[], NDArray[Any]]], NDArray[Any]]

# Steps that a thread takes between two looks at whether to stop: some hundredths of a second.
_STEPS = 10_000_000
_ROWS_AT_ONCE = 16


class NotKnown(Exception):
    """Something cannot be measured of these points; says why in one sentence."""


def _not_kept(_: str, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
    return make()


class Measures:
    """A frame and what can be measured of its points; each (ny, nx).

    control : asked by long measurements whether to stop; if so, they raise Cancelled.
    keep : keep(name, make) returns the array kept under that name; if there is none, it keeps what
        make() returns.
    """

    def __init__(self, frame: Frame, control: Control = NO_CONTROL, keep: Keep = _not_kept) -> None:
        self.frame, self.control = frame, control
        self._keep = keep

    @property
    def formula(self) -> Formula:
        """What was iterated."""
        return FORMULAS.find(self.frame.settings.formula)

    @property
    def count(self) -> NDArray[np.float32]:
        """The smooth iteration count; nan for points that did not escape. A new array each time."""
        from mandel_core.colour.counting import counts  # which imports Numba

        return counts(self.frame)

    @cached_property
    def inside(self) -> NDArray[np.bool_]:
        """Whether the point did not escape."""
        return np.isnan(self.count)

    @property
    def distance(self) -> NDArray[np.float32]:
        """The distance from the set in units of the plane, within a factor of 2; nan inside.

        Raises NotKnown where the step cannot be differentiated.
        """
        self.need_derivative("A distance estimate")

        def make() -> NDArray[Any]:
            from mandel_core.kernels.orbits import distances

            return self._by(distances, np.float32, self.frame.iterations)

        return self._keep("distance", make)

    @property
    def period(self) -> NDArray[np.int32]:
        """The length of the cycle that attracts an orbit; 0 outside and where none is found.

        Raises NotKnown where the step cannot be differentiated, or needs the z before.
        """
        self.need_derivative("The interior's period")
        if self.formula.needs_previous_z:
            raise NotKnown(
                f"The interior's period is not known of {self.formula.title}, whose step needs the "
                "z before; the inside is plain."
            )

        def make() -> NDArray[Any]:
            from mandel_core.kernels.orbits import periods

            return self._by(periods, np.int32)

        return self._keep("period", make)

    @property
    def inner_distance(self) -> NDArray[np.float32]:
        """The distance from the boundary of the component around the point, within a factor of 4.

        In units of the plane; nan outside, and where no attracting cycle is found. Raises NotKnown
        for other formulas than z^d + c.
        """
        degree = _degree(self.formula)
        if degree is None:
            raise NotKnown(
                f"The interior's distance is known of z² + c and of higher powers, not of "
                f"{self.formula.title}; the inside is plain."
            )

        def make() -> NDArray[Any]:
            from mandel_core.kernels.orbits import inner_distances

            return self._by(inner_distances, np.float32, more=(degree,))

        return self._keep("inner distance", make)

    @property
    def lowest(self) -> NDArray[np.int32]:
        """The step at which an inside point's orbit is closest to 0: its atom domain; 0 outside."""

        def make() -> NDArray[Any]:
            from mandel_core.kernels.orbits import lowest

            return self._by(lowest, np.int32)

        return self._keep("lowest", make)

    def need_derivative(self, what: str) -> None:
        """Raises NotKnown, saying what is not, where the step cannot be differentiated."""
        if not has_derivative(self.formula):
            raise NotKnown(
                f"{what} needs a step of + - * / abs and fma alone, which that of "
                f"{self.formula.title} is not."
            )

    def _by(self, kernel: Any, dtype: Any, *given: Any, more: tuple[int, ...] = ()) -> NDArray[Any]:
        """What a kernel of `kernels.orbits` makes of the points, shared out among threads."""
        from mandel_core.colour.counting import Points

        points, inside = Points(self.frame), self.inside
        maxiter, (formula, c) = self.frame.settings.maxiter, points.formula
        out = np.empty(inside.shape, dtype)
        bands = iter(range(0, out.shape[0], _ROWS_AT_ONCE))

        def work(_: int) -> None:
            for first in bands:
                rows = slice(first, first + _ROWS_AT_ONCE)
                part = out[rows]
                arrays = [np.ascontiguousarray(each[rows]) for each in (*given, inside)]
                done = 0
                while done < part.size:
                    self.control.checkpoint()
                    at = points.x, points.y[rows], maxiter, _STEPS, done, part
                    done = kernel(*arrays, *at, formula, c, *more)

        self.control.on_phase("compiling")  # the first time on a machine; then it is no time
        none = np.empty((0, points.x.size), dtype)
        empty = [np.ascontiguousarray(each[:0]) for each in (*given, inside)]
        kernel(*empty, points.x, points.y[:0], maxiter, _STEPS, 0, none, formula, c, *more)
        self.control.on_phase("running")
        shared(work, self.frame.settings.threads or cores())
        return out


def _degree(formula: Formula) -> int | None:
    """The d of z^d + c; None for any other formula, and where a pixel is not c."""
    degree = int(formula.exponent)
    if formula.needs_previous_z or formula.plane != "c" or degree != formula.exponent:
        return None
    z, c = np.array([0.3 - 0.7j, -1.1 + 0.2j, 0.4j]), np.array([0.5 + 0.25j, -0.2j, 1 + 1j])
    re, im = formula.next(z.real, z.imag, 0, 0, c.real, c.imag)
    return degree if np.allclose(re + 1j * im, z**degree + c) else None
