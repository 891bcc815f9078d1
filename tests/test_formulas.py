"""Every formula against a plain loop, in every stage that has it; and formulas of one's own."""

from __future__ import annotations

import dataclasses
import math
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mandel_core import FORMULAS, Frame, StageFailure, Viewport, compare, register_formula, render
from mandel_core.colour.shading import equalise, shade
from mandel_core.colour.smooth import continuous_count
from mandel_core.comparison.comparing import held_against
from mandel_core.formulas.formula import Formula, plain
from mandel_core.model.settings import Settings
from mandel_core.model.viewport import Precision
from mandel_core.stages import stage_12_gather
from mandel_core.stages.stage_11_free import FREE

pytestmark = pytest.mark.slow

NX, NY = 83, 61  # no multiple of anything that a kernel likes
MULTIBROTS = {f"multibrot{degree}": degree for degree in range(3, 9)}
BUILT_IN = (*("mandelbrot", *MULTIBROTS, "julia", "burning_ship", "tricorn", "celtic", "phoenix"),)
# Near the boundary of each: centre and width.
CLOSE = {
    "mandelbrot": ("-0.745", "0.11", "0.05"),
    "multibrot3": ("0.45", "0.65", "0.2"),
    "multibrot4": ("0.5", "0.55", "0.2"),
    "multibrot5": ("0.6", "0.4", "0.2"),
    "multibrot6": ("0.7", "0.3", "0.2"),
    "multibrot7": ("0.7", "0.3", "0.2"),
    "multibrot8": ("0.75", "0.2", "0.2"),
    "julia": ("0.3", "0.2", "0.3"),
    "burning_ship": ("-1.2", "-0.9", "0.5"),
    "tricorn": ("-1.1", "0.35", "0.3"),
    "celtic": ("-1.25", "0.3", "0.2"),
    "phoenix": ("0.5", "0.1", "0.3"),
}
# Where absolute values fold the plane, orbits do not settle and magnify rounding at many points.
FOLDED = {"burning_ship": 0.03, "celtic": 0.01}


def following(name: str, z: complex, before: complex, c: complex) -> complex:
    """The formulas as papers write them, in complex numbers."""
    if name == "burning_ship":
        return complex(abs(z.real), abs(z.imag)) ** 2 + c
    if name == "tricorn":
        return z.conjugate() ** 2 + c
    if name == "celtic":
        return complex(abs((z * z).real), (z * z).imag) + c
    if name == "phoenix":
        return z * z + c.real + c.imag * before
    power = z
    for _ in range(MULTIBROTS.get(name, 2) - 1):
        power *= z
    return power + c


@cache
def plain_loop(name: str, view: Viewport, maxiter: int, horizon: float) -> np.ndarray:
    """The tutorial's counts, pixel by pixel."""
    x, y = view.axes("float64")
    constant = FORMULAS[name].constant
    N = np.zeros((view.ny, view.nx), int)
    for row in range(view.ny):
        for column in range(view.nx):
            pixel = complex(x[column], y[row])
            z, c = (0j, pixel) if constant is None else (pixel, constant)
            before, last = 0j, 0
            for n in range(maxiter):
                if not abs(z) < horizon:
                    break
                z, before, last = following(name, z, before, c), z, n
            N[row, column] = last if last < maxiter - 1 else 0
    return N


def home_of(formula: Formula, nx: int = NX, ny: int = NY) -> Viewport:
    home = formula.home
    return Viewport.from_screen(home.x, home.y, home.width, nx, ny)


def views(name: str) -> list[tuple[Viewport, int]]:
    home = FORMULAS[name].home
    return [
        (home_of(FORMULAS[name]), 60),
        (Viewport.from_screen(*CLOSE[name], NX, NY), 120),
        # Before any block of steps is whole, and far beyond where anything stays.
        (Viewport.from_screen(home.x, home.y, home.width * 3, 30, 20), 6),
    ]


def inside(frame: Frame) -> np.ndarray:
    return np.abs(frame.z) < frame.settings.horizon


@pytest.fixture
def short_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many steps a call has is not the formula's business, and costs seconds of compiling."""
    monkeypatch.setattr(stage_12_gather, "BLOCKS", 2)
    monkeypatch.setattr(stage_12_gather, "CHUNK", 2 * FREE)


@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.parametrize("stage", ["numpy", "fast"])
def test_counts_are_those_of_a_plain_loop(stage: str, name: str) -> None:
    for view, maxiter in views(name):
        frame = render(view, stage, maxiter, formula=name, dtype="float64")
        truth = plain_loop(name, view, maxiter, frame.settings.horizon)
        # Another order of operations rounds otherwise where the orbit magnifies it.
        share = FOLDED.get(name, 0.002)
        assert np.count_nonzero(frame.iterations != truth) <= share * truth.size
        assert truth.max() > 0


