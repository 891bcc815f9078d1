"""Stages of one's own: like any other here and in the worker, replaced at will, checked at once."""

from __future__ import annotations

import ast
import linecache
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mandel_core import (
    STAGES,
    Frame,
    Settings,
    StageFailure,
    Viewport,
    compare,
    measure,
    register_stage,
    render,
    sweep,
)
from mandel_core.stages.stage_03_pairs import step as tutorials_pairs
from mandel_core.stages.stage_09_planes import step as tutorials_planes
from mandel_core.worker.tasks import Render
from mandel_core.worker.worker import Worker

pytestmark = [pytest.mark.compile, pytest.mark.slow]

VIEW = Viewport.from_bounds(-2.25, 0.75, -1.25, 1.25, 49, 41)
MAXITER = 40
PATIENCE = 120


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.close()


def abs2(a: Any) -> Any:
    return a[..., 0] ** 2 + a[..., 1] ** 2


def pairs(n, c, Z, N, horizon):
    """The tutorial's third step, in one function more and one less."""
    I = abs2(Z) < horizon**2
    re, im = Z[..., 0], Z[..., 1]
    square = np.stack([re * re - im * im, 2 * re * im], axis=-1)
    return np.where(I[..., None], square + c, Z), np.where(I, n, N)


def chunked(n0, c, Z, N, horizon, chunksize):
    for j in range(chunksize):
        Z, N = pairs(n0 + j, c, Z, N, horizon)
    return Z, N


def in_complex(n, C, Z, N, horizon):
    I = np.abs(Z) < horizon
    N[I] = n
    Z[I] = Z[I] ** 2 + C[I]
    return Z, N


def planes(cx, cy, re, im, N, horizon2):
    I = re * re + im * im < horizon2
    a, b = re * re - im * im + cx, 2 * re * im + cy
    return np.where(I, a, re), np.where(I, b, im), np.where(I, N + 1, N)


def burning_ship(n, c, Z, N, horizon):
    return pairs(n, c, np.abs(Z), N, horizon)


STEPS: dict[Any, Any] = {
    "complex": in_complex,
    "pairs": pairs,
    "chunked": chunked,
    "planes": planes,
}


def in_worker(worker: Worker, stage: str, **changes: Any) -> Any:
    settings = Settings(stage, **{"maxiter": MAXITER, "chunksize": 7, **changes})
    return worker.submit(Render(VIEW, settings)).result(PATIENCE)


# "complex" is not compiled here: each of its iterations compiles anew, as in stage 2.
@pytest.mark.parametrize(
    ("layout", "compiled"),
    [*((layout, False) for layout in STEPS), *((layout, True) for layout in list(STEPS)[1:])],
)
def test_a_step_of_each_layout_is_a_stage_here_and_in_the_worker(layout, compiled, worker):
    stage = register_stage("mine", STEPS[layout], layout=layout, compile=compiled)
    assert STAGES["mine"] is STAGES[-1] is stage
    assert (stage.title, stage.section) == ("Mine", "Your own")
    assert ("chunksize" in stage.varies) == (layout == "chunked")
    assert ("device" in stage.varies) == stage.needs_torch == compiled
    comparison = compare(VIEW, "mine", MAXITER, chunksize=7, dtype="float64")
    assert comparison.is_rounding, comparison.verdict
    frame = in_worker(worker, "mine")
    assert isinstance(frame, Frame), frame
    here = render(VIEW, "mine", MAXITER, chunksize=7)
    np.testing.assert_array_equal(frame.iterations, here.iterations)
    np.testing.assert_array_equal(frame.z, here.z)


@pytest.mark.parametrize("maxiter", [1, 2, 8])
@pytest.mark.parametrize("layout", STEPS)
def test_layouts_in_numpy_finish_as_the_listing_does(layout, maxiter):
    register_stage("mine", STEPS[layout], layout=layout, compile=False)
    for dtype in ("float32", "float64"):
        frame = render(VIEW, "mine", maxiter, horizon=2.0, chunksize=3, dtype=dtype)
        truth = render(VIEW, "numpy", maxiter, horizon=2.0, dtype=dtype)
        np.testing.assert_array_equal(frame.iterations, truth.iterations)
        np.testing.assert_allclose(frame.z, truth.z, rtol=1e-5)


