"""The viewport: which points of the complex plane a picture samples."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mandel_core.model import link as links
from mandel_core.model.decimals import Number, exact, trimmed

Precision = Literal["float32", "float64"]

# Sums and halves of decimals are exact as long as all their digits fit; this leaves room for any
# link and for zooms far beyond float64. A pixel's size is a quotient and needs only to be finer
# than any float made of it.
_EXACT = Context(prec=2000)
_QUOTIENT = Context(prec=40)
_ROUNDED = Context(prec=28)

# Pixels must lie this many units in the last place apart. The orbit magnifies the rounding of c, so
# it takes far more than telling them apart: at this distance fewer than one count in a hundred
# differs from float64's among seahorses, two in a thousand on the whole set.
_FLOAT32_ULPS = 4096


def _count(name: str, value: float) -> int:
    # For nan and infinity the quotient is nan, which equals nothing.
    if value // 1 != value or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, not {value}")
    return int(value)


def _edge_to_edge(span: Decimal, samples: int) -> Decimal:
    """The distance of the outer edges of the outermost pixels, whose middles are the samples."""
    if samples == 1:
        return Decimal(0)
    return trimmed(_ROUNDED.divide(_EXACT.multiply(span, Decimal(samples)), Decimal(samples - 1)))


@dataclass(frozen=True)
class Viewport:
    """A grid of nx x ny samples around an exact centre.

    `x` and `y` are the centre, `span_x` and `span_y` the distance from the first sample to the
    last; all four are Decimal (strings, ints and floats are taken as well), in units of the
    complex plane. Rows are in increasing y, as in the tutorial's listing.

    Raises ValueError, in one sentence, for a coordinate that is not a finite number, a span below
    0, and for `nx` or `ny` that is not a whole number of at least 1; so do `from_bounds` and
    `from_screen`.
    """

    x: Decimal
    y: Decimal
    span_x: Decimal
    span_y: Decimal
    nx: int
    ny: int

    def __post_init__(self) -> None:
        for name in ("x", "y", "span_x", "span_y"):
            object.__setattr__(self, name, exact(getattr(self, name)))
        for name in ("nx", "ny"):
            object.__setattr__(self, name, _count(name, getattr(self, name)))
        if self.span_x < 0 or self.span_y < 0:
            raise ValueError("a viewport's upper bounds must not be below its lower bounds")

    @classmethod
    def from_bounds(
        cls, xmin: Number, xmax: Number, ymin: Number, ymax: Number, nx: int, ny: int
    ) -> Viewport:
        """The tutorial's grid: `linspace` over [xmin, xmax] and [ymin, ymax], ends included."""
        x0, x1, y0, y1 = map(exact, (xmin, xmax, ymin, ymax))
        return cls(
            x=_EXACT.divide(_EXACT.add(x0, x1), Decimal(2)),
            y=_EXACT.divide(_EXACT.add(y0, y1), Decimal(2)),
            span_x=_EXACT.subtract(x1, x0),
            span_y=_EXACT.subtract(y1, y0),
            nx=nx,
            ny=ny,
        )

    @classmethod
    def from_screen(cls, x: Number, y: Number, width: Number, nx: int, ny: int) -> Viewport:
        """A window of nx x ny square pixels, `width` from edge to edge, sampled at the centres."""
        nx, ny = _count("nx", nx), _count("ny", ny)
        pixel = _QUOTIENT.divide(exact(width), Decimal(nx))
        return cls(
            x=exact(x),
            y=exact(y),
            span_x=_EXACT.multiply(pixel, Decimal(nx - 1)),
            span_y=_EXACT.multiply(pixel, Decimal(ny - 1)),
            nx=nx,
            ny=ny,
        )

    @classmethod
    def from_link(cls, link: str, nx: int = 800, ny: int = 600) -> Viewport:
        """What a link of an explorer shows: a whole address or its query, of any version.

        nx, ny : how many samples, since a link says where one looks and not how large the window
            is. The region is as wide as the link says whatever they are, its height follows from
            square pixels; with those of a colleague's window the samples are those they see. A link
            that says nothing of a view leads to all of its formula's picture.

        Warns, in one sentence each, of values that cannot be read and what was taken instead, as a
        page does; never raises for what is in a link.
        """
        place, notices = links.place_of(link)
        for notice in notices:
            warnings.warn(notice, stacklevel=2)
        nx, ny = _count("nx", nx), _count("ny", ny)
        return cls.from_screen(place.x, place.y, place.width_in(nx, ny), nx, ny)

    def part(self, first_column: int, first_row: int, nx: int, ny: int) -> Viewport:
        """The same grid from a column and a row on; it may reach beyond this one's edges.

        Raises ValueError on an axis of one sample, where there is no distance to go on with.
        """
        if 1 in {self.nx, self.ny}:
            raise ValueError("a part is of a viewport with at least two samples along each axis")
        sides = (
            (self.x, self.span_x, self.nx, first_column, nx),
            (self.y, self.span_y, self.ny, first_row, ny),
        )
        found: list[tuple[Decimal, Decimal]] = []
        for middle, span, all_, first, count in sides:
            pixel = _QUOTIENT.divide(span, Decimal(all_ - 1))
            # From this one's middle to that one's, in half pixels.
            aside = _EXACT.multiply(pixel, Decimal(2 * first + count - all_))
            centre = _EXACT.add(middle, _EXACT.divide(aside, Decimal(2)))
            found.append((centre, _EXACT.multiply(pixel, Decimal(count - 1))))
        (x, span_x), (y, span_y) = found
        return Viewport(x, y, span_x, span_y, nx, ny)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(xmin, xmax, ymin, ymax) of the outermost samples, each rounded once to float64."""
        halves = [_EXACT.divide(size, Decimal(2)) for size in (self.span_x, self.span_y)]
        return (
            float(_EXACT.subtract(self.x, halves[0])),
            float(_EXACT.add(self.x, halves[0])),
            float(_EXACT.subtract(self.y, halves[1])),
            float(_EXACT.add(self.y, halves[1])),
        )

    @property
    def width(self) -> Decimal:
        """From edge to edge of the outermost pixels, rounded to 28 digits; 0 for one column."""
        return _edge_to_edge(self.span_x, self.nx)

    @property
    def height(self) -> Decimal:
        """From edge to edge of the outermost pixels, rounded to 28 digits; 0 for one row."""
        return _edge_to_edge(self.span_y, self.ny)

    @property
    def pixel(self) -> tuple[float, float]:
        """Distance between neighbouring samples along x and y (0 on an axis of one sample)."""
        return (
            float(self.span_x) / max(self.nx - 1, 1),
            float(self.span_y) / max(self.ny - 1, 1),
        )

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """(left, right, bottom, top): the outer edges of the outermost pixels."""
        xmin, xmax, ymin, ymax = self.bounds
        dx, dy = self.pixel
        return xmin - dx / 2, xmax + dx / 2, ymin - dy / 2, ymax + dy / 2

    def axes(self, dtype: Precision) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """The samples' coordinates: x of shape (nx,) and y of shape (ny,), both of `dtype`."""
        xmin, xmax, ymin, ymax = self.bounds
        return (
            np.linspace(xmin, xmax, self.nx, dtype=dtype),
            np.linspace(ymin, ymax, self.ny, dtype=dtype),
        )

    def mirrored_rows(self, dtype: Precision) -> int:
        """How many rows at the end have, exactly, the y of those at the beginning but for the sign.

        That is all of the upper half or nothing: the set is symmetric about the real axis.
        """
        y, half = self.axes(dtype)[1], self.ny // 2
        return half if np.array_equal(y[:half], -y[::-1][:half]) else 0

    def ulps(self, dtype: Precision) -> float:
        """How many units of `dtype` in the last place of a coordinate lie between two pixels."""
        steps = [step for step in self.pixel if step > 0]
        reach = max(abs(bound) for bound in self.bounds)
        ulp = float(np.finfo(dtype).eps) * max(reach, 0.25)
        return min(steps, default=math.inf) / ulp

    @property
    def precision(self) -> Precision:
        """The narrowest number type whose rounding cannot be seen at this distance of pixels."""
        return "float32" if self.ulps("float32") >= _FLOAT32_ULPS else "float64"
