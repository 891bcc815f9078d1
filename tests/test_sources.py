"""A stage shows every function whose arithmetic runs, and a line of it is found again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mandel_core import STAGES, Stage, Viewport, inspect, register_stage

# Functions without which what is shown would not be what runs.
RUNS = {
    "numpy": {"step"},
    "trampoline": {"step", "abs2", "sq2"},
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


def test_showing_imports_no_compiler() -> None:
    program = (
        "import sys; from mandel_core import STAGES; from mandel_core.measurement import record\n"
        "assert [stage.source for stage in STAGES]\n"
        "assert record.fingerprint('fast') != record.fingerprint('known')\n"
        "assert not {'numba', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_step_that_is_not_compiled_says_so() -> None:
    view = Viewport.from_bounds(-2, 0.5, -1.25, 1.25, 16, 12)
    inspect(view, "fast", maxiter=8)  # whose kernels must not pass for the step's
    from mandel_core.stages.stage_03_pairs import step

    register_stage("mine", step, compile=False)
    seen = inspect(view, "mine", maxiter=8)
    assert not seen.listings
    assert "nothing is compiled" in seen.note
    assert seen.failure is None
