"""Docstrings list parameters and fields as `name : words`; the documentation shows them as lists.

Numpydoc would take the words for a type.
"""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension, Object

_ITEM = re.compile(r"(?P<names>\w+(?:, \w+)*) : (?P<words>.*)")
_HEADING = re.compile(r"^(Parameters|Raises)\n-+$", re.MULTILINE)


class Lists(Extension):
    """Turns them into lists of Markdown."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Rewrite the docstring of an object that was read."""
        if obj.docstring:
            obj.docstring.value = listed(obj.docstring.value)


def listed(text: str) -> str:
    """A docstring whose lines `name : words`, with what is indented beneath them, are lists."""
    lines: list[str] = []
    inside = False
    for line in _HEADING.sub(r"**\1**\n", text).split("\n"):
        if item := _ITEM.fullmatch(line):
            if not inside:
                lines.append("")
            names = ", ".join(f"`{name}`" for name in item["names"].split(", "))
            lines.append(f"- {names}: {item['words']}")
            inside = True
        else:
            inside = inside and line.startswith("    ")
            lines.append(line)
    return "\n".join(lines)
