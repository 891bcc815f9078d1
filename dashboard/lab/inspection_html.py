"""An inspection's figures as HTML, and its remarks on lines of the step."""

from __future__ import annotations

import html
from itertools import groupby
from typing import Any

from dashboard.widgets import theme
from dashboard.widgets.compilers_words import MAX_WORDS, compilers_words
from mandel_core import Inspection
from mandel_core.inspection.report import Remark, largest
from mandel_core.words import count, duration

_CACHE = {
    "hit": ("hit", "nothing was made anew"),
    "miss": ("miss", "all was made anew"),
    "mixed": ("in part", "some was made anew"),
}
# At most so many remarks on a line are shown: compilers repeat them for every frame.
_MANY = 12

STYLE = """<style>
.figures { display: flex; flex-wrap: wrap; gap: 4px 24px; line-height: 1.35; }
.figures span, .figures small { display: block; font-size: .82em; opacity: .85; }
.figures b { font-size: 1.15em; font-variant-numeric: tabular-nums; }
.phases { display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: .85em; margin-top: 3px; }
.phases i { display: inline-block; width: .75em; height: .75em; border-radius: 2px;
  margin-right: 5px; }
.shares { display: flex; height: 8px; border-radius: 4px; overflow: hidden; margin-top: 8px;
  background: color-mix(in srgb, currentColor 10%, transparent); }
.said { margin-top: 6px; }
.said ul { margin: 2px 0 4px; padding-left: 1.6em; }
.said summary { cursor: pointer; }
.failed { border-left: 4px solid FAILURE; padding: 6px 12px; margin-bottom: 8px;
  background: color-mix(in srgb, FAILURE 12%, transparent); }
</style>""".replace("FAILURE", theme.FAILURE)


def figures(seen: Inspection) -> str:
    """All that is said above the code; whatever a compiler said is escaped."""
    parts = [STYLE, _failure(seen)]
    if seen.phases:
        parts += ["<div class='figures'>", *_cards(seen), "</div>", _phases(seen)]
    parts += [
        _folded("graph break", seen.graph_breaks),
        _folded("recompile", seen.recompiles),
        _folded("warning", tuple(Remark(warning) for warning in seen.warnings)),
    ]
    if seen.note:
        parts.append(f"<div class='said'>{html.escape(seen.note)}</div>")
    return "".join(parts)


def notes(seen: Inspection) -> list[dict[str, Any]]:
    """The remarks on lines of the step, one a line and kind: line, kind and text."""
    found: list[dict[str, Any]] = []
    for kind, word, remarks in (
        ("recompile", "Compiled again", seen.recompiles),
        ("break", "The graph breaks here", seen.graph_breaks),
    ):
        placed = sorted((remark for remark in remarks if remark.line), key=lambda r: r.line or 0)
        for line, group in groupby(placed, key=lambda remark: remark.line):
            texts = list(dict.fromkeys(remark.text.partition("\n")[0] for remark in group))
            guards = "once it no longer held that " if kind == "recompile" else ""
            found.append(
                {"line": line, "kind": kind, "text": f"{word} {guards}{', '.join(texts[:_MANY])}"}
            )
    if seen.failure and seen.failure_line:
        text = f"It fails here. {seen.failure.reason}"
        found.append({"line": seen.failure_line, "kind": "failure", "text": text})
    return found


def _cards(seen: Inspection) -> list[str]:
    main = largest(seen.listings)
    cards = []
    if seen.kernels:
        loops = ""
        if seen.loops and main and main.language == "cpp":
            loops = f"{count(seen.loops, 'loop')}, {seen.vector_loops} made for vectors"
        cards.append(_card("Kernels", str(seen.kernels), loops))
    if seen.vector_width is not None:
        width = "none" if seen.vector_width == 1 else f"{seen.vector_width} at once"
        cards.append(_card("Vectors", width, seen.vector_register))
    if seen.operator_calls:
        cards.append(_card("Operators", str(seen.operator_calls), "ready-made, not compiled"))
    if seen.loops is not None:
        cards.append(_card("Graph breaks", str(len(seen.graph_breaks))))
        cards.append(_card("Recompiles", str(len(seen.recompiles))))
    if seen.cache in _CACHE:
        cards.append(_card("Cache on disk", *_CACHE[seen.cache]))
    return cards


def _card(name: str, value: str, more: str = "") -> str:
    small = f"<small>{html.escape(more)}</small>" if more else ""
    return f"<div><span>{name}</span><b>{html.escape(value)}</b>{small}</div>"


def _phases(seen: Inspection) -> str:
    whole = seen.compile_seconds or 1.0
    phases = [
        (html.escape(name), spent, colour)
        for (name, spent), colour in zip(seen.phases, theme.PHASES, strict=False)
        if spent >= 0.0005
    ]
    shares = "".join(
        f"<span title='{name}: {duration(spent)}' "
        f"style='width:{100 * spent / whole:.2f}%;background:{colour}'></span>"
        for name, spent, colour in phases
    )
    legend = "".join(
        f"<span><i style='background:{colour}'></i>{name} {duration(spent)}</span>"
        for name, spent, colour in phases
    )
    total = f"<b>Compiling {duration(seen.compile_seconds)}</b>"
    return f"<div class='shares'>{shares}</div><div class='phases'>{total}{legend}</div>"


def _failure(seen: Inspection) -> str:
    if seen.failure is None:
        return ""
    folded = compilers_words(seen.failure.details)
    reason = html.escape(seen.failure.reason)
    return f"<div class='failed said'>This stage cannot run here. {reason}{folded}</div>"


def _folded(name: str, remarks: tuple[Remark, ...]) -> str:
    if not remarks:
        return ""
    items = "".join(
        f"<li>{html.escape(remark.text[:MAX_WORDS])}"
        f"{f' (line {remark.line})' if remark.line else ''}</li>"
        for remark in remarks
    )
    head = count(len(remarks), name)
    return f"<details class='said'><summary>{head}</summary><ul>{items}</ul></details>"
