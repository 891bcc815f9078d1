"""The stages on a CUDA device; skipped where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from mandel_core import (
    FORMULAS,
    STAGES,
    Settings,
    Viewport,
    compare,
    devices,
    register_formula,
    render,
)
from mandel_core.colour.colouring import Colouring
from mandel_core.colour.measures import Measures
from mandel_core.colour.painting import paint
from mandel_core.model.job import Job
from mandel_core.model.viewport import Precision
from mandel_core.rendering import device_drawing
from mandel_core.worker.tasks import Draw, Picture
from mandel_core.worker.worker import Worker
from tests.test_correctness import VIEWS, view_of

FAIL_ELSEWHERE = {"as_is", "default_device"}
pytestmark = [
    pytest.mark.compile,
    pytest.mark.slow,
    pytest.mark.skipif("cuda" not in devices(), reason="no CUDA device"),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", VIEWS)
def test_fast_differs_from_float64_by_rounding_only(name: str, dtype: Precision) -> None:
    found = compare(view_of(name), "fast", VIEWS[name][-1], "numba", device="cuda", dtype=dtype)
    print(f"{name}, {dtype}: {found.verdict}")
    assert found.is_rounding, found.verdict
    if dtype == "float64":
        assert found.share <= 0.002, found.verdict


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.name)
def test_every_formula(formula) -> None:
    home, reference = formula.home, "numpy" if formula.needs_previous_z else "numba"
    view = Viewport.from_screen(home.x, home.y, home.width, 160, 120)
    for dtype in ("float32", "float64"):
        keywords = {"device": "cuda", "dtype": dtype, "formula": formula.name}
        found = compare(view, "fast", 200, reference, **keywords)
        print(f"{formula.name}, {dtype}: {found.verdict}")
        assert found.is_rounding, found.verdict


@pytest.mark.parametrize("name", [s.name for s in STAGES if "device" in s.varies])
def test_the_other_stages(name: str) -> None:
    view = view_of("home")
    if name in FAIL_ELSEWHERE:
        pytest.skip("fails on every device; the benchmark says how")
    found = compare(view, name, 60, "numba", device="cuda", chunksize=10)
    print(f"{name}: {found.verdict}")
    assert found.is_rounding, found.verdict


@pytest.mark.parametrize("look", ["smooth", "equalised"])
def test_pictures_are_painted_as_on_the_cpu(look: str) -> None:
    view = Viewport.from_screen("-0.745", "0.11", "0.05", 640, 480)
    for dtype in ("float32", "float64"):
        settings = Settings("fast", 1000, device="cuda", dtype=dtype)
        colouring = Colouring(look)
        assert device_drawing.takes(settings, colouring)
        drawn = device_drawing.draw(Job(view, settings), colouring)
        frame = render(view, "fast", 1000, dtype=dtype, device="cuda")
        theirs, _ = paint(Measures(frame), colouring)
        apart = np.abs(np.subtract(drawn.painting.rgba, theirs.rgba, dtype=int))
        print(look, dtype, "mean", apart.mean(), "max", apart.max())
        assert apart.mean() < 0.05
        assert not drawn.all_interior


def test_a_workers_process_draws_on_the_device() -> None:
    view = Viewport.from_screen("-0.745", "0.11", "0.05", 320, 240)
    worker = Worker()
    try:
        task = Draw(view, Settings("fast", 500, device="cuda"), surround=4)
        for _ in range(2):
            picture = worker.submit(task).result(200)
            assert isinstance(picture, Picture), picture
            print(picture.run_seconds, picture.compile_seconds)
            assert not picture.all_interior
            assert picture.surround is not None
            assert picture.image.data
    finally:
        worker.close()


def test_a_step_that_triton_cannot_write_is_computed_otherwise() -> None:
    def choosing(a, b, cx, cy, fma):
        return a * a - b * b + cx, (2 * a * b + cy) * ((a < 1e30) * 1.0)

    register_formula("choosing", choosing, home=(-0.7, 0, 3))
    try:
        view = Viewport.from_screen("-0.7", "0", "3", 60, 40)
        frame = render(view, "fast", 50, device="cuda", formula="choosing")
        print(frame.warnings)
        assert any("Triton" in words for words in frame.warnings)
    finally:
        FORMULAS.remove("choosing")
