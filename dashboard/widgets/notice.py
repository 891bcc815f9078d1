"""One notice beside the picture: what was wrong, in a sentence, and what happens instead."""

from __future__ import annotations

import html
from collections.abc import Callable

import panel as pn

from dashboard.widgets import theme
from dashboard.widgets.compilers_words import compilers_words

_STYLES = {
    "border-left": f"4px solid {theme.NOTICE}",
    "background": f"color-mix(in srgb, {theme.NOTICE} 14%, transparent)",
}


class Notice:
    """A box that is there while it has something to say, and at times a way out to offer.

    offer : what the button of the way out says; on_take is called when it is pressed.
    """

    def __init__(self, offer: str, on_take: Callable[[], None]) -> None:
        # Not a pane: in a notebook each update of a pane sends its style sheets' CDN addresses.
        self._text = pn.widgets.StaticText(
            visible=False, sizing_mode="stretch_width", css_classes=["notice"]
        )
        self._button = pn.widgets.Button(label=offer, visible=False, color="primary")
        self._button.on_click(lambda event: on_take())
        self._topic = ""
        dismiss = pn.widgets.Button(label="Dismiss", color="default", variant="outline", width=84)
        dismiss.on_click(lambda event: self.show(""))
        self.panel = pn.Column(
            pn.Row(self._text, dismiss, sizing_mode="stretch_width"),
            self._button,
            visible=False,
            sizing_mode="stretch_width",
            styles=_STYLES,
            css_classes=["raised"],
        )

    @property
    def offers(self) -> bool:
        """Whether the way out is offered now."""
        return bool(self._button.visible)

    def show(self, text: str, words: str = "", offer: bool = False, topic: str = "") -> None:
        """Say `text`, with a compiler's words folded away beneath it; nothing if it is empty.

        Of several lines each is an entry of a list.

        Both are shown literally: they may come from a link.

        offer : whether to offer the way out.
        topic : what it is about; an empty text of a topic takes only a notice of this topic away.
        """
        if topic and not text and topic != self._topic:
            return
        self._topic = topic
        self.panel.visible = bool(text)
        self._text.param.update(value=_lines(text) + compilers_words(words), visible=bool(text))
        if self._button.visible != offer:
            self._button.visible = offer


def _lines(text: str) -> str:
    lines = [html.escape(line) for line in text.splitlines()]
    if len(lines) < 2:
        return "".join(lines)
    entries = "".join(f"<li>{line}</li>" for line in lines)
    return f"<ul style='margin:0;padding-left:18px'>{entries}</ul>"
