"""What is known of one point: plain values, which travel from the process that found them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Nuclei = Literal["yes", "no", "unknown"]


@dataclass(frozen=True)
class Distance:
    """How far a point is from the boundary, in units of the complex plane.

    estimate : the usual one, of the derivative.
    low, high : bounds that hold by Koebe's theorem; None where the theorem does not apply.
    """

    estimate: float
    low: float | None = None
    high: float | None = None

    @classmethod
    def within(cls, low: float, high: float) -> Distance:
        """Between these bounds; the estimate is their geometric mean."""
        return cls(math.sqrt(low * high), low, high)


@dataclass(frozen=True)
class Nucleus:
    """The centre of a component: a c for which 0 returns to 0.

    x, y : in float64.
    period : after how many steps.
    size : how large the copy of the set around it is, the whole set's size being 1.
    """

    x: float
    y: float
    period: int
    size: float


@dataclass(frozen=True)
class PointReport:
    """What became of one point, to as many iterations as its picture has.

    x, y : where it is.
    iterations : the last step at which |z| was below the horizon, as in a Frame; None where the
        orbit has not left.
    smooth : iterations until escape as a real number; None likewise.
    distance : to the boundary; None where it is not known.
    period : of the cycle that the orbit is drawn to; None outside, or where none was found.
    nucleus : inside, that of the point's component; else the nearest of those that Newton's method
        leads to from the point. None where pixels are no values of c, or none was found.
    differentiable : whether derivatives are known, without which there are neither distance nor
        nucleus.
    inner : whether distances are known of points inside of this formula's plane.
    nuclei : whether there are any: "no" in a plane whose points are where z begins, "unknown" where
        0 is no critical point of the step, or the step cannot be followed.
    """

    x: float
    y: float
    iterations: int | None
    smooth: float | None = None
    distance: Distance | None = None
    period: int | None = None
    nucleus: Nucleus | None = None
    differentiable: bool = True
    inner: bool = True
    nuclei: Nuclei = "yes"