# Compilers of torch take ten seconds a formula and stage: one with each kind of start and fold.
@pytest.mark.parametrize(
    ("stage", "name"),
    [
        *((stage, name) for stage in ("numba", "lanes") for name in BUILT_IN),
        *((stage, "burning_ship") for stage in ("pairs", "planes", "free", "gather", "known")),
        *((stage, "julia") for stage in ("planes", "gather")),
        *((stage, "phoenix") for stage in ("pairs", "where", "planes", "known")),
        ("known", "multibrot3"),
    ],
)
@pytest.mark.usefixtures("short_calls")
def test_every_stage_has_it_or_says_that_it_has_not(stage: str, name: str) -> None:
    formula = FORMULAS[name]
    view = home_of(formula)
    of_torch = stage not in ("numba", "lanes")
    if (formula.needs_previous_z and of_torch) or (stage == "known" and not formula.symmetric):
        with pytest.raises(StageFailure, match=formula.title) as raised:
            render(view, stage, 60, formula=name)
        assert raised.value.kind == "unsupported"
        return
    agreement = compare(view, stage, 60, formula=name, dtype="float64")
    assert agreement.is_rounding
    assert agreement.share <= FOLDED.get(name, 0.002)


def off_by_little(step):
    def wrong(*arguments):
        re, im = step(*arguments)
        return re * 1.001, im

    return wrong


# Each costs a kernel in float32 as well, so one of each kind.
@pytest.mark.parametrize(
    "name", ["mandelbrot", "multibrot3", "multibrot8", "julia", "burning_ship", "phoenix"]
)
def test_rounding_is_told_from_another_formula(name: str) -> None:
    view = home_of(FORMULAS[name])
    for dtype in ("float32", "float64"):
        assert compare(view, "fast", 100, formula=name, dtype=dtype).is_rounding
    known = FORMULAS[name]
    planted = dataclasses.replace(known, name="planted", step=off_by_little(known.step))
    FORMULAS.add(planted)
    truth = render(view, "numpy", 100, formula=name, dtype="float64")
    other = render(view, "numpy", 100, formula="planted", dtype="float64")
    frame = Frame(view, truth.settings, other.iterations, other.z, 0.0, 0.0)
    assert not held_against(frame, truth).is_rounding


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_smooth_count_has_no_steps(name: str) -> None:
    # Another horizon shifts all counts alike, which holds for the right exponent only.
    view = home_of(FORMULAS[name])
    counts = [
        continuous_count(render(view, "fast", 80, formula=name, dtype="float64", horizon=horizon))
        for horizon in (2.0**30, 2.0**43)
    ]
    known = ~np.isnan(counts[0]) & ~np.isnan(counts[1])
    shift = math.log(43 / 30, FORMULAS[name].exponent)
    assert known.sum() > 100
    assert np.abs(counts[1] - counts[0] - shift)[known].max() < 1e-6


