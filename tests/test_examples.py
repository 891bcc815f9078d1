"""The examples in the documentation of the public functions do what they show."""

from __future__ import annotations

import ast
import contextlib
import doctest
import importlib
import io
import re
from pathlib import Path

import pytest

import mandel_core

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = sorted([README, *ROOT.glob("docs/*.md")])


@pytest.mark.parametrize(
    "name",
    [
        *("compare", "register_stage"),
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("inspect", "register_formula", "sweep")
        ),
    ],
)
def test_the_example_does_what_it_shows(name: str) -> None:
    function = getattr(mandel_core, name)
    (example,) = doctest.DocTestFinder(recurse=False).find(function, name)
    assert example.examples
    assert doctest.DocTestRunner().run(example).failed == 0


def printed_by(block: str) -> list[str]:
    """The lines that a marked block of the README prints."""
    code = README.read_text().partition(f"<!-- {block} -->\n```python\n")[2].partition("```")[0]
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(compile(code, "<README.md>", "exec"), {"__name__": "__main__"})
    return output.getvalue().splitlines()


@pytest.mark.slow
def test_the_readmes_own_step_works() -> None:
    verdict, seconds = printed_by("own-step")
    assert verdict.startswith(("Rounding:", "The same"))
    assert all(float(word) > 0 for word in seconds.split())


@pytest.mark.slow
def test_the_readmes_own_formula_works() -> None:
    most, verdict = printed_by("own-formula")
    assert int(most) > 100
    assert verdict.startswith(("Rounding:", "The same"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_an_example_imports_and_asks_of_an_explorer_is_there(page: Path) -> None:
    from dashboard import Explorer

    for code in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL):
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom) and node.module:
                module = importlib.import_module(node.module)
                assert all(hasattr(module, alias.name) for alias in node.names), code
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                named = node.value.id in {"explorer", "left"}
                assert not named or hasattr(Explorer, node.attr), code
