"""What every stage knows about itself."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from mandel_core.job import Job, Settings

Varies = Literal["chunksize", "device", "threads"]
_BETWEEN = "\n\n"  # functions, whose own text ends with a line's end
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
    """

    name: str
    title: str
    section: str
    step: Callable[..., Any]
    run: Callable[[Job], ZN]
    varies: frozenset[Varies] = frozenset()
    needs_torch: bool = True

    def uses_torch(self, settings: Settings) -> bool:
        """Whether a run with these settings imports torch: on any device but the CPU all do."""
        return self.needs_torch or ("device" in self.varies and settings.device != "cpu")

    @property
    def functions(self) -> list[Callable[..., Any]]:
        """The helpers beside the step that it calls, and the step."""
        module = sys.modules[self.step.__module__]
        names = set(self.step.__code__.co_names)
        helpers: list[Callable[..., Any]] = [
            value
            for name, value in vars(module).items()
            if name in names and inspect.isfunction(value) and value is not self.step
        ]
        return [*helpers, self.step]

    @property
    def source(self) -> str:
        """The text of the step, and of the helpers beside it that it calls."""
        return _BETWEEN.join(map(inspect.getsource, self.functions))

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
            before += len(lines) + len(_BETWEEN)
        return None

    @property
    def about(self) -> str:
        """What the stage changes, what the tutorial reported, what is different today."""
        return inspect.getdoc(sys.modules[self.run.__module__]) or ""


class StageList:
    """The stages in order; a stage is found by position or by name."""

    def __init__(self, stages: tuple[Stage, ...]) -> None:
        self._stages = stages

    def __iter__(self) -> Iterator[Stage]:
        return iter(self._stages)

    def __len__(self) -> int:
        return len(self._stages)

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

    def __repr__(self) -> str:
        return f"StageList({', '.join(self.names)})"
