"""Leads an explorer to where its browser's buttons, keys and fields ask for."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any, Protocol

from dashboard.compute import workers
from dashboard.compute.pending import Pending
from dashboard.places.gallery import PLACES, Place
from dashboard.places.whereabouts import find
from dashboard.state import State, home
from dashboard.view.link import decode
from dashboard.view.picture import PictureView
from dashboard.view.request import number
from mandel_core import FORMULAS, Settings, StageFailure, Viewport
from mandel_core.model.link import MAX_LENGTH
from mandel_core.worker.tasks import Discover

# The x, y and width of a place, or why there is none.
_Found = tuple[Decimal, Decimal, Decimal] | StageFailure

_PLACES = {place.name: place for place in PLACES}


class Traveller(Protocol):
    """Who is led."""

    session: str
    in_document: Callable[..., None]

    @property
    def state(self) -> State:
        """What is seen now."""

    def go(self, state: State) -> None:
        """Show this state."""

    def notify(self, text: str) -> None:
        """Show one notice beside the picture; none if it is empty."""


class Guide:
    """Answers what the walk, the field for coordinates and the panel of places call."""

    def __init__(self, traveller: Traveller, view: PictureView) -> None:
        self._traveller = traveller
        self._view = view
        self._search: Pending[_Found] = Pending(traveller.in_document)
        view.calls.on("walk", self._walk)
        view.calls.on("find", self._find)
        view.calls.on("places", self._show_places)
        view.calls.on("place", self._visit)
        view.calls.on("surprise", self._surprise)

    def _walk(self, values: Mapping[str, Any]) -> None:
        """To a view of the browser's history, or any other state it has kept the link of."""
        link, steps = values["link"], number(values["steps"])
        if not isinstance(link, str):
            raise TypeError("a link is wanted")
        self._view.walked(int(steps))
        state, notices = decode(link)
        self._traveller.notify("\n".join(notices))
        self._traveller.go(state)

    def _find(self, values: Mapping[str, Any]) -> None:
        """To what was typed or pasted; the browser is told what is wrong with it."""
        text = values["text"]
        if not isinstance(text, str):
            raise TypeError("a text is wanted")
        try:
            state, notices = find(text[: 2 * MAX_LENGTH], self._traveller.state)
        except ValueError as error:
            self._view.calls.send("found", wrong=str(error), notice="")
            return
        # One sentence is shown for some seconds at the field; several stay as a notice.
        one = notices[0] if len(notices) == 1 else ""
        self._view.calls.send("found", wrong="", notice=one)
        if len(notices) > 1:
            self._traveller.notify("\n".join(notices))
        self._traveller.go(state)

    def _show_places(self, values: Mapping[str, Any]) -> None:
        """Send the gallery, when it is opened for the first time."""
        self._view.calls.send(
            "places",
            names=[place.name for place in PLACES],
            titles=[place.title for place in PLACES],
            pictures=[_data_url(place) for place in PLACES],
        )

    def _visit(self, values: Mapping[str, Any]) -> None:
        place = _PLACES[values["name"]]
        self._traveller.notify("")
        self._traveller.go(place.state(self._traveller.state))

    def _surprise(self, values: Mapping[str, Any]) -> None:
        """To a place with structure on the boundary of this formula's picture."""
        state = self._traveller.state
        whole = home(state.formula)
        c = state.c if FORMULAS[state.formula].constant is not None else None
        task = Discover(
            Viewport.from_screen(whole.x, whole.y, whole.width, 96, 64),
            Settings("fast", formula=state.formula, formula_c=c),
            seed=secrets.randbits(32),
        )
        self._search.submit(
            lambda _: workers.discover(task, self._traveller.session),
            on_result=lambda outcome: self._found(outcome, state.formula),
        )

    def _found(self, outcome: _Found, formula: str) -> None:
        state = self._traveller.state
        if state.formula != formula:
            return
        if isinstance(outcome, StageFailure):
            self._view.calls.send("surprised", text="No place was found")
            self._traveller.notify(f"No place was found. {outcome.reason}")
            return
        self._view.calls.send("surprised", text="")
        x, y, width = outcome
        self._traveller.go(replace(state, x=x, y=y, width=width, automatic=True))


@cache
def _data_url(place: Place) -> str:
    picture = place.thumbnail.read_bytes() if place.thumbnail.exists() else b""
    return "data:image/webp;base64," + base64.b64encode(picture).decode()
