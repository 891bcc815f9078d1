"""A stage shows every function whose arithmetic runs, and a line of it is found again."""

from __future__ import annotations

import subprocess
import sys
import types
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from mandel_core import FORMULAS, STAGES, Settings, Stage, Viewport, inspect, register_stage
from mandel_core.formulas import MANDELBROT
from mandel_core.formulas.formula import Formula
from mandel_core.measurement import record
from mandel_core.model.sources import text_of
from mandel_core.stages import fast_on_device

VIEW = Viewport.from_bounds(-2, 0.5, -1.25, 1.25, 16, 12)

# Functions without which what is shown would not be what runs.
RUNS = {
    "numpy": {"step", "Formula.begin", "_without_last"},
    "trampoline": {"step", "abs2", "sq2", "start", "_without_last"},
    "numba": {"step", "start", "square_plus_c"},
    "lanes": {"step"},
    "cheap": {"stage_09_planes.step", "stage_10_cheap.step", "planes.begin", "planes.end"},
    "gather": {"stage_11_free.step", "stage_11_free.replay", "rounds"},
    "known": {"stage_11_free.step", "stage_12_gather.rounds", "stage_13_known.step"},
    "fast": {
        "mandelbrot.step",
        "_stored_parts",
        "_row",
        "_round",
        "_replay",
        "_rounds",
        "band",
        "bulbs",
        "discs",
        "disc",
        "_closest_return",
        "mirror",
        "_following",
        "_begin",
        "_multiply_add",
        "stage_14_fast.step",
    },
    "fast on cuda": {
        "mandelbrot.step",
        *("_frame", "_orbits", "_replayed", "_pixels", "_in_bulbs", "_any"),
        "triton_formula._multiply_add",
    },
}
needs_triton = pytest.mark.skipif(find_spec("triton") is None, reason="Triton is not installed")
BY_DEVICE = [
    pytest.param(name, marks=needs_triton) if name == "fast on cuda" else name for name in RUNS
]


def stage_and_device(name: str) -> tuple[Stage, str]:
    stage, _, device = name.partition(" on ")
    return STAGES[stage], device or "cpu"


@pytest.mark.parametrize("name", BY_DEVICE)
def test_what_runs_is_shown(name: str) -> None:
    stage, device = stage_and_device(name)
    parts = stage.parts_for(MANDELBROT, device)
    shown = {part.name for part in parts}
    shown |= {f"{part.module.rpartition('.')[2]}.{part.name}" for part in parts}
    assert shown >= RUNS[name]
    assert len(parts) == len(set(parts))
    assert set(stage.source_for(MANDELBROT, device).splitlines()) >= {
        line for part in parts for line in part.text.splitlines()
    }


@needs_triton
def test_what_a_device_does_not_run_is_not_shown() -> None:
    modules = {
        device: {part.module.rpartition(".")[2] for part in stage.parts_for(MANDELBROT, device)}
        for stage in [STAGES["fast"]]
        for device in ("cpu", "cuda", "mps")
    }
    assert "simd_blocks" in modules["cpu"]
    assert "triton_blocks" in modules["cuda"]
    assert "stage_13_known" in modules["mps"]  # the kernel is for CUDA
    assert not modules["cpu"] & {"triton_blocks", "stage_13_known"}
    assert not modules["cuda"] & {"simd_blocks", "stage_14_fast", "stage_13_known"}
    assert not modules["mps"] & {"simd_blocks", "triton_blocks"}
    with_a_fold = STAGES["pairs"].parts_for(FORMULAS["burning_ship"])
    assert {"_on_pairs", "Formula.next"} <= {part.name for part in with_a_fold}


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_every_line_is_found_again(stage: Stage) -> None:
    source = stage.source.splitlines()
    assert stage.parts[-1].module == stage.run.__module__ or stage.name in {
        *("as_is", "default_device", "trampoline"),  # which run an earlier stage's step
    }
    for part in stage.parts:
        for number, line in enumerate(part.text.splitlines()):
            at = stage.line_in_source(part.file, part.line + number)
            assert at is not None
            assert source[at - 1] == line
            there = Path(part.file).read_text().splitlines()[part.line + number - 1]
            assert there.removeprefix("    ") == line if "." in part.name else there == line


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
@pytest.mark.parametrize("name", ["burning_ship", "multibrot5", "phoenix"])
def test_another_formula_is_shown_where_it_runs(stage: Stage, name: str) -> None:
    formula = FORMULAS[name]
    source = stage.source_for(formula).splitlines()
    first = stage.parts_for(formula)[0]
    assert first.module == formula.step.__module__
    assert "mandel_core/formulas/mandelbrot.py" not in "\n".join(source)
    for part in stage.parts_for(formula):
        at = stage.line_in_source(part.file, part.line, formula)
        assert at is not None
        assert source[at - 1] == part.text.splitlines()[0]
    assert inspect(VIEW, "numpy", maxiter=8, formula=name).source.startswith("# mandel_core/form")


