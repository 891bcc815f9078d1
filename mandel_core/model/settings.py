"""How a viewport is computed: the settings."""

from __future__ import annotations

import cmath
import math
from collections.abc import Collection, Hashable, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, TypedDict, get_args

from mandel_core.formulas import FORMULAS
from mandel_core.model.viewport import Precision

LARGEST_COUNT = 10_000_000
MOST_THREADS = 1024
# Far enough out for |c| to be nothing beside |z|**2; and the powers of two up to which the step
# from just below the horizon must stay, so as to be a finite number.
USUAL_HORIZON = 2.0**40
LARGEST_POWERS = {"float32": 126, "float64": 1022}


def _means(told: str, *, compiled: bool = True, varies: bool = False) -> Mapping[str, Any]:
    """What a field of Settings means to those who keep results and what is compiled.

    told : in what two measurements differ that differ in it, in a word or two for people; "" for
        the axes of the chart, which has them side by side.
    compiled : whether what is compiled for one value may not serve another.
    varies : whether it matters only to the stages that have its name in `Stage.varies`.

    A field that does not say is told by its name and always compiled for, so that nothing that
    belongs apart is mixed.
    """
    return {"told": told, "compiled": compiled, "varies": varies}


@dataclass(frozen=True)
class Settings:
    """How a viewport is computed.

    `render`, `measure`, `sweep`, `inspect` and `compare` take these fields as keywords. A new field
    stands here, and with its type in `Keywords`, which type checkers cannot derive and a test holds
    equal. Its `metadata` say what it means; from them follow what tells measurements apart, the
    keys of what is compiled, and the columns of the stored results.

    stage : the name of one of STAGES.
    maxiter : iterations per point, at least 1.
    horizon : the escape radius (bailout): a point has escaped once |z| reaches it. From 2 up to
        where a step from there overflows: for z² + c 2**63 in float32 and 2**511 in float64, for
        higher powers less. 2**40 stands for the highest where that is less. The tutorial's listing
        has 2.
    chunksize : iterations per compiled call, for the stages that have it; at least 1.
    device : "cpu", "cuda" or "mps"; only the torch stages know others than "cpu".
    threads : how many; None for as many as the machine has. The torch stages compile once for each
        number.
    dtype : "float32" (z is complex64) or "float64" (z is complex128).
    formula : the name of one of FORMULAS.
    formula_c : the c of a formula whose pixels are where z starts, such as "julia"; None for the
        formula's own. None where a pixel is c.

    Raises ValueError, in one sentence, for a value that makes no sense.
    """

    stage: str = field(default="chunked", metadata=_means("", compiled=False))
    maxiter: int = field(default=200, metadata=_means("iterations", compiled=False))
    horizon: float = field(default=USUAL_HORIZON, metadata=_means("horizon"))
    chunksize: int = field(default=10, metadata=_means("", varies=True))
    device: str = field(default="cpu", metadata=_means("device", varies=True))
    threads: int | None = field(default=None, metadata=_means("threads", varies=True))
    dtype: Precision = field(default="float32", metadata=_means("precision"))
    formula: str = field(default="mandelbrot", metadata=_means("formula"))
    formula_c: complex | None = field(default=None, metadata=_means("formula", compiled=False))

    def __post_init__(self) -> None:
        for name, limit in (("maxiter", LARGEST_COUNT), ("chunksize", LARGEST_COUNT)):
            value = getattr(self, name)
            if not (1 <= value <= limit and int(value) == value):
                raise ValueError(f"{name} must be a whole number from 1 to {limit}, not {value}")
            object.__setattr__(self, name, int(value))
        if self.dtype not in get_args(Precision):
            raise ValueError(f"dtype must be one of {get_args(Precision)}, not {self.dtype!r}")
        self._check_horizon()
        threads = self.threads
        if threads is not None and not (1 <= threads <= MOST_THREADS and int(threads) == threads):
            raise ValueError(
                f"threads must be a whole number from 1 to {MOST_THREADS}, not {threads}"
            )
        object.__setattr__(self, "threads", None if threads is None else int(threads))
        self._check_constant()

    def compiled_for(self, varies: Collection[str]) -> Hashable:
        """The values that what is compiled depends on, in a stage that varies with these fields."""
        return tuple(
            getattr(self, one.name)
            for one in fields(self)
            if one.metadata.get("compiled", True) and _matters(one, varies)
        )

    def differences(self, other: Settings, varies: Collection[str]) -> tuple[str, ...]:
        """In what they are told apart, in words, in a stage that varies with these fields."""
        told = (
            one.metadata.get("told", one.name)
            for one in fields(self)
            if getattr(self, one.name) != getattr(other, one.name) and _matters(one, varies)
        )
        return tuple(dict.fromkeys(filter(None, told)))

    def _check_horizon(self) -> None:
        """Keep the usual horizon within the limit. Raises ValueError for any other beyond."""
        # A record may be of a formula that was registered when it was made.
        exponent = FORMULAS[self.formula].exponent if self.formula in FORMULAS else 2
        highest = 2.0 ** int(LARGEST_POWERS[self.dtype] // exponent)
        if self.horizon == USUAL_HORIZON:
            object.__setattr__(self, "horizon", min(USUAL_HORIZON, highest))
        if not (math.isfinite(self.horizon) and 2 <= self.horizon <= highest):
            raise ValueError(
                f"horizon must lie between 2 and {highest:g} in {self.dtype}, not {self.horizon}"
            )

    def _check_constant(self) -> None:
        """Fill in the formula's own c. Raises ValueError for one that is no number."""
        c = self.formula_c
        if self.formula in FORMULAS:
            usual = FORMULAS[self.formula].constant
            c = None if usual is None else usual if c is None else c
        if c is not None:
            try:
                c = complex(c)
            except (TypeError, ValueError):
                raise ValueError(f"formula_c must be a complex number, not {c!r}") from None
            if not cmath.isfinite(c):
                raise ValueError(f"formula_c must be a finite number, not {c}")
        object.__setattr__(self, "formula_c", c)


def _matters(one: Field[Any], varies: Collection[str]) -> bool:
    return one.name in varies or not one.metadata.get("varies", False)


class SweepKeywords(TypedDict, total=False):
    """The fields of Settings that a whole sweep has in common, as keywords."""

    horizon: float
    device: str
    dtype: Precision
    formula: str
    formula_c: complex | None


class Keywords(SweepKeywords, total=False):
    """The fields of Settings as keywords, but for the stage and maxiter, which come before them."""

    chunksize: int
    threads: int | None
