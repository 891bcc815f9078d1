"""Leads an explorer to where its browser's buttons, keys and fields ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from dashboard.places.whereabouts import find
from dashboard.state import State
from dashboard.view.link import MAX_LENGTH, decode
from dashboard.view.picture import PictureView


class Traveller(Protocol):
    """Who is led."""

    session: str

    @property
    def state(self) -> State:
        """What is seen now."""

    def go(self, state: State) -> None:
        """Show this state."""

    def notify(self, text: str) -> None:
        """Show one notice beside the picture; none if it is empty."""


class Guide:
    """Answers what `browser/walk.js` and `whereabouts.js` call."""

    def __init__(self, traveller: Traveller, view: PictureView) -> None:
        self._traveller = traveller
        self._view = view
        view.calls.on("walk", self._walk)
        view.calls.on("find", self._find)

    def _walk(self, values: Mapping[str, Any]) -> None:
        """To a view of the browser's history, or any other state it has kept the link of."""
        link, steps = values["link"], values["steps"]
        if not isinstance(link, str) or not isinstance(steps, int):
            raise TypeError("a link and a number are wanted")
        self._view.steps = steps
        state, notices = decode(link)
        self._traveller.notify(" ".join(notices))
        self._traveller.go(state)

    def _find(self, values: Mapping[str, Any]) -> None:
        """To what was typed or pasted; the browser is told what is wrong with it."""
        text = values["text"]
        if not isinstance(text, str):
            raise TypeError("a text is wanted")
        try:
            state, notices = find(text[: 2 * MAX_LENGTH], self._traveller.state)
        except ValueError as error:
            self._view.calls.tell("found", wrong=str(error), notice="")
            return
        self._view.calls.tell("found", wrong="", notice=" ".join(notices))
        self._traveller.go(state)