# Where something stands that a stage runs, though some of it is in no function.
MATTERS = {
    "numpy": ["stages.stage_00_numpy", "stages.loops", "stages.applying", "formulas.formula"],
    "chunked": ["stages.stage_03_pairs", "stages.stage_04_chunked", "stages.loops"],
    "known": [
        *("stages.stage_11_free", "stages.stage_12_gather", "stages.stage_13_known"),
        "stages.planes",
    ],
    "fast": [
        *("formulas.mandelbrot", "stages.stage_14_fast", "kernels.simd_blocks", "kernels.interior"),
        *("compilers.numba_jit", "compilers.numba_formula", "compilers.numba_vectors"),
        "compilers.numba_memory",
    ],
    "fast on cuda": [
        *("formulas.mandelbrot", "stages.fast_on_device", "kernels.triton_blocks"),
        *("kernels.triton_operators", "compilers.triton_formula"),
    ],
}


@pytest.mark.parametrize("name", MATTERS)
def test_what_runs_is_in_the_fingerprint(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Whether or not Triton is here, where the kernel is shown and not run.
    monkeypatch.setattr(fast_on_device, "find_spec", lambda _: True)
    stage, device = stage_and_device(name)

    def fingerprint(formula: str = "mandelbrot", device: str = device) -> str:
        record._fingerprint.cache_clear()
        return record.fingerprint(Settings(stage.name, formula=formula, device=device))

    before = fingerprint()
    assert before == fingerprint()
    assert before not in {fingerprint("burning_ship"), fingerprint("julia")}
    of_fast = stage.name == "fast"
    assert (before == fingerprint(device="cuda" if device == "cpu" else "cpu")) is not of_fast
    for module in MATTERS[name]:
        edited = f"mandel_core.{module}"
        with monkeypatch.context() as patched:
            patched.setattr(
                record, "text_of", lambda one, edited=edited: text_of(one) + "#" * (one == edited)
            )
            assert fingerprint() != before, edited
    with monkeypatch.context() as patched:
        patched.setattr(record, "version", lambda package: "99")
        assert fingerprint() != before
    assert fingerprint() == before


def test_showing_imports_no_compiler() -> None:
    program = (
        "import sys; from mandel_core import STAGES; from mandel_core.measurement import record\n"
        "assert [stage.source for stage in STAGES]\n"
        "from mandel_core import FORMULAS, Settings\n"
        "prints = [record.fingerprint(Settings(*how)) for how in [('fast',), ('known',)]]\n"
        "prints += [record.fingerprint(Settings('fast', device='cuda'))]\n"
        "assert len(set(prints)) == 3\n"
        "assert STAGES['fast'].source_for(FORMULAS['julia'], 'cuda')\n"
        "assert not {'numba', 'torch', 'triton'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_step_that_is_not_compiled_says_so() -> None:
    inspect(VIEW, "fast", maxiter=8)  # whose kernels must not pass for the step's
    from mandel_core.stages.stage_03_pairs import step

    register_stage("mine", step, compile=False)
    seen = inspect(VIEW, "mine", maxiter=8)
    assert not seen.listings
    assert "nothing is compiled" in seen.note
    assert seen.failure is None


def scaled(a: Any, b: Any, cx: Any, cy: Any, fma: Any, *, by: float = 1.0) -> Any:
    return by * fma(a, a, -b * b) + cx, fma(a + a, b, cy)


def again(a: Any, b: Any, cx: Any, cy: Any, fma: Any) -> Any:
    return again(a, b, cx, cy, fma)


def test_formulas_that_differ_in_a_name_or_a_default_differ() -> None:
    def of(step: Any, **others: Any) -> str:
        return Formula("mine", "Mine", "", step, **others).fingerprint

    doubled = types.FunctionType(scaled.__code__, scaled.__globals__, "scaled")
    doubled.__kwdefaults__ = {"by": 2.0}
    steps = [
        lambda a, b, cx, cy, fma: (abs(a), b),
        lambda a, b, cx, cy, fma: (bool(a), b),
        lambda a, b, cx, cy, fma: (a.real, b),
        lambda a, b, cx, cy, fma: (a.imag, b),
        lambda a, b, cx, cy, fma, by=1: (a * by, b),
        lambda a, b, cx, cy, fma, by=2: (a * by, b),
        *(scaled, doubled, again),
    ]
    assert len({of(step) for step in steps}) == len(steps)
    assert of(steps[0]) == of(lambda a, b, cx, cy, fma: (abs(a), b))
    assert of(steps[0]) != of(steps[0], exponent=3)


def test_a_fingerprint_is_the_same_in_another_process() -> None:
    # Where one function is made inside another, which Python writes with an address.
    program = (
        "from mandel_core.formulas.formula import Formula\n"
        "def step(a, b, cx, cy, fma):\n"
        "    return [(lambda z: abs(z) + c)(part) for part, c in ((a, cx), (b, cy))]\n"
        "print(Formula('mine', 'Mine', '', step).fingerprint)"
    )
    command = [sys.executable, "-c", program]
    found = [subprocess.run(command, check=True, capture_output=True).stdout for _ in range(2)]
    assert found[0] == found[1]
