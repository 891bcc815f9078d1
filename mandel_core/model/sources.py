"""The text of all functions whose arithmetic a function runs, also of those in other files.

What is followed are names: those a function uses of its own module, those it imports, and the
methods of a formula. So a method must not have the name of another object's in these files.

Files are read, not imported: the kernels of some stages import a compiler, which a page that only
shows their text does not need.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]

# Where arithmetic is; what else a stage calls prepares arrays, compiles, or counts threads.
ARITHMETIC = (
    "mandel_core.stages.stage_",
    "mandel_core.stages.loops",
    "mandel_core.stages.planes",
    "mandel_core.stages.applying",
    "mandel_core.stages.fast_on_device",
    "mandel_core.kernels.",
    "mandel_core.compilers.numba_formula",
    "mandel_core.compilers.numba_jit",
    "mandel_core.compilers.triton_formula",
    "mandel_core.formulas.",
)
# Functions that run a whole job, compile, look something up, or allocate: they are in the
# fingerprint, and not shown.
NOT_MEANT = {
    *("run", "compile_step", "numba_kernel", "_compiled", "_kernel"),
    *("jit", "jit_borrowing", "jit_part", "jit_borrowing_part"),
    *("_stub", "_chosen", "_constant", "scratch"),
    *("formula_of", "refuse_previous_z", "refuse_others", "numba_trouble", "_applied", "_with"),
    *("complex_step", "pairs_step", "planes_step"),
    *("zeros", "scalar", "_empty", "numbers"),
    *("compute_elsewhere", "why_not", "on_cuda", "tensors_on_cuda", "_launched", "_launch"),
    *("frame", "blocks", "kernels", "traced_step", "text_of", "_text", "with_names"),
}
# The step of z² + c is shown in place of what makes one of a formula for Numba; what colours
# pictures on a device is no part of a stage; and where a stage runs other functions on other
# devices, `Stage.elsewhere` says which.
NOT_FOLLOWED = {"bare_step", "_counts", "run_elsewhere"}
# What gives a step, or a loop, another formula than the z² + c that it has.
FOR_OTHER_FORMULAS = {"complex_step", "pairs_step", "planes_step", "from_pixel"}
# What serves the formulas alone that need the z before.
FOR_PREVIOUS_Z = {"_run_with_previous_z", "step_with_previous_z"}
# The methods that compute, of the one class in these files.
METHODS = {name: ("mandel_core.formulas.formula", f"Formula.{name}") for name in ("begin", "next")}
# How Numba's kernels add, multiply, compare and load whole vectors: instructions of LLVM's rather
# than functions, and not shown, but whoever changes them changes what runs.
VECTORS = ("mandel_core.compilers.numba_vectors", "mandel_core.compilers.numba_memory")
# What surrounds the step of a registered stage, whose own text is all that is shown of it.
AROUND_OWN = ("mandel_core.stages.loops", "mandel_core.stages.planes")


@dataclass(frozen=True)
class Part:
    """A function's text, and where it is: the file, and the number of its first line there."""

    module: str
    name: str
    file: str
    line: int
    text: str


@dataclass
class _Module:
    """A module's functions, and the names that lead to others: (module, function or "")."""

    file: str
    lines: list[str]
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    made_of: dict[str, list[str]] = field(default_factory=dict)  # for Numba, of which functions
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)


def parts_run_by(
    module: str, *names: str, not_followed: frozenset[str] = frozenset()
) -> tuple[Part, ...]:
    """The functions of `module` of these names, and all that they refer to where arithmetic is.

    What Numba makes of a name, an intrinsic or an overload, is among them. not_followed : names of
    functions that are left out, with all that only they refer to.

    By file, the module's own last; within a file in the order they stand there.

    Raises OSError or SyntaxError if a file cannot be read.
    """
    found = _found(module, names, not_followed)
    files = sorted(found, key=lambda where: (where == module, where))
    return tuple(part for where in files for part in _texts(where, found[where] - NOT_MEANT))