def test_it_is_measured_and_swept_like_any_other(worker):
    register_stage("mine", chunked, "chunked", compile=False)
    points = list(sweep(VIEW, "mine", (1, 5), MAXITER, repeats=1))
    assert [(point.stage, point.chunksize) for point in points] == [("mine", 1), ("mine", 5)]
    assert measure(VIEW, Settings("mine", MAXITER), repeats=1).failure is None


def test_the_packages_own_steps_can_be_registered_again():
    register_stage("again", tutorials_pairs, "pairs", title="Pairs again", compile=False)
    register_stage("flat", tutorials_planes, "planes", compile=False)
    for name in ("again", "flat"):
        assert compare(VIEW, name, MAXITER).is_rounding


def test_another_fractal_is_found_to_be_another():
    register_stage("ship", burning_ship, compile=False)
    comparison = compare(VIEW, "ship", MAXITER)
    assert not comparison.is_rounding
    assert comparison.share > 0.1


def test_registering_again_replaces_here_and_in_the_worker(worker):
    register_stage("mine", pairs)
    right = in_worker(worker, "mine")
    position, pid = STAGES.names.index("mine"), worker.pid
    register_stage("other", pairs, compile=False)
    register_stage("mine", burning_ship, title="The ship")
    assert STAGES.names.index("mine") == position
    assert STAGES["mine"].title == "The ship"
    ship = in_worker(worker, "mine")
    assert worker.pid == pid
    assert (ship.iterations != right.iterations).mean() > 0.1
    np.testing.assert_array_equal(ship.iterations, render(VIEW, "mine", MAXITER).iterations)
    register_stage("mine", pairs)
    np.testing.assert_array_equal(in_worker(worker, "mine").iterations, right.iterations)


def test_a_process_that_replaced_another_knows_it_too(worker):
    register_stage("mine", pairs, compile=False)
    first = in_worker(worker, "mine")
    os.kill(worker.pid or 0, signal.SIGKILL)
    again = in_worker(worker, "mine")
    if isinstance(again, StageFailure):  # it was sent before the death was seen
        again = in_worker(worker, "mine")
    np.testing.assert_array_equal(again.iterations, first.iterations)


def test_the_old_definitions_compile_is_not_waited_for():
    register_stage("mine", pairs)
    old = Render(VIEW, Settings("mine")).compile_key
    assert Render(VIEW, Settings("mine")).compile_key == old
    register_stage("mine", pairs)
    assert Render(VIEW, Settings("mine")).compile_key != old


def test_what_the_step_uses_is_taken_as_it_is(worker):
    scope: dict[str, Any] = {"np": np, "factor": 1.0}
    code = (
        "def step(n, c, Z, N, horizon):\n"
        "    I = (Z ** 2).sum(axis=-1) < horizon ** 2\n"
        "    return np.where(I[..., None], factor * c, Z), np.where(I, n, N)\n"
    )
    exec(code, scope)
    register_stage("mine", scope["step"], compile=False)
    before = render(VIEW, "mine", 5)
    scope["factor"] = 3.0
    for frame in (render(VIEW, "mine", 5), in_worker(worker, "mine", maxiter=5)):
        np.testing.assert_array_equal(frame.z, before.z)


def test_a_step_without_source_says_so_and_compiles(worker):
    scope: dict[str, Any] = {}
    exec("import numpy as np\n" + _text(planes), scope)
    stage = register_stage("mine", scope["planes"], "planes")
    assert stage.source.startswith("# The source is not at hand")
    assert stage.about == ""
    assert isinstance(in_worker(worker, "mine"), Frame)


def _text(function: Any) -> str:
    import inspect

    return inspect.getsource(function)


def test_the_source_brings_helpers_also_from_a_cell():
    stage = register_stage("mine", pairs, compile=False)
    assert stage.source.index("def abs2(") < stage.source.index("def pairs(")
    assert stage.about.startswith("The tutorial's third step")
    ast.parse(stage.source)

    def scaled(a):
        return 1.0 * a

    def inner(n, c, Z, N, horizon):
        return pairs(n, c, scaled(Z), N, horizon)

    source = register_stage("mine", inner, compile=False).source
    assert source.index("def scaled(") < source.index("def inner(")
    ast.parse(source)

    name, text = "<ipython-input-7-a cell>", "import numpy as np\n" + _text(planes)
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    scope: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(text, name, "exec"), scope)
    assert register_stage("cell", scope["planes"], "planes").source == _text(planes)


