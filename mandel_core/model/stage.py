"""What every stage knows about itself."""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal, Unpack, overload

import numpy as np
from numpy.typing import NDArray

from mandel_core.model.job import Job
from mandel_core.model.settings import Keywords, Settings

Varies = Literal["chunksize", "device", "threads"]
BETWEEN = "\n\n"  # functions, whose own text ends with a line's end
Step = Callable[..., Any]
ZN = tuple[NDArray[np.complexfloating], NDArray[np.integer]]


@dataclass(frozen=True)
class Stage:
    """One stage of optimisation.

    name : the word used in code and in links.
    title, section : for people; the section of the tutorial it comes from.
    step : the function this stage is about; its text is what the reader should look at.
    run : computes a job's Z and N, both (ny, nx).
    varies : which of "chunksize", "device" and "threads" make a difference.
    needs_torch : whether running it on the CPU imports torch.
    any_size : whether what is compiled once serves every size of picture.
    """

    name: str
    title: str
    section: str
    step: Callable[..., Any]
    run: Callable[[Job], ZN]
    varies: frozenset[Varies] = frozenset()
    needs_torch: bool = True
    any_size: bool = False

    def uses_torch(self, settings: Settings) -> bool:
        """Whether a run with these settings imports torch: on any device but the CPU all do."""
        return self.needs_torch or ("device" in self.varies and settings.device != "cpu")

    @property
    def functions(self) -> list[Callable[..., Any]]:
        """The helpers beside the step that it calls, and the step."""
        return [*helpers(self.step), self.step]

    @property
    def source(self) -> str:
        """The text of the step, and of the helpers beside it that it calls."""
        return BETWEEN.join(map(inspect.getsource, self.functions))

    def line_in_source(self, file: str, line: int) -> int | None:
        """Where in `source`, from 1, a line of a file is; None if it is not in there.

        Of the file's name its end will do, which is what compilers print.
        """
        before = 0
        for function in self.functions:
            lines, first = inspect.getsourcelines(function)
            path = PurePath(inspect.getsourcefile(function) or "").as_posix()
            if path.endswith(PurePath(file).as_posix()) and 0 <= line - first < len(lines):
                return before + line - first + 1
            before += len(lines) + len(BETWEEN)
        return None

    @property
    def about(self) -> str:
        """What the stage changes, what the tutorial reported, what is different today."""
        return inspect.getdoc(sys.modules[self.run.__module__]) or ""


def helpers(step: Callable[..., Any]) -> list[types.FunctionType]:
    """The Python functions that a step calls, from its module or around it, in their order."""
    if not isinstance(step, types.FunctionType):
        return []
    names = step.__code__.co_names
    named = [value for name, value in step.__globals__.items() if name in names]
    around = inspect.getclosurevars(step).nonlocals.values()
    return [
        value
        for value in (*named, *around)
        if isinstance(value, types.FunctionType) and value is not step
    ]


class StageList:
    """The stages in order, registered ones last; a stage is found by position or by name."""

    def __init__(self, stages: tuple[Stage, ...]) -> None:
        self._built_in = self._stages = stages
        self._watchers: list[Callable[[str], None]] = []

    def __iter__(self) -> Iterator[Stage]:
        return iter(self._stages)

    def __len__(self) -> int:
        return len(self._stages)

    @property
    def registered(self) -> tuple[Stage, ...]:
        """The stages that do not come with the package."""
        return self._stages[len(self._built_in) :]

    def add(self, stage: Stage) -> None:
        """Put a stage last, or in the place of the registered one of that name."""
        if stage.name in {known.name for known in self._built_in}:
            raise ValueError(f"the stage {stage.name!r} comes with the package")
        if stage.name in self.names:
            known = self._stages
            self._stages = tuple(stage if old.name == stage.name else old for old in known)
        else:
            self._stages = (*self._stages, stage)
        self._tell(stage.name)

    def remove(self, name: str) -> None:
        """Take a registered stage away. Raises KeyError if there is none of that name."""
        if name not in {stage.name for stage in self.registered}:
            raise KeyError(name)
        self._stages = tuple(stage for stage in self._stages if stage.name != name)
        self._tell(name)

    def watch(self, watcher: Callable[[str], None]) -> None:
        """Call `watcher` with the name of each stage that is added, replaced or removed."""
        self._watchers.append(watcher)

    def _tell(self, name: str) -> None:
        for watcher in self._watchers:
            watcher(name)

    @overload
    def __getitem__(self, key: int | str) -> Stage: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[Stage, ...]: ...
    def __getitem__(self, key: int | str | slice) -> Stage | tuple[Stage, ...]:
        if not isinstance(key, str):
            return self._stages[key]
        for stage in self._stages:
            if stage.name == key:
                return stage
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        return any(key is stage or key == stage.name for stage in self._stages)

    @property
    def names(self) -> tuple[str, ...]:
        """The stages' names, in order."""
        return tuple(stage.name for stage in self._stages)

    def find(self, stage: str | Stage) -> Stage:
        """The stage of that name. Raises ValueError, naming those there are."""
        name = stage.name if isinstance(stage, Stage) else stage
        if name not in self.names:
            raise ValueError(f"there is no stage {name!r}; there are {', '.join(self.names)}")
        return self[name]

    def settings(
        self, stage: str | Stage, maxiter: int = 200, **keywords: Unpack[Keywords]
    ) -> Settings:
        """The settings for one of these stages. Raises ValueError for what makes no sense."""
        return Settings(self.find(stage).name, maxiter, **keywords)

    def __repr__(self) -> str:
        return f"StageList({', '.join(self.names)})"
