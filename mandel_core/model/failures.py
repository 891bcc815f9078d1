"""Why there is no result: a stage that cannot run here, or a computation that was given up.

Whoever finds a reason writes its sentence. What torch and its compilers raise becomes one in
`compilers/torch_failures.py`, what Numba raises in `stages/applying.py`; what a stage cannot do is
said in its own file, and what ends a process, or a wait for one, in `worker`.
"""

from __future__ import annotations

import re
from typing import Literal

# What leads to a file: where this machine keeps its files is not for a page to tell.
_FOLDERS = re.compile(r"(?<![\w.:/])/(?:[^\s/:'\"`,]+/)+")

# Numba colours its messages for terminals.
_TERMINAL = re.compile(r"\x1b\[[0-9;]*m")

FailureKind = Literal[
    "recompile-limit",
    "graph-break",
    "unsupported",
    "no-compiler",
    "no-device",
    "died",
    "too-long",
    "too-large",
    "not-allowed",
    "yielded",
    "error",
]


class StageFailure(Exception):
    """A stage cannot run here. `render` raises it; sweeps and the worker carry it as a value.

    `kind` is one of FailureKind, `reason` one sentence for people, `details` the compiler's own
    words (may be long, may be empty).
    """

    def __init__(self, stage: str, kind: FailureKind, reason: str, details: str = "") -> None:
        super().__init__(stage, kind, reason, details)
        self.stage = stage
        self.kind = kind
        self.reason = reason
        self.details = details

    def __str__(self) -> str:
        return f"{self.stage}: {self.reason}"


def without_folders(words: str) -> str:
    """Words in which each file is told by its name alone, and without a terminal's colours."""
    return _FOLDERS.sub("…/", _TERMINAL.sub("", words))


class Cancelled(Exception):
    """The computation was cancelled between two steps, since its result is no longer wanted."""
