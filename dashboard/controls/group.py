"""A group of controls: a heading that says what they do, and folds them away."""

from __future__ import annotations

import html
from typing import Any

import panel as pn


def group(title: str, about: str, *contents: Any) -> pn.Card:
    """The contents under a heading, which a click folds away and brings back.

    title : two or three words. about : one short sentence beneath, on what the contents do.
    """
    # Not a pane: in a notebook each update of a pane sends its style sheets' CDN addresses.
    heading = pn.widgets.StaticText(
        value=f"<b>{html.escape(title)}</b><br><small>{html.escape(about)}</small>",
        margin=0,
        sizing_mode="stretch_width",
        css_classes=["heading"],
    )
    return pn.Card(
        *contents,
        header=heading,
        css_classes=["group", title.lower().replace(" ", "-")],  # the last one is its name
        margin=0,
        sizing_mode="stretch_width",
    )
