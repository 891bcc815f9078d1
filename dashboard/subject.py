"""What is looked at or measured: a view, and how it is computed, as it was at one moment."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from dashboard.state import State
from mandel_core import STAGES, Settings, Viewport
from mandel_core.model.viewport import Precision
from mandel_core.runtime.threads import cores

# What a state and settings call by the same name, and mean the same by.
_ALIKE = {field.name for field in fields(State)} & {field.name for field in fields(Settings)}


@dataclass(frozen=True)
class Subject:
    """A view with its samples, and the state it was seen in.

    threads : how many compute; all cores if it is their number.
    """

    view: Viewport
    state: State
    threads: int

    def settings(
        self,
        stage: str | None = None,
        chunksize: int | None = None,
        threads: int | None = None,
    ) -> Settings:
        """The settings of then, or with another stage, chunk size, thread count."""
        state = self.state
        name, threads = stage or state.stage, threads or self.threads
        chosen: Precision = "float32" if state.precision == "float32" else "float64"
        return replace(
            Settings(**{field: getattr(state, field) for field in _ALIKE}),
            stage=name,
            chunksize=chunksize or state.chunksize,
            device=state.device if "device" in STAGES[name].varies else "cpu",
            # All cores are the default everywhere, and what is compiled for it serves all.
            threads=None if threads == cores() else threads,
            dtype=self.view.precision if state.precision == "automatic" else chosen,
            formula_c=state.c,
        )

    def same_work(self, other: Subject) -> bool:
        """Whether a stage has the same to do for both."""
        return (self.view, self.settings("numpy")) == (other.view, other.settings("numpy"))
