"""Code as HTML, line by line, in few enough elements that a browser takes thousands of lines."""

from __future__ import annotations

import html
from functools import cache
from typing import Any

from mandel_core.inspection.report import Language

_LEXERS: dict[Language, str] = {
    "cpp": "cpp",
    "triton": "python",
    "python": "python",
    "llvm": "llvm",
    "asm": "gas",
}


def highlighted(text: str, language: Language) -> list[str]:
    """A line of HTML for each of the text's lines.

    What is coloured stands in a span of class k (keyword), t (type), f (function), s (string),
    m (number) or c (comment); all else, most of it, is plain text.
    """
    from pygments.lexers import get_lexer_by_name

    lexer = get_lexer_by_name(_LEXERS[language], stripnl=False)
    lines = [""]
    for kind, value in lexer.get_tokens(text if text.endswith("\n") else f"{text}\n"):
        css = _css(kind)
        for number, part in enumerate(value.split("\n")):
            if number:
                lines.append("")
            if part:
                escaped = html.escape(part)
                lines[-1] += f'<span class="{css}">{escaped}</span>' if css else escaped
    return lines[:-1]  # what follows the last line's end


@cache
def _css(kind: Any) -> str:
    from pygments.token import Comment, Keyword, Literal, Name, Number

    return next(
        (
            css
            for family, css in (
                (Comment, "c"),
                (Keyword.Type, "t"),
                (Keyword, "k"),
                (Number, "m"),
                (Literal, "s"),
                (Name.Function, "f"),
                (Name.Decorator, "f"),
                (Name.Label, "t"),
            )
            if kind in family
        ),
        "",
    )
