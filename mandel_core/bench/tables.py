"""The report as Markdown: a short table for the README, and a full one for each scene."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mandel_core.words import count, duration

Row = dict[str, Any]
Markers = tuple[str, str]
STAGES_HERE: Markers = ("<!-- stages -->", "<!-- /stages -->")


def performance_here(isa: str | None) -> Markers:
    """Where the full report of a run belongs that was, or was not, confined to these."""
    name = f"performance-{isa}" if isa else "performance"
    return f"<!-- {name} -->", f"<!-- /{name} -->"


PERFORMANCE_HERE = performance_here(None)


def full(result: dict[str, Any]) -> str:
    """A table for each scene, and a paragraph on what it was measured on."""
    parts = [_machine(result), ""]
    parts += ["| type | threads | multiply-adds | bound |", "|---|---|---|---|"]
    parts += [
        f"| {peak['dtype']} | {peak['threads']} | {peak['multiply_adds_per_second'] / 1e9:.1f} G/s "
        f"| {peak['bound_iterations_per_second'] / 1e9:.1f} Giter/s |"
        for peak in result["peaks"]
    ]
    for scene in result["scenes"]:
        parts += [
            *("", f"### {scene['title']} (`{scene['scene']}`)", ""),
            f"{_size(scene)}, {scene['dtype']}, chunks of {scene['chunksize']}; "
            f"{scene['useful_iterations'] / 1e6:.4g} million useful iterations.",
            *("", *_table(scene["rows"])),
        ]
    return "\n".join(parts)


def _table(rows: list[Row]) -> list[str]:
    """A line for each contender: all that is known with most threads, the time with fewer."""
    *fewer, most = sorted({row["threads"] for row in rows})
    head = [
        "",
        f"{count(most, 'thread')}: median (min–max)",
        *("rounds", "× NumPy", "executed Giter/s", "useful Giter/s"),
        *("of the bound", "agrees", "compile"),
        *(count(threads, "thread") for threads in fewer),
        "outcome",
    ]
    return [_line(head), "|---" * len(head) + "|"] + [
        _line(_cells(own[most], [own[threads] for threads in fewer])) for own in _by_name(rows)
    ]


def _cells(row: Row, others: list[Row]) -> list[str]:
    return [
        f"{_name(row)}{' ' + row['version'] if row['version'] else ''}",
        _time(row),
        str(len(row["rounds"])),
        _number(row["times_numpy"], ".2f"),
        _number(row["executed_per_second"], ".2f", 1e-9),
        _number(row["useful_per_second"], ".2f", 1e-9),
        _number(row["bound_fraction"], ".1f", 100, " %"),
        _number(row["agrees"], ".2f", 100, " %"),
        _number(row["compile_seconds"], ".1f", 1, " s"),
        *(_time_or_reason(other, row) for other in others),
        _outcome(row),
    ]


def _time_or_reason(row: Row, beside: Row) -> str:
    if row["rounds"]:
        return duration(row["median_seconds"])
    return "–" if row["outcome"] == beside["outcome"] else _in_a_cell(row["outcome"])


def short(result: dict[str, Any]) -> str:
    """The stages on the tutorial's scene with most threads, a line each."""
    scene = next(scene for scene in result["scenes"] if scene["scene"] == "tutorial")
    rows = [row for row in scene["rows"] if row["kind"] == "stage"]
    most = max(row["threads"] for row in rows)
    head = ["stage", count(most, "thread"), "× NumPy", "compile"]
    lines = [_line(head), "|---" * len(head) + "|"]
    for row in (own[most] for own in _by_name(rows)):
        cells = [
            duration(row["median_seconds"]) if row["rounds"] else _outcome(row),
            _number(row["times_numpy"], ".3g"),
            _number(row["compile_seconds"], ".1f", 1, " s"),
        ]
        lines.append(_line([_name(row), *(cells if row["rounds"] else [cells[0], "–", "–"])]))
    return "\n".join(
        [*lines, "", f"{_size(scene)}, chunks of {scene['chunksize']}; {_machine(result)}"]
    )


def _by_name(rows: list[Row]) -> list[dict[int, Row]]:
    names = dict.fromkeys(row["name"] for row in rows)
    return [{row["threads"]: row for row in rows if row["name"] == name} for name in names]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _size(scene: dict[str, Any]) -> str:
    return f"{scene['nx']} × {scene['ny']} points, {scene['maxiter']} iterations"


def _machine(result: dict[str, Any]) -> str:
    machine = result["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    rounds = count(result["repeats"], "round")
    return (
        f"{machine['cpu']} with {machine['instruction_set']}, {machine['cores']} cores; "
        f"{versions}; {result['date'][:10]}. "
        f"At most {rounds}, all contenders in turn; each in a process of its own, "
        "with empty compiler caches."
    )


def _name(row: Row) -> str:
    return f"{row['title']} (`{row['name']}`)"


def _time(row: Row) -> str:
    if not row["rounds"]:
        return "–"
    low, middle, high = (duration(row[f"{which}_seconds"]) for which in ("min", "median", "max"))
    return f"{middle} ({low}–{high})"


def _number(value: float | None, form: str, factor: float = 1, unit: str = "") -> str:
    return "–" if value is None else f"{value * factor:{form}}{unit}"


def _in_a_cell(words: str) -> str:
    return " ".join(words.split()).replace("|", "\\|")


def _outcome(row: Row) -> str:
    words = _in_a_cell(row["outcome"])
    if row["warnings"]:
        words += f", {count(row['warnings'], 'compiler warning')}"
    return f"{words} ({row['note']})" if row["note"] else words


def split_at(file: Path, markers: Markers) -> tuple[str, str]:
    """The text of `file` up to the start marker and from the end marker on, both included."""
    # Not read_text: it would turn CRLF into LF.
    head, start, rest = file.read_bytes().decode().partition(markers[0])
    _, end, tail = rest.partition(markers[1])
    if not (start and end):
        raise ValueError(f"{file} lacks the markers {markers[0]} and {markers[1]}")
    return head + start, end + tail
