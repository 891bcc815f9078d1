"""Why there is no result: a stage that cannot run here, or a computation that was given up."""

from __future__ import annotations

from typing import Literal

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


class Cancelled(Exception):
    """The computation was cancelled between two steps, since its result is no longer wanted."""
