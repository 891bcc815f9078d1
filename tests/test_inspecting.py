"""What `inspect` tells of the compilers, on small views: for every stage, cached or not."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mandel_core import STAGES, Inspection, Stage, Viewport, inspect, render
from mandel_core.inspection.inspecting import inspect_settings
from mandel_core.model.control import Control
from mandel_core.model.failures import Cancelled
from mandel_core.model.settings import Settings
from mandel_core.stages import stage_03_pairs

pytestmark = [pytest.mark.compile, pytest.mark.slow]

VIEW = Viewport.from_bounds(-2, 0.5, -1.25, 1.25, 32, 24)


def look(stage: str, **settings: Any) -> Inspection:
    return inspect(VIEW, stage, **{"maxiter": 8, "chunksize": 2, **settings})


def kernels(seen: Inspection) -> list[str]:
    return [listing.text for listing in seen.listings if listing.language == "cpp"]


def test_a_vectorised_stage_shows_its_kernel() -> None:
    seen = look("planes")
    assert (seen.kernels, seen.loops, seen.vector_loops) == (1, 1, 1)
    assert seen.failure is None
    assert seen.recompiles == seen.graph_breaks == ()
    (kernel,) = kernels(seen)
    assert "for(" in kernel
    assert "768" in kernel, "the points of the view are the length of the loop"
    assert seen.vector_width is not None
    assert seen.vector_width > 1
    assert f"{VIEW.nx * VIEW.ny}" in seen.listings[-1].text
    assert seen.listings[-1].language == "python"
    assert "def step" in seen.source


def test_vector_loops_without_vectors_are_told_of() -> None:
    seen = look("chunked")  # its innermost loops are over the two parts of a pair
    assert seen.vector_width == 1
    assert seen.vector_loops
    assert "only their scalar remainders" in seen.note
    assert not look("planes").note


def test_vector_width_follows_the_number_type() -> None:
    for stage in ("planes", "fast"):
        single, double = (look(stage, dtype=dtype) for dtype in ("float32", "float64"))
        assert "float32" in single.vector_register
        assert "float64" in double.vector_register
    assert single.vector_width == 2 * (double.vector_width or 0)


def test_code_can_be_seen_whether_cached_or_not() -> None:
    cold, warm = look("cheap", cold=True), look("cheap")
    assert cold.cache == "miss"
    assert look("cheap").cache == "hit"
    assert kernels(cold) == kernels(warm)
    assert (cold.kernels, cold.loops) == (warm.kernels, warm.loops)
    spent = dict(cold.phases)
    assert spent["C++ or Triton compiler"] > 0
    assert spent["Dynamo: tracing"] > 0
    assert cold.compile_seconds == pytest.approx(sum(spent.values()))


def test_looking_leaves_what_was_compiled_as_it_was() -> None:
    render(VIEW, "chunked", maxiter=8, chunksize=2)
    for cold in (False, True):
        assert look("chunked", cold=cold).kernels == 1
        assert render(VIEW, "chunked", maxiter=8, chunksize=2).compile_seconds == 0


@pytest.mark.parametrize("stage", ["chunked", "trampoline"])
def test_one_compile_serves_every_n(stage: str) -> None:
    seen = look(stage)
    assert (seen.kernels, seen.recompiles) == (1, ())


def test_operators_without_code_are_counted_and_warned_of() -> None:
    seen = look("where", cold=True)
    assert seen.operator_calls > 0
    assert seen.recompiles == ()
    assert any("complex" in warning for warning in seen.warnings)


@pytest.fixture(scope="module")
def failing() -> Inspection:
    """Of a stage that compiles anew until it may not any more."""
    return look("as_is", maxiter=20)


def test_a_failing_stage_names_the_line(failing: Inspection, pinned: bool) -> None:
    seen = failing
    if not pinned and seen.failure is None:
        return
    assert seen.failure is not None
    assert seen.failure.kind == "recompile-limit"
    assert [remark.text for remark in seen.recompiles] == [f"n == {n}" for n in range(7)]
    assert seen.failure_line is not None
    assert "N[I] = n" in seen.source.splitlines()[seen.failure_line - 1]
    assert kernels(seen), "what was compiled before it failed"


def test_a_failure_in_a_helper_names_the_helpers_line(pinned: bool) -> None:
    seen = look("default_device")
    if not pinned and seen.failure is None:
        return
    assert seen.failure is not None
    assert seen.listings == ()
    assert seen.failure_line is not None
    assert "return a[..., 0] ** 2" in seen.source.splitlines()[seen.failure_line - 1]


def step_for_each_n(n: int, c: Any, Z: Any, N: Any, horizon: float) -> tuple[Any, Any]:
    I = stage_03_pairs.abs2(Z) < horizon**2
    N = np.where(I, n, N)
    return np.where(I[..., None], stage_03_pairs.sq2(Z) + c, Z), N


def step_that_prints(n: int, c: Any, Z: Any, N: Any, horizon: float) -> tuple[Any, Any]:
    I = stage_03_pairs.abs2(Z) < horizon**2
    print(end="")
    N = np.where(I, n, N)
    return np.where(I[..., None], stage_03_pairs.sq2(Z) + c, Z), N


@pytest.fixture
def stage_with(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., Any]], Stage]:
    """The stage `where` with another step in its place."""

    def replaced(step: Callable[..., Any]) -> Stage:
        from mandel_core.compilers.torch_compile import compile_step
        from mandel_core.stages.loops import pairs_loop

        stage = replace(
            STAGES["where"], step=step, run=lambda job: pairs_loop(job, compile_step(job, step))
        )
        stages = tuple(stage if old.name == "where" else old for old in STAGES)
        monkeypatch.setattr(STAGES, "_known", stages)
        return stage

    return replaced


def test_a_recompile_comes_with_its_reason_and_line(
    stage_with: Callable[[Callable[..., Any]], Stage],
) -> None:
    stage_with(step_for_each_n)  # without being told that n varies
    for _ in range(2):  # Dynamo remembers between two compilations what changed
        seen = look("where", maxiter=3)
        assert [remark.text for remark in seen.recompiles] == ["n == 0"]
        (remark,) = seen.recompiles
        assert remark.line is not None
        assert "N = np.where(I, n, N)" in seen.source.splitlines()[remark.line - 1]


def test_a_graph_break_comes_with_its_reason_and_line(
    stage_with: Callable[[Callable[..., Any]], Stage],
) -> None:
    stage_with(step_that_prints)
    seen = look("where", maxiter=2)
    assert seen.failure is None
    (cut,) = seen.graph_breaks
    assert "print" in cut.text
    assert cut.line is not None
    assert "print(" in seen.source.splitlines()[cut.line - 1]


@pytest.mark.parametrize(("stage", "vectorised"), [("numba", False), ("lanes", True)])
def test_numba_shows_assembly_and_llvm(stage: str, vectorised: bool) -> None:
    for cold in (False, True):
        seen = look(stage, cold=cold)
        assert [listing.language for listing in seen.listings] == ["asm", "llvm"]
        assembly, llvm = (listing.text for listing in seen.listings)
        assert "ret" in assembly
        assert "define" in llvm
        assert seen.kernels == 1
        assert seen.vector_width is not None
        assert (seen.vector_width > 1) == vectorised
        assert seen.cache in {"hit", "miss"}
        assert dict(seen.phases)["LLVM: machine code"] > 0


def test_fast_shows_the_kernels_it_calls() -> None:
    seen = look("fast")
    assert {listing.name.partition(",")[0] for listing in seen.listings} >= {"band", "bulbs"}
    assert seen.vector_width is not None
    assert seen.vector_width > 1


def test_numpy_says_that_nothing_is_compiled() -> None:
    seen = look("numpy")
    assert (seen.listings, seen.kernels, seen.cache) == ((), 0, "none")
    assert "nothing is compiled" in seen.note


def test_a_device_that_is_not_there_is_a_failure() -> None:
    seen = look("planes", device="toaster")
    assert seen.failure is not None
    assert seen.failure.kind == "no-device"
    assert seen.failure_line is None


def test_an_inspection_travels(failing: Inspection) -> None:
    copy = pickle.loads(pickle.dumps(failing))
    for name, value in vars(failing).items():
        if name != "failure":
            assert getattr(copy, name) == value
    assert str(copy.failure) == str(failing.failure)


def test_looking_can_be_given_up() -> None:
    with pytest.raises(Cancelled):
        inspect_settings(VIEW, Settings("planes", 8), control=Control(lambda: True))
    assert look("planes").failure is None


def test_a_long_run_is_ended_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mandel_core.inspection.inspecting.RUN_SECONDS", -1.0)
    seen = look("numba", maxiter=50)
    assert "The run was ended" in seen.note
    assert seen.kernels == 1


def test_lines_of_the_source() -> None:
    stage = STAGES["pairs"]
    file = stage_03_pairs.__file__
    lines = Path(file).read_text().splitlines()
    found = {
        stage.line_in_source(file, number): line
        for number, line in enumerate(lines, 1)
        if stage.line_in_source(file, number)
    }
    source = stage.source.splitlines()
    assert len(found) > 10
    assert all(source[number - 1] == line for number, line in found.items() if number)
    first = lines.index("def sq2(a: Any) -> Any:") + 1
    assert stage.line_in_source("stages/stage_03_pairs.py", first)
    assert stage.line_in_source("elsewhere.py", 25) is None
