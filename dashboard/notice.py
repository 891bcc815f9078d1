"""One notice beside the picture: what was wrong, in a sentence, and what happens instead."""

from __future__ import annotations

import html

import panel as pn

_STYLES = {
    "border-left": "4px solid #e09f3e",
    "background": "color-mix(in srgb, #e09f3e 14%, transparent)",
    "padding": "8px 12px",
}
MAX_WORDS = 4000


class Notice:
    """A box that is there while it has something to say."""

    def __init__(self) -> None:
        # Not a pane: in a notebook each update of a pane sends its style sheets' CDN addresses.
        self.panel = pn.widgets.StaticText(
            visible=False, sizing_mode="stretch_width", styles=_STYLES, css_classes=["notice"]
        )

    def show(self, text: str, words: str = "") -> None:
        """Say `text`, with a compiler's words folded away beneath it; nothing if it is empty.

        Both are shown literally: they may come from a link.
        """
        folded = (
            "<details><summary>The compiler's own words</summary><pre style='white-space:pre-wrap;"
            "overflow-wrap:anywhere;font-size:.85em'>"
            f"{html.escape(words[:MAX_WORDS])}</pre></details>"
        )
        self.panel.param.update(
            value=html.escape(text) + (folded if words else ""), visible=bool(text)
        )