@pytest.mark.parametrize("name", ["multibrot3", "multibrot8", "julia", "burning_ship", "phoenix"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_quick_colours_are_those_of_the_plain_ones(name: str, dtype: Precision) -> None:
    frame = render(home_of(FORMULAS[name], 160, 120), "fast", 100, formula=name, dtype=dtype)
    slow = equalise(continuous_count(frame))
    quick = shade(frame, "equalised", "inferno")
    assert np.abs(np.subtract(slow, quick, dtype=np.int16)).mean() < 1


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.name)
def test_home_shows_all_of_it(formula: Formula) -> None:
    home = formula.home
    x, y = float(home.x), float(home.y)
    view = Viewport.from_bounds(x - 4, x + 4, y - 4, y + 4, 801, 801)
    frame = render(view, "fast", 60, formula=formula.name, dtype="float64")
    # Near it orbits live long; far away they leave within a dozen steps.
    near = (frame.iterations > 14) | ((frame.iterations == 0) & (abs(frame.z) < 4))
    rows, columns = np.nonzero(near)
    assert abs(columns * 0.01 - 4).max() < 0.5 * float(home.width)
    assert abs(rows * 0.01 - 4).max() < 0.45 * float(home.height)


@pytest.mark.parametrize("name", [f.name for f in FORMULAS if f.symmetric])
def test_symmetric_ones_are(name: str) -> None:
    # Every row by itself, since a whole view is half of it copied.
    c = 0.3 + 0.4j if FORMULAS[name].plane == "z" else None
    for y in ("0.31", "0.77"):
        up, down = (
            render(
                Viewport.from_screen("-0.2", sign + y, "3", 200, 1),
                *("fast", 200),
                formula=name,
                formula_c=c,
                dtype="float64",  # as other tests have it: a kernel less to compile
            )
            for sign in ("", "-")
        )
        np.testing.assert_array_equal(up.iterations, down.iterations)


def test_a_constant_is_data() -> None:
    view = home_of(FORMULAS["julia"])
    first = render(view, "fast", 100, formula="julia")
    assert first.settings.formula_c == FORMULAS["julia"].constant
    other = render(view, "fast", 100, formula="julia", formula_c=0.285 + 0.01j)
    assert other.compile_seconds < 0.01
    assert (first.iterations != other.iterations).mean() > 0.1


@pytest.mark.usefixtures("short_calls")
def test_a_pixel_beyond_the_horizon_has_left_at_once() -> None:
    view = Viewport.from_bounds(-8, 8, -6, 6, NX, NY)
    for stage in ("numpy", "fast", "numba", "lanes", "planes", "gather"):
        for maxiter in (3, 40):
            frame = render(view, stage, maxiter, formula="julia", horizon=4.0, dtype="float64")
            far = np.hypot(*np.meshgrid(*view.axes("float64"))) >= 4
            assert far.any()
            assert not frame.iterations[far].any()
            # At the horizon it is 1, but for what c adds to |z|**2 there.
            assert np.nanmax(continuous_count(frame)[far]) < 1.1


def test_what_makes_no_sense_is_refused() -> None:
    view = home_of(FORMULAS["julia"])
    with pytest.raises(ValueError, match="there are mandelbrot, multibrot3"):
        render(view, "fast", formula="nova")
    with pytest.raises(ValueError, match="finite"):
        render(view, "fast", formula="julia", formula_c=complex("nan"))
    with pytest.raises(ValueError, match="horizon must lie between 2 and 32768"):
        render(view, "fast", formula="multibrot8", horizon=2.0**41)
    # The usual horizon is the highest where that is less.
    assert Settings("fast", formula="multibrot8").horizon == 2.0**15


# Formulas of one's own.


def buffalo(a, b, cx, cy, fma):
    return abs(fma(a, a, -b * b)) + cx, fma(-2 * abs(a), abs(b), cy)


def test_ones_own_is_like_any_other() -> None:
    formula = register_formula("buffalo", buffalo, expression="a buffalo")
    assert FORMULAS["buffalo"] is formula
    assert "def buffalo" in formula.source
    view = home_of(formula)
    assert compare(view, "fast", 60, formula="buffalo", dtype="float64").is_rounding
    assert compare(view, "numba", 60, formula="buffalo", dtype="float64").is_rounding


def test_one_that_is_registered_again_is_the_new_one() -> None:
    view = Viewport.from_screen(0, 0, 4, 40, 30)
    register_formula("mine", lambda a, b, cx, cy, fma: (a * a - b * b + cx, 2 * a * b + cy))
    plainly = render(view, "fast", 50, formula="mine")
    register_formula("mine", lambda a, b, cx, cy, fma: (a * a - b * b + cx, cy - 2 * a * b))
    for stage in ("fast", "numba"):
        frame = render(view, stage, 50, formula="mine")
        assert (frame.iterations != plainly.iterations).any()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "julia"}, "comes with the package"),
        ({"name": "No name"}, "lower-case identifier"),
        ({"step": lambda z, c: z}, "takes a, b, cx, cy, fma"),
        ({"step": lambda a, b, cx, cy, fma: a}, "does not"),
        ({"step": lambda a, b, cx, cy, fma: (a, 1.0)}, "does not"),
        ({"step": "a + b"}, "plain Python function"),
        ({"exponent": 1}, "exponent"),
        ({"plane": "z"}, "constant"),
        ({"title": "Tricorn"}, "title"),
    ],
)
def test_what_makes_no_formula_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        register_formula(**{"name": "mine", "step": buffalo, **changes})  # type: ignore[arg-type]
    assert not FORMULAS.registered


def test_what_numba_cannot_compile_is_a_failure() -> None:
    def step(a, b, cx, cy, fma):
        return np.add.reduce([a * a, -b * b, cx]), a.conj() * b + cy

    register_formula("mine", step)
    for stage in ("fast", "numba"):
        with pytest.raises(StageFailure, match="Numba cannot compile") as raised:
            render(Viewport.from_screen(0, 0, 4, 40, 30), stage, formula="mine")
        # Numba tells where the step is; a page must not.
        assert Path(__file__).name in raised.value.details
        assert str(Path(__file__).parent) not in raised.value.details
        assert not re.search(r"/(home|root|work|usr|tmp)/", raised.value.details)


def test_the_step_of_each_is_plain_arithmetic() -> None:
    # One source for all engines: arrays and numbers give the same.
    points = np.array([0.25, -1.5, 0.75])
    for formula in FORMULAS:
        arrays = formula.next(*(points * k for k in (1, 2, 3, -1, 0.5, -2)))
        for i, point in enumerate(points):
            numbers = formula.next(*(float(point * k) for k in (1, 2, 3, -1, 0.5, -2)))
            assert [part[i] for part in arrays] == list(numbers)
    assert plain(2, 3, 4) == 10


def test_a_formula_of_ones_own_may_take_powers() -> None:
    def step(a: Any, b: Any, cx: Any, cy: Any, fma: Any) -> Any:
        return a**2 - b**2 + cx, 2 * a * b + 0.0 * (a * a + b * b) ** 0.5 + cy

    register_formula("powers", step)
    view = Viewport.from_bounds(-2.25, 0.75, -1.25, 1.25, 60, 50)
    found = compare(view, "fast", 50, formula="powers")
    assert found.is_rounding
