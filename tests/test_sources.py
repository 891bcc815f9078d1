"""A stage shows every function whose arithmetic runs, and a line of it is found again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mandel_core import FORMULAS, STAGES, Stage, Viewport, inspect, register_stage
from mandel_core.measurement import record
from mandel_core.model.sources import text_of

VIEW = Viewport.from_bounds(-2, 0.5, -1.25, 1.25, 16, 12)

# Functions without which what is shown would not be what runs.
RUNS = {
    "numpy": {"step"},
    "trampoline": {"step", "abs2", "sq2"},
    "numba": {"step", "start", "square_plus_c"},
    "lanes": {"step"},
    "cheap": {"stage_09_planes.step", "stage_10_cheap.step"},
    "gather": {"stage_11_free.step", "stage_11_free.replay", "rounds"},
    "known": {"stage_11_free.step", "stage_12_gather.rounds", "stage_13_known.step"},
    "fast": {
        "mandelbrot.step",
        "_block",
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
}


@pytest.mark.parametrize("name", RUNS)
def test_what_runs_is_shown(name: str) -> None:
    parts = STAGES[name].parts
    shown = {part.name for part in parts}
    shown |= {f"{part.module.rpartition('.')[2]}.{part.name}" for part in parts}
    assert shown >= RUNS[name]
    assert len(parts) == len(set(parts))


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
            assert Path(part.file).read_text().splitlines()[part.line + number - 1] == line


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
    "numpy": ["stages.stage_00_numpy"],
    "chunked": ["stages.stage_03_pairs", "stages.stage_04_chunked"],
    "known": ["stages.stage_11_free", "stages.stage_12_gather", "stages.stage_13_known"],
    "fast": [
        *("formulas.mandelbrot", "stages.stage_14_fast", "kernels.simd_blocks", "kernels.interior"),
        *("compilers.numba_jit", "compilers.numba_formula", "compilers.numba_vectors"),
        "compilers.numba_memory",
    ],
}


@pytest.mark.parametrize("name", MATTERS)
def test_what_runs_is_in_the_fingerprint(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fingerprint(formula: str = "mandelbrot") -> str:
        record._fingerprint.cache_clear()
        return record.fingerprint(name, formula)

    before = fingerprint()
    assert before == fingerprint()
    assert before not in {fingerprint("burning_ship"), fingerprint("julia")}
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
        "assert record.fingerprint('fast') != record.fingerprint('known')\n"
        "assert not {'numba', 'torch'} & set(sys.modules)"
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
