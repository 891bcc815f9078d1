"""The report as Markdown: a short table for the README, and a full one for each scene."""

from __future__ import annotations

from pathlib import Path
from typing import Any

Markers = tuple[str, str]
STAGES_HERE: Markers = ("<!-- stages -->", "<!-- /stages -->")
PERFORMANCE_HERE: Markers = ("<!-- performance -->", "<!-- /performance -->")

FULL = (
    "| | threads | median run (min–max) | runs | × NumPy | executed Giter/s | useful Giter/s "
    "| of the bound | agrees | compile | outcome |"
)


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
            *("", FULL, "|---" * (FULL.count("|") - 1) + "|"),
            *map(_full_line, _merged(scene["rows"])),
        ]
    return "\n".join(parts)


def _merged(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, but one for a contender that fails alike with any number of threads."""
    merged: list[dict[str, Any]] = []
    for row in rows:
        last = merged[-1] if merged else None
        if last and all(last[key] == row[key] for key in ("name", "outcome")) and not row["runs"]:
            merged[-1] = {**last, "threads": f"{last['threads']}, {row['threads']}"}
        else:
            merged.append(row)
    return merged


def _full_line(row: dict[str, Any]) -> str:
    cells = [
        f"{_name(row)}{' ' + row['version'] if row['version'] else ''}",
        str(row["threads"]),
        _time(row),
        str(len(row["runs"])),
        _number(row["times_numpy"], ".2f"),
        _number(row["executed_per_second"], ".2f", 1e-9),
        _number(row["useful_per_second"], ".2f", 1e-9),
        _number(row["bound_fraction"], ".1f", 100, " %"),
        _number(row["agrees"], ".2f", 100, " %"),
        _number(row["compile_seconds"], ".1f", 1, " s"),
        _outcome(row),
    ]
    return "| " + " | ".join(cells) + " |"


def short(result: dict[str, Any]) -> str:
    """The stages on the tutorial's scene, a line each; each number of threads a pair of columns."""
    scene = next(scene for scene in result["scenes"] if scene["scene"] == "tutorial")
    rows = [row for row in scene["rows"] if row["kind"] == "stage"]
    threads = sorted({row["threads"] for row in rows})
    head = ["stage"]
    for count in threads:
        head += [f"{count} thread{'s' if count > 1 else ''}: median (min–max)", "× NumPy"]
    head += ["compile", "outcome"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for name in dict.fromkeys(row["name"] for row in rows):
        own = {row["threads"]: row for row in rows if row["name"] == name}
        last = own[threads[-1]]
        cells = [_name(last)]
        for count in threads:
            cells += [_time(own[count]), _number(own[count]["times_numpy"], ".2f")]
        cells += [_number(last["compile_seconds"], ".1f", 1, " s"), _outcome(last)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(
        [*lines, "", f"{_size(scene)}, chunks of {scene['chunksize']}; {_machine(result)}"]
    )


def _size(scene: dict[str, Any]) -> str:
    return f"{scene['nx']} × {scene['ny']} points, {scene['maxiter']} iterations"


def _machine(result: dict[str, Any]) -> str:
    machine = result["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    return (
        f"{machine['cpu']}, {machine['cores']} cores; {versions}; {result['date'][:10]}. "
        f"At most {result['repeats']} counted runs, in turn; each contender in a process of its "
        "own, with empty compiler caches."
    )


def _name(row: dict[str, Any]) -> str:
    return f"{row['title']} (`{row['name']}`)"


def _time(row: dict[str, Any]) -> str:
    if not row["runs"]:
        return "–"
    low, middle, high = (seconds(row[f"{which}_seconds"]) for which in ("min", "median", "max"))
    return f"{middle} ({low}–{high})"


def seconds(value: float) -> str:
    """A time with three digits that count."""
    return f"{value:.3g} s" if value >= 1 else f"{value * 1e3:.3g} ms"


def _number(value: float | None, form: str, factor: float = 1, unit: str = "") -> str:
    return "–" if value is None else f"{value * factor:{form}}{unit}"


def _outcome(row: dict[str, Any]) -> str:
    words = " ".join(row["outcome"].split()).replace("|", "\\|")
    if row["warnings"]:
        words += f", {row['warnings']} compiler warning{'s' if row['warnings'] > 1 else ''}"
    return f"{words} ({row['note']})" if row["note"] else words


def split_at(file: Path, markers: Markers) -> tuple[str, str]:
    """The text of `file` up to the start marker and from the end marker on, both included."""
    # Not read_text: it would turn CRLF into LF.
    head, start, rest = file.read_bytes().decode().partition(markers[0])
    _, end, tail = rest.partition(markers[1])
    if not (start and end):
        raise ValueError(f"{file} lacks the markers {markers[0]} and {markers[1]}")
    return head + start, end + tail
