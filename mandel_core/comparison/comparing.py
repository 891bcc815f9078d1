"""Is a stage right? Its counts against the listing's in float64, and what rounding explains."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from mandel_core.formulas import FORMULAS
from mandel_core.model.control import NO_CONTROL, Control
from mandel_core.model.job import Job
from mandel_core.model.results import Frame
from mandel_core.model.settings import Keywords, Settings
from mandel_core.model.stage import Stage
from mandel_core.model.viewport import Viewport
from mandel_core.rendering.engine import render_settings
from mandel_core.runtime.threads import cores, shared
from mandel_core.stages import STAGES

# Rounding has no preferred direction. So many standard deviations from half and half are no chance;
# up to 4 were seen. Where pixels lie closer than so many units in the last place, neighbours have
# too much of their rounding in common to be counted one by one.
_SIGMAS = 6
_APART = 1024

_POINTS = 4096  # explained at a time; with the most iterations they take about a second


@dataclass(frozen=True, eq=False)
class Agreement:
    """How far the counts of two computations of a viewport agree.

    settings, reference : what was computed, and what it was held against.
    differing : pixels whose iterations differ.
    interior : those of them that one of the two takes for the interior and the other does not.
    sizes : of the other differing pixels, how many differ by 1, by 2 to 3, by 4 to 7, ...
        iterations; keys are 1, 2, 4, ...
    unexplained : differing pixels whose count no rounding in settings.dtype can bring about.
    higher, lower : differing pixels that stay longer, and less long, than their orbit in float64
        does, from the same coordinates rounded as in settings.dtype.
    """

    view: Viewport
    settings: Settings
    reference: Settings
    differing: int
    interior: int
    sizes: dict[int, int]
    unexplained: int
    higher: int
    lower: int

    @property
    def share(self) -> float:
        """Which part of all pixels differs, from 0 to 1."""
        return self.differing / (self.view.nx * self.view.ny)

    @property
    def is_rounding(self) -> bool:
        """Whether rounding explains every difference; also where there is none."""
        return self.unexplained == 0 and not self._one_sided

    @property
    def _one_sided(self) -> bool:
        points, lean = self.higher + self.lower, abs(self.higher - self.lower)
        apart = self.view.ulps(self.settings.dtype) >= _APART
        return apart and lean > _SIGMAS * math.sqrt(points)

    @property
    def verdict(self) -> str:
        """One sentence: the same, rounding, or not."""
        truth = f"{STAGES[self.reference.stage].title} in {self.reference.dtype}"
        dtype = self.settings.dtype
        if not self.differing:
            return f"The same, bit for bit: every count is that of {truth}."
        pixels = self.view.nx * self.view.ny
        found = f"{self.differing:,} of {pixels:,} counts ({_percent(self.share)}) differ"
        if self.unexplained:
            return (
                f"Not rounding: {found} from {truth}, {self.unexplained:,} of them by more than "
                f"rounding in {dtype} can explain."
            )
        if self._one_sided:
            return (
                f"Not rounding: {found} from {truth}, {self.higher:,} stay too long "
                f"and {self.lower:,} not long enough, while rounding goes either way."
            )
        close = dtype == "float32" and self.view.precision == "float64"
        return (
            f"Rounding: {found} from {truth}, none by more than rounding in {dtype} can do"
            f"{'; the pixels lie too close together for it' if close else ''}."
        )


@dataclass(frozen=True, eq=False)
class Comparison(Agreement):
    """A stage's counts against a reference's.

    iterations : (ny, nx) int64 or int32, the reference's, as in a Frame.
    difference : (ny, nx) int64, the stage's iterations less the reference's. A point taken for the
        interior counts 0, as in the tutorial's listing, so that its difference is no size.
    interior_at, unexplained_at : (ny, nx) bool, where those pixels are.
    """

    iterations: NDArray[np.integer]
    difference: NDArray[np.int64]
    interior_at: NDArray[np.bool_]
    unexplained_at: NDArray[np.bool_]


def compare(
    view: Viewport,
    stage: str | Stage = "chunked",
    maxiter: int = 200,
    reference: str | Stage = "numpy",
    **keywords: Unpack[Keywords],
) -> Comparison:
    """Hold a stage's counts against those of `reference`, the NumPy listing, in float64.

    A difference is rounding if another rounding of the same orbit can have that count: the orbit
    is followed with a bound on what rounding in `dtype` has become
    (`mandel_core.comparison.rounding`), which says between which counts the stage's must lie.
    There is no tolerance: one pixel outside makes it an error. Inside, rounding goes up as often
    as down, and what does not is an error as well.
    Smaller errors than those of rounding, at points that have magnified it, cannot be told apart;
    in float64 there are few such points.

    The other parameters are those of `render`, and so are the errors raised.

    >>> from mandel_core import Viewport, compare
    >>> view = Viewport.from_bounds(-2.25, 0.75, -1.25, 1.25, 300, 250)
    >>> compare(view, "numpy", dtype="float64").verdict
    'The same, bit for bit: every count is that of NumPy listing in float64.'
    >>> comparison = compare(view, "numba", dtype="float32")
    >>> comparison.is_rounding
    True
    >>> comparison.difference.shape, comparison.share < 0.01
    ((250, 300), True)
    """
    settings = STAGES.settings(stage, maxiter, **keywords)
    return compare_settings(view, settings, STAGES.find(reference).name)


def compare_settings(
    view: Viewport,
    settings: Settings,
    reference: str = "numpy",
    control: Control = NO_CONTROL,
) -> Comparison:
    """`compare` for settings already checked.

    `control` is told of "reference" and "explaining" before and after the stage's own phases.
    """
    control.on_phase("reference")
    plain = replace(settings, stage=reference, device="cpu", dtype="float64")
    truth = render_settings(view, plain, Control(control.should_stop))
    control.on_phase("running")
    frame = render_settings(view, settings, control)
    control.on_phase("explaining")
    return held_against(frame, truth, control)


def held_against(frame: Frame, truth: Frame, control: Control = NO_CONTROL) -> Comparison:
    """The comparison of two frames of one viewport, of which `truth` is in float64."""
    view, settings = frame.view, frame.settings
    difference = np.subtract(frame.iterations, truth.iterations, dtype=np.int64)
    differs = difference != 0
    rows, columns = np.nonzero(differs)
    x, y = (axis.astype(np.float64) for axis in view.axes(settings.dtype))
    own, lowest, highest = _counts(Job(view, settings, control), x[columns], y[rows])
    count = frame.iterations[differs]
    last = settings.maxiter - 1
    # The listing writes 0 for the last step; a point beyond the horizon at once has 0 as well.
    explained = np.where(
        count == 0,
        (lowest == 0) | (highest == last),
        (lowest <= count) & (count <= highest) & (count < last),
    )
    unexplained_at = np.zeros_like(differs)
    unexplained_at[rows, columns] = ~explained
    beyond = np.where((count == 0) & (highest == last), last, count) - own
    at_once = FORMULAS.find(settings.formula).leaves_at_once(
        x, y[:, None], settings.formula_c, settings.horizon
    )
    interior_at = differs & ((frame.iterations == 0) ^ (truth.iterations == 0)) & ~at_once
    return Comparison(
        view,
        settings,
        truth.settings,
        differing=rows.size,
        interior=int(np.count_nonzero(interior_at)),
        sizes=_sizes(difference[differs & ~interior_at]),
        unexplained=int(np.count_nonzero(unexplained_at)),
        higher=int(np.count_nonzero(beyond > 0)),
        lower=int(np.count_nonzero(beyond < 0)),
        iterations=truth.iterations,
        difference=difference,
        interior_at=interior_at,
        unexplained_at=unexplained_at,
    )


def _counts(job: Job, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """What `rounding.counts` says of the points: (3, n)."""
    found = np.empty((3, x.size), np.int64)
    if not x.size:
        return found
    from mandel_core.comparison import rounding

    settings = job.settings
    formula = FORMULAS.find(settings.formula)
    unit = rounding.unit(settings.dtype, formula.exponent)
    kind, c = np.dtype(settings.dtype).type, settings.formula_c or 0j
    k = float(kind(c.real)), float(kind(c.imag))
    starts = iter(range(0, x.size, _POINTS))

    def work(_: int) -> None:
        for start in starts:
            job.checkpoint()
            part = slice(start, start + _POINTS)
            rounding.counts(
                formula,
                k,
                *(x[part], y[part], float(settings.horizon), settings.maxiter, unit),
                *found[:, part],
            )

    shared(work, settings.threads or cores())
    return found


def _sizes(difference: NDArray[np.int64]) -> dict[int, int]:
    powers, pixels = np.unique(np.frexp(np.abs(difference))[1] - 1, return_counts=True)
    return {2 ** int(power): int(number) for power, number in zip(powers, pixels, strict=True)}


def _percent(share: float) -> str:
    return "all" if share == 1 else f"{100 * share:.2g}\N{NO-BREAK SPACE}%"
