"""What a compiler said, folded away beneath a sentence."""

from __future__ import annotations

import html

# Of each text; compilers repeat themselves over megabytes.
MAX_WORDS = 4000

_STYLE = "white-space:pre-wrap;overflow-wrap:anywhere;font-size:.85em;max-height:16em;overflow:auto"


def compilers_words(details: str) -> str:
    """HTML that shows the text literally when it is unfolded; "" for an empty one."""
    words = html.escape(details.strip()[:MAX_WORDS])
    if not words:
        return ""
    return (
        "<details><summary>The compiler's own words</summary>"
        f"<pre style='{_STYLE}'>{words}</pre></details>"
    )
