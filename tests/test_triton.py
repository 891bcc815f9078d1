"""The Triton kernels in Triton's interpreter: on the CPU, a block after the other, in Python."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from mandel_core.compilers.triton_formula import Untraceable, text_of
from mandel_core.formulas import FORMULAS, MANDELBROT
from mandel_core.formulas.formula import Formula

pytestmark = pytest.mark.slow

needs_triton = pytest.mark.skipif(
    importlib.util.find_spec("triton") is None, reason="Triton is not installed"
)

# Large blocks, since the interpreter takes as long for one as for a small one.
BEFORE = """
import warnings
import numpy as np
np.seterr(all="ignore")  # what happens beyond the horizon
warnings.simplefilter("ignore")
from mandel_core import Settings, Viewport, render
from mandel_core.comparison.comparing import held_against
from mandel_core.formulas import FORMULAS
from mandel_core.kernels import triton_operators
from mandel_core.kernels.triton_blocks import Shape
from mandel_core.model.job import Job
from mandel_core.model.results import Frame
from mandel_core.stages import fast_on_device
triton_operators.SHAPE = Shape(32, 32)
triton_operators.PIXELS = 32 * 32

def frame_of(view, maxiter, **keywords):
    settings = Settings("fast", maxiter, **keywords)
    job = Job(view, settings)
    Z, N = fast_on_device.on_cuda(job)
    assert job.executed > 0
    return Frame(view, settings, N, Z, 0.0, 0.0)

def check(view, maxiter, **keywords):
    frame = frame_of(view, maxiter, **keywords)
    reference = "numpy" if FORMULAS[frame.settings.formula].needs_previous_z else "numba"
    truth = render(view, reference, maxiter, **{**keywords, "dtype": "float64"})
    found = held_against(frame, truth)
    print(view.bounds, maxiter, keywords, found.verdict)
    assert found.is_rounding, found.verdict
    assert found.share < 0.03, found.verdict
"""


Run = Callable[[str], None]


@pytest.fixture(scope="module")
def in_the_interpreter() -> Iterator[Run]:
    """Runs code after BEFORE, in a process of its own that all tests share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRITON_INTERPRET", "1")
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            yield lambda code: pool.submit(exec, BEFORE + code, {}).result()


@needs_triton
def test_counts_differ_from_float64_by_rounding_only(in_the_interpreter: Run) -> None:
    in_the_interpreter("""
for x, y, width, maxiter in (
    ("-0.75", "0", "3.5", 200),
    ("0.28", "0.0085", "0.02", 300),
    ("-1.7549", "0", "0.06", 500),
):
    view = Viewport.from_screen(x, y, width, 45, 31)
    for dtype in ("float32", "float64"):
        check(view, maxiter, dtype=dtype)
view = Viewport.from_screen("-0.75", "0", "3.5", 27, 20)
for maxiter in (1, 7, 45):
    check(view, maxiter, horizon=2.0)
""")


@needs_triton
def test_all_formulas_come_from_their_own_step(in_the_interpreter: Run) -> None:
    in_the_interpreter("""
def check(view, maxiter, **keywords):
    keywords["dtype"] = "float64"
    frame = frame_of(view, maxiter, **keywords)
    truth = render(view, "numpy", maxiter, **keywords)
    assert np.mean(frame.iterations != truth.iterations) < 0.01, keywords

for formula in FORMULAS:
    home = formula.home
    check(Viewport.from_screen(home.x, home.y, home.width, 32, 24), 45, formula=formula.name)
check(Viewport.from_screen(0, 0, 6, 31, 17), 50, formula="julia", horizon=2.0)
""")


@needs_triton
def test_pictures_are_painted_as_on_the_cpu(in_the_interpreter: Run) -> None:
    in_the_interpreter("""
from mandel_core.colour.colouring import Colouring
from mandel_core.colour.device_painting import paint as paint_there
from mandel_core.colour.measures import Measures
from mandel_core.colour.painting import paint
from mandel_core.colour.smooth import continuous_count
from mandel_core.rendering.device_drawing import smoothing

EQUALISED = Colouring("equalised")
COLOURINGS = (
    Colouring(),
    Colouring("smooth", "inferno", density=2.5),
    Colouring("smooth", "viridis", cyclic=False),
    Colouring("equalised", density=3.0, phase=0.25),
    EQUALISED,
)
for formula, horizon in (("mandelbrot", 2.0**40), ("julia", 4.0)):
    home = FORMULAS[formula].home
    view = Viewport.from_screen(home.x, home.y, home.width, 47, 33)
    frame = frame_of(view, 50, formula=formula, horizon=horizon, dtype="float64")
    own = continuous_count(frame)
    counts = fast_on_device.continuous_counts(
        Job(view, frame.settings), smoothing(frame.settings)
    )
    np.testing.assert_array_equal(np.isnan(own), np.isnan(counts))
    outside = ~np.isnan(own)
    np.testing.assert_allclose(counts[outside], own[outside], atol=1e-9)
    for colouring in COLOURINGS:
        indices, levels = paint_there(counts, frame.settings, colouring)
        theirs, scale = paint(Measures(frame), colouring)
        # Where the palette begins anew, a step apart is from one end to the other.
        apart = np.abs(np.subtract(indices.numpy(), theirs.indices, dtype=int))
        assert np.mean(np.minimum(apart, 255 - apart)) < 0.01, apart.max()
        np.testing.assert_array_equal(indices == 0, theirs.indices == 0)
    lent, _ = paint(Measures(frame), EQUALISED, levels.on_host(50))
    assert np.mean(lent.indices != theirs.indices) < 0.01
    assert levels.some == scale.some == True
inside = Viewport.from_screen("-0.1", "0", "0.01", 20, 20)
job = Job(inside, Settings("fast", 60))
counts = fast_on_device.continuous_counts(job, smoothing(job.settings))
indices, levels = paint_there(counts, job.settings, EQUALISED)
assert not indices.any()
assert not levels.on_host(60).some
""")


def test_a_step_is_written_down_once() -> None:
    text = text_of(MANDELBROT)
    assert "tl.fma(a, a, " in text
    assert text.count("\n") < 8
    assert text_of(FORMULAS["phoenix"]).endswith("a, b\n")


@pytest.mark.parametrize(
    "step",
    [
        lambda a, b, cx, cy, fma: (a if a > b else b, cy),
        lambda a, b, cx, cy, fma: (a if a else b, cy),
        lambda a, b, cx, cy, fma: (a**0.5, b),
        lambda a, b, cx, cy, fma: (a * "c", b),
        lambda a, b, cx, cy, fma: a,
    ],
)
def test_a_step_that_cannot_be_written_down_says_why(step) -> None:
    with pytest.raises(Untraceable, match=r"^It .*\.$"):
        text_of(Formula("odd", "Odd", "", step))
