"""The notebooks of the repository run from top to bottom."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest

from tests.browsing import ROOT

NOTEBOOKS = ROOT / "notebooks"
# Each is compiled for seconds, and compiling stages is tested elsewhere.
SKIPPED = "as_is,where,chunked,default_device,trampoline,planes,cheap,free,gather,known"


def runner() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run_notebooks", NOTEBOOKS / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tutorial", "own_step"])  # the third: test_notebook.py
def test_the_notebook_runs(name: str, tmp_path: Path) -> None:
    env = os.environ | {
        "MANDEL_NOTEBOOK_SMALL": "1",
        "MANDEL_NOTEBOOK_SKIPPED": SKIPPED,
        "PYTHONPATH": str(ROOT),
    }
    book = runner().run(NOTEBOOKS / f"{name}.ipynb", cwd=str(tmp_path), env=env)
    assert any(cell.outputs for cell in book.cells if cell.cell_type == "code")
