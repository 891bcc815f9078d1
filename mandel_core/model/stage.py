"""What every stage knows about itself."""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal, Unpack

import numpy as np
from numpy.typing import NDArray

from mandel_core.formulas import FORMULAS, MANDELBROT
from mandel_core.formulas.formula import Formula
from mandel_core.model.job import Job
from mandel_core.model.settings import Keywords, Settings
from mandel_core.model.sources import (
    ARITHMETIC,
    AROUND_OWN,
    FOR_OTHER_FORMULAS,
    FOR_PREVIOUS_Z,
    VECTORS,
    Part,
    modules_run_by,
    parts_run_by,
)
from mandel_core.runtime.registry import Registry

Varies = Literal["chunksize", "device", "threads"]
KERNELS = "mandel_core.kernels."
NUMBA = "mandel_core.compilers.numba_formula"  # which all kernels in Numba use
BETWEEN = "\n\n"  # functions, whose own text ends with a line's end
Step = Callable[..., Any]
ZN = tuple[NDArray[np.complexfloating], NDArray[np.integer]]


@dataclass(frozen=True)
class Stage:
    """One stage of optimisation.

    name : the word used in code and in links.
    title, section : for people: what it is called, and the section of the tutorial, “JIT-compiling
        NumPy code in PyTorch land”, that it comes from.
    step : the function this stage is about; its text is what the reader should look at.
    run : computes a job's Z, complex64 or complex128 as its settings say, and N, int64 or int32;
        both (ny, nx), as in a Frame. Raises StageFailure if it cannot run here.
    varies : which of "chunksize", "device" and "threads" make a difference.
    needs_torch : whether running it on the CPU imports torch.
    any_size : whether what is compiled once serves every size of picture.
    kernels : what Numba has compiled for a run on the CPU with these settings; None for stages that
        are not Numba's.
    elsewhere : which function computes a job with a formula on a device, such as "cuda", that is
        not the CPU; None where `run` calls the same functions on every device.
    """

    name: str
    title: str
    section: str
    step: Callable[..., Any]
    run: Callable[[Job], ZN]
    varies: frozenset[Varies] = frozenset()
    needs_torch: bool = True
    any_size: bool = False
    kernels: Callable[[Settings], list[Any]] | None = None
    elsewhere: Callable[[Formula, str], Callable[[Job], ZN]] | None = None

    def uses_torch(self, settings: Settings) -> bool:
        """Whether a run with these settings imports torch: on any device but the CPU all do."""
        return self.needs_torch or ("device" in self.varies and settings.device != "cpu")

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every function whose arithmetic runs for z² + c; see `parts_for`."""
        return self.parts_for(MANDELBROT)

    def parts_for(self, formula: Formula, device: str = "cpu") -> tuple[Part, ...]:
        """Every function whose arithmetic runs, also those in other files; the step is last.

        The formula's come first, unless the stage's own file has it, as most have z² + c. Raises
        OSError if a file is gone.
        """
        if not self.run.__module__.startswith(ARITHMETIC):
            parts = parts_of(self.step)
        else:
            left_out = set(FOR_OTHER_FORMULAS) if formula is MANDELBROT else set()
            if not formula.needs_previous_z:
                left_out |= FOR_PREVIOUS_Z
            entry = self._entry(formula, device)
            parts = parts_run_by(*entry, not_followed=frozenset(left_out))
        if formula is MANDELBROT and not has_kernels(parts):
            return parts
        shown = set(parts)
        return (*(part for part in _parts_of_formula(formula) if part not in shown), *parts)

    def modules_for(self, formula: Formula, device: str = "cpu") -> frozenset[str]:
        """Where these functions are, and those between them that only hand on what they compute.

        For a registered stage, whose own text is not among them, what surrounds its step.
        """
        if not self.run.__module__.startswith(ARITHMETIC):
            return frozenset(AROUND_OWN)
        of_formula = {part.module for part in _parts_of_formula(formula)}
        modules = modules_run_by(*self._entry(formula, device)) | {
            module for module in of_formula if module.startswith(ARITHMETIC)
        }
        return modules | set(VECTORS) if NUMBA in modules else modules

    def _entry(self, formula: Formula, device: str) -> tuple[str, ...]:
        """The module and the names of the functions from which `parts_for` follows."""
        run = self.run
        if self.elsewhere is not None and device.partition(":")[0] != "cpu":
            run = self.elsewhere(formula, device)
        return run.__module__, "step", run.__name__

    @property
    def source(self) -> str:
        """The text of `parts`, with a line that names the file before those of another."""
        return self.source_for(MANDELBROT)

    def source_for(self, formula: Formula, device: str = "cpu") -> str:
        """The same of `parts_for` another formula, or on another device."""
        return "".join(text for text, _ in self._texts(formula, device))

    def _texts(self, formula: Formula, device: str) -> Iterator[tuple[str, Part | None]]:
        parts = self.parts_for(formula, device)
        before, files = "", {part.module for part in parts}
        replaces = formula is not MANDELBROT and not has_kernels(parts)
        for part in parts:
            if before:
                yield BETWEEN, None
            if part.module != before and len(files) > 1:
                words = f"# {part.module.replace('.', '/')}.py"
                if replaces and not before:
                    words += f": {formula.expression}, in place of z² + c below"
                yield f"{words}\n{BETWEEN}", None
            yield part.text, part
            before = part.module

    def line_in_source(
        self, file: str, line: int, formula: Formula = MANDELBROT, device: str = "cpu"
    ) -> int | None:
        """Where in `source_for` these, from 1, a line of a file is; None if it is not in there.

        Of the file's name its end will do, which is what compilers print.
        """
        before = 0
        for text, part in self._texts(formula, device):
            lines = text.count("\n")
            if part is not None and 0 <= line - part.line < lines:
                path = PurePath(part.file).as_posix()
                if path.endswith(PurePath(file).as_posix()):
                    return before + line - part.line + 1
            before += lines
        return None

    @property
    def about(self) -> str:
        """What the stage changes, what the tutorial reported, what is different today."""
        return inspect.getdoc(sys.modules[self.run.__module__]) or ""


def has_kernels(parts: tuple[Part, ...]) -> bool:
    """Whether there are kernels among them, which are made for each formula."""
    return any(part.module.startswith(KERNELS) for part in parts)


def _parts_of_formula(formula: Formula) -> tuple[Part, ...]:
    module, name = formula.step.__module__, formula.step.__qualname__.partition(".")[0]
    if module.startswith(ARITHMETIC):
        return parts_run_by(module, name)
    try:
        return parts_of(formula.step)
    except OSError:  # of one's own, without its text
        return ()


def parts_of(step: Callable[..., Any]) -> tuple[Part, ...]:
    """The helpers of a step from anywhere, and the step. Raises OSError if there is no text."""
    return tuple(map(_part, [*helpers(step), step]))


def _part(function: Any) -> Part:
    lines, first = inspect.getsourcelines(function)
    file = inspect.getsourcefile(function) or ""
    return Part(function.__module__, function.__name__, file, first, "".join(lines))


def helpers(step: Callable[..., Any]) -> list[types.FunctionType]:
    """The Python functions that a step calls, each after those that it calls itself.

    They are in its module, around it, or the defaults of its arguments.
    """
    found: list[types.FunctionType] = []

    seen: set[Any] = {step}

    def visit(function: types.FunctionType) -> None:
        for called in _called(function):
            if called not in seen:
                seen.add(called)
                visit(called)
                found.append(called)

    if isinstance(step, types.FunctionType):
        visit(step)
    return found


def _called(function: types.FunctionType) -> list[types.FunctionType]:
    names = function.__code__.co_names
    named = [value for name, value in function.__globals__.items() if name in names]
    around = inspect.getclosurevars(function).nonlocals.values()
    usual = function.__defaults__ or ()
    return [value for value in (*named, *around, *usual) if isinstance(value, types.FunctionType)]


class StageList(Registry[Stage]):
    """The stages in order, registered ones last; a stage is found by position or by name."""

    def __init__(self, stages: tuple[Stage, ...]) -> None:
        super().__init__("stage", stages)

    def settings(
        self, stage: str | Stage, maxiter: int = 200, **keywords: Unpack[Keywords]
    ) -> Settings:
        """The settings for one of these stages. Raises ValueError for what makes no sense."""
        if "formula" in keywords:
            FORMULAS.find(keywords["formula"])
        return Settings(self.find(stage).name, maxiter, **keywords)
