"""What the package promises from outside: names, documentation, types, and what it imports."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

import dashboard
import mandel_core
from mandel_core import STAGES

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", [name for name in mandel_core.__all__ if name[0] != "_"])
def test_every_public_name_has_a_docstring(name):
    value = getattr(mandel_core, name)
    described = value if inspect.isroutine(value) or inspect.isclass(value) else type(value)
    doc = described.__doc__
    assert doc
    # A dataclass without a docstring gets its signature as one.
    assert not doc.startswith(f"{described.__name__}(")


def test_public_methods_have_docstrings():
    classes = [v for v in map(mandel_core.__dict__.get, mandel_core.__all__) if inspect.isclass(v)]
    missing = [
        f"{kind.__name__}.{name}"
        for kind in classes
        for name, member in vars(kind).items()
        if not name.startswith("_")
        and isinstance(member, property | classmethod | staticmethod)
        and not member.__doc__
    ]
    assert classes
    assert not missing


def test_the_package_is_typed():
    assert resources.files("mandel_core").joinpath("py.typed").is_file()


def test_importing_the_package_imports_no_heavy_library():
    heavy = ("torch", "numba", "panel", "holoviews", "bokeh", "datashader", "matplotlib")
    code = f"import mandel_core, sys; print(*(n for n in {heavy!r} if n in sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


def test_stages_without_torch_run_without_it():
    code = (
        "import mandel_core, sys\n"
        "view = mandel_core.Viewport.from_bounds(-2, 1, -1, 1, 4, 3)\n"
        "for stage in mandel_core.STAGES:\n"
        "    if not stage.needs_torch: mandel_core.render(view, stage); print(stage.name)\n"
        "assert 'torch' not in sys.modules"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == [stage.name for stage in STAGES if not stage.needs_torch]
    assert not STAGES["fast"].needs_torch


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_every_stage_introduces_itself(stage):
    assert stage.name.isidentifier()
    assert stage.title
    assert stage.section
    assert "def step(" in stage.source
    assert stage.about.startswith(f"Stage {STAGES.names.index(stage.name)},")
    assert stage.varies <= {"chunksize", "device", "threads"}


def test_a_stages_source_brings_the_helpers_it_calls():
    for name in ("pairs", "chunked", "trampoline"):
        source = STAGES[name].source
        assert source.index("def abs2(") < source.index("def step(")
        assert source.index("def sq2(") < source.index("def step(")
        compile(source, name, "exec")
    # What comes before the first step and after the last, z² + c, and the step.
    functions = re.findall(r"def (\w+)\(", STAGES["numpy"].source)
    before_and_after = ["begin", "complex_loop", "start", "_complex", "_without_last"]
    assert functions == [*before_and_after, "square_plus_c", "step"]


def test_every_file_of_a_stage_is_listed_by_its_number():
    files = sorted((ROOT / "mandel_core" / "stages").glob("stage_*.py"))
    names = [file.stem.split("_", 2)[2] for file in files]
    assert list(STAGES.names) == [stage.name for stage in STAGES] == names
    assert len(STAGES) == len(names)
    assert names[:7] == [  # the tutorial's
        *("numpy", "as_is", "where", "pairs", "chunked", "default_device", "trampoline")
    ]


def test_a_stage_is_found_by_position_and_by_name():
    assert STAGES[0].name == "numpy"
    assert STAGES[-1] is STAGES[STAGES.names[-1]]
    assert [stage.name for stage in STAGES[:2]] == ["numpy", "as_is"]
    assert "pairs" in STAGES
    assert STAGES[3] in STAGES
    assert "fortran" not in STAGES
    assert STAGES.find(STAGES[2]) is STAGES.find("where") is STAGES[2]
    with pytest.raises(KeyError):
        STAGES["fortran"]
    with pytest.raises(ValueError, match=r"no stage 'fortran'; there are numpy, .*numba"):
        STAGES.find("fortran")


def test_the_reference_has_every_public_name():
    documented = re.findall(r"^::: (\S+)$", (ROOT / "docs" / "reference.md").read_text(), re.M)
    public = [f"mandel_core.{name}" for name in mandel_core.__all__]
    public += [f"dashboard.{name}" for name in dashboard.__all__]
    assert set(public) <= set(documented)
