"""Every library that a file imports is one that pyproject.toml names, and has a version to test."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OURS = {"mandel_core", "dashboard", "tests", "only_here"}  # the last is made by a test
KNOWN = {"griffe": ["griffelib"]}  # where the documentation's libraries are not installed
BROUGHT = {"triton"}  # with torch for CUDA, and imported only there
# Which extras each folder may rely on, beside the dependencies of the packages themselves.
FOLDERS = {
    "mandel_core": ("bench",),
    "dashboard": ("notebook", "test"),  # its bench and trials drive a browser
    "tests": ("test", "notebook"),
    "notebooks": ("test", "notebook"),
    "docs": ("docs",),
}


def plain(name: str) -> str:
    """The name of a distribution as an index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def named(requirements: list[str]) -> set[str]:
    """The distributions of a list of requirements."""
    return {plain(re.split(r"[^\w.-]", one)[0]) for one in requirements}


def imported(file: Path) -> set[str]:
    """The first names of all modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return {name.partition(".")[0] for name in found}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_import_is_declared(folder: str) -> None:
    optional = PROJECT["optional-dependencies"]
    distributions = KNOWN | dict(packages_distributions())
    declared = named(PROJECT["dependencies"])
    for extra in FOLDERS[folder]:
        declared |= named(optional[extra])
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    missing = [
        f"{file.relative_to(ROOT)}: {name}"
        for file in files
        for name in sorted(imported(file) - OURS - BROUGHT - sys.stdlib_module_names)
        if not declared & {plain(one) for one in distributions.get(name, [name])}
    ]
    assert missing == []


def test_every_dependency_has_the_version_that_is_tested() -> None:
    lines = (ROOT / "constraints.txt").read_text().split()
    constrained = {plain(line.partition("==")[0]) for line in lines}
    needed = named(PROJECT["dependencies"])
    for extra in PROJECT["optional-dependencies"].values():
        needed |= named(extra)
    assert needed - {plain(PROJECT["name"])} <= constrained
