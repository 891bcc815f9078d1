"""What the trials found, as plain values, and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """One line of the table.

    met : whether the target was met; None where there is none.
    timing : whether that depends on how fast, or how busy, the machine is.
    """

    part: str
    trial: str
    result: str
    target: str = ""
    met: bool | None = None
    timing: bool = False


@dataclass(frozen=True)
class Defect:
    """Something that should not be, and the least input that showed it."""

    part: str
    what: str
    reproduction: str
    times: int = 1


@dataclass
class Results:
    """All that one part, or all parts, found; `details` is for JSON alone."""

    rows: list[Row] = field(default_factory=list)
    defects: list[Defect] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)

    def add(self, other: Results) -> None:
        """Take up another part's."""
        self.rows += other.rows
        self.defects += other.defects
        self.details |= other.details

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)

    def failed(self, timings: bool) -> bool:
        """Whether a target was missed, those that hang on the machine's speed included or not."""
        return any(row.met is False and (timings or not row.timing) for row in self.rows)


def table(results: Results) -> str:
    """The rows in Markdown, then the defects."""
    head = ("part", "trial", "result", "target", "met")
    lines = [
        (row.part, row.trial, row.result, row.target, {True: "yes", False: "NO", None: ""}[row.met])
        for row in results.rows
    ]
    text = [_line(head), _line(["---"] * len(head)), *map(_line, lines)]
    if results.defects:
        text += ["", "Defects:", ""]
    for defect in results.defects:
        times = f" ({defect.times} times)" if defect.times > 1 else ""
        text.append(f"- {defect.part}: {defect.what}{times}\n  `{defect.reproduction}`")
    return "\n".join(text)


def _line(words: Sequence[str]) -> str:
    cells = (" ".join(word.replace("|", "/").split()) for word in words)
    return f"| {' | '.join(cells)} |"