def test_the_compilers_words_show_the_line_of_a_cell(worker):
    name = "<ipython-input-8-a cell>"
    text = (
        "def step(n, c, Z, N, horizon):\n"
        "    if Z.sum() > 1e9:\n"
        "        return Z, N\n"
        "    return Z + c, N + 1\n"
    )
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    scope: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(text, name, "exec"), scope)
    register_stage("mine", scope["step"])
    failure = in_worker(worker, "mine")
    assert isinstance(failure, StageFailure)
    assert failure.kind == "graph-break"
    assert "if Z.sum() > 1e9:" in failure.details


@pytest.mark.parametrize(
    ("name", "step", "layout", "words"),
    [
        ("Mine", pairs, "pairs", "lower-case identifier"),
        ("my step", pairs, "pairs", "lower-case identifier"),
        ("", pairs, "pairs", "lower-case identifier"),
        (None, pairs, "pairs", "lower-case identifier"),
        ("lambda", pairs, "pairs", "a keyword of Python"),
        ("chunked", pairs, "pairs", "comes with the package"),
        ("mine", pairs, "threes", "no layout 'threes'; there are complex, pairs"),
        ("mine", np.sqrt, "pairs", "a plain Python function"),
        ("mine", "lambda: 0", "pairs", "a plain Python function"),
        ("mine", pairs, "chunked", "takes n0, c, Z, N, horizon, chunksize"),
        ("mine", planes, "pairs", "takes n, c, Z, N, horizon"),
        ("mine", lambda *args: 3, "pairs", "does not work with the layout 'pairs'"),
        ("mine", pairs, "complex", "does not work with the layout 'complex'"),
        ("mine", in_complex, "pairs", "does not work with the layout 'pairs'"),
        ("mine", chunked, "planes", "does not work with the layout 'planes'"),
        ("mine", lambda n, c, Z, N, h: (Z, N[:1]), "pairs", "does not work"),
        ("mine", lambda n, c, Z, N, h: (Z, N + 0.5), "pairs", "of N it makes float64"),
        ("real_pairs", pairs, "pairs", "the title 'Real pairs'"),
    ],
)
def test_what_makes_no_stage_is_refused_in_one_sentence(name, step, layout, words):
    with pytest.raises(ValueError, match=words) as caught:
        register_stage(name, step, layout=layout)
    assert "\n" not in str(caught.value)
    assert STAGES.registered == ()


def test_what_cannot_travel_is_refused():
    lock = __import__("threading").Lock()

    def step(n, c, Z, N, horizon):
        with lock:
            return Z, N

    with pytest.raises(ValueError, match="cannot be sent to the process that computes"):
        register_stage("mine", step)


def test_a_definition_that_cannot_be_loaded_there_says_why(worker, tmp_path, monkeypatch):
    (tmp_path / "only_here.py").write_text("def scale(a):\n    return a\n")
    in_worker(worker, "numpy")  # the process has started, and its path is as it was
    monkeypatch.syspath_prepend(str(tmp_path))
    import only_here  # type: ignore[import-not-found]

    def step(n, c, Z, N, horizon):
        return only_here.scale(Z), N

    register_stage("mine", step, compile=False)
    outcome = in_worker(worker, "mine")
    assert isinstance(outcome, StageFailure)
    assert "No module named 'only_here'" in outcome.reason
    assert isinstance(in_worker(worker, "numpy"), Frame)


def test_a_stage_can_be_taken_away_but_not_the_packages():
    register_stage("mine", pairs, compile=False)
    names: list[str] = []
    STAGES.watch(names.append)
    STAGES.remove("mine")
    assert names == ["mine"]
    assert "mine" not in STAGES
    for name in ("mine", "numpy"):
        with pytest.raises(KeyError):
            STAGES.remove(name)


def test_it_works_in_a_script_without_a_file():
    script = (
        "import numpy as np\n"
        "from mandel_core import *\n"
        "from mandel_core.worker.tasks import Render\n"
        "from mandel_core.worker.worker import Worker\n"
        + _text(planes)
        + "register_stage('mine', planes, 'planes', compile=False)\n"
        "view = Viewport.from_bounds(-2, 1, -1, 1, 8, 6)\n"
        "print(Worker().submit(Render(view, Settings('mine'))).result().iterations.max() > 0)\n"
        "print(STAGES['mine'].source)\n"
    )
    done = subprocess.run(
        [sys.executable, "-"],
        input=script,
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert done.stdout.splitlines()[0] == "True"
    assert "not at hand" in done.stdout