def modules_run_by(module: str, *names: str) -> frozenset[str]:
    """The modules of all functions that `parts_run_by` follows, whether they are shown or not."""
    return frozenset(_found(module, names, frozenset()))


@cache
def _found(
    module: str, names: tuple[str, ...], not_followed: frozenset[str]
) -> dict[str, set[str]]:
    """By module, the names of the functions."""
    found: dict[str, set[str]] = {}
    todo = [(module, name) for name in names]
    while todo:
        where, name = todo.pop()
        parsed = _parsed(where) if name not in NOT_FOLLOWED | not_followed else None
        if parsed is not None:
            todo += [(where, function) for function in parsed.made_of.get(name, ())]
        if parsed is None or name not in parsed.functions or name in found.get(where, ()):
            continue
        found.setdefault(where, set()).add(name)
        todo += _referred_to(where, parsed, parsed.functions[name])
    return found


def text_of(module: str) -> str:
    """The text of a module of this package, which is not imported. Raises OSError without one."""
    return _file_of(module).read_text()


def _file_of(module: str) -> Path:
    # Not find_spec, which imports what a name leads through, and that may be no package.
    return ROOT.joinpath(*module.split(".")).with_suffix(".py")


def _texts(module: str, names: set[str]) -> Iterator[Part]:
    parsed = _parsed(module)
    assert parsed is not None
    for name, node in parsed.functions.items():
        if name in names:
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            text = dedent("".join(parsed.lines[first - 1 : node.end_lineno]))  # a method's
            yield Part(module, name, parsed.file, first, text)


def _referred_to(
    module: str, parsed: _Module, function: ast.FunctionDef
) -> Iterator[tuple[str, str]]:
    imported = parsed.imported | _imports(function)
    given = {one.arg for one in (*function.args.args, *function.args.kwonlyargs)}
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            where, name = imported.get(node.value.id, ("", ""))
            if where:
                yield f"{where}.{name}" if name else where, node.attr
            elif node.attr in METHODS:
                yield METHODS[node.attr]
        elif isinstance(node, ast.Attribute) and node.attr in METHODS:
            yield METHODS[node.attr]
        elif isinstance(node, ast.Name) and node.id in given:
            continue
        elif isinstance(node, ast.Name) and node.id in imported:
            yield imported[node.id]
        elif isinstance(node, ast.Name):
            yield module, node.id


@cache
def _parsed(module: str) -> _Module | None:
    """The module, if it is one of those with arithmetic in it."""
    if not module.startswith(ARITHMETIC):
        return None
    file = _file_of(module)
    if not file.exists():  # a function that was imported by its name
        return None
    text = file.read_text()
    tree = ast.parse(text)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    functions |= {
        f"{kind.name}.{node.name}": node
        for kind in tree.body
        if isinstance(kind, ast.ClassDef)
        for node in kind.body
        if isinstance(node, ast.FunctionDef)
    }
    own = ast.Module([node for node in tree.body if not isinstance(node, ast.FunctionDef)], [])
    lines = text.splitlines(keepends=True)
    return _Module(str(file), lines, functions, _made_of(tree.body), _imports(own))


def _made_of(statements: list[ast.stmt]) -> dict[str, list[str]]:
    """What stands behind `name = intrinsic(f)`, and behind a stub that has an overload."""
    found: dict[str, list[str]] = {}
    for statement in statements:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(name)], value=ast.Call(args=[ast.Name(function)]))
                | ast.AnnAssign(target=ast.Name(name), value=ast.Call(args=[ast.Name(function)]))
            ):
                found.setdefault(name, []).append(function)
            case ast.FunctionDef(
                name=function,
                decorator_list=[ast.Call(func=ast.Name("overload"), args=[ast.Name(name)])],
            ):
                found.setdefault(name, []).append(function)
    return found


def _imports(tree: ast.AST) -> dict[str, tuple[str, str]]:
    return {
        name.asname or name.name: (node.module, name.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for name in node.names
    }
