"""One's own palette: its stops, each a colour and where it stands."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import panel as pn

from dashboard.params import Params
from dashboard.widgets.arrows import ARROWS
from mandel_core.colour.palettes import FIRST_STOPS, MOST_STOPS, OWN, format_stops, parse_stops


class StopsEditor:
    """Rows that follow the param `stops` and set it; there while the palette is one's own.

    notify : called with a sentence about a stop that cannot be taken.
    """

    def __init__(self, params: Params, notify: Callable[[str], None]) -> None:
        self._params, self._notify = params, notify
        self.panel = pn.Column(visible=False, sizing_mode="stretch_width", margin=0)
        params.param.watch(self._show, ["stops", "palette"])
        self._show()

    @property
    def _stops(self) -> list[tuple[float, str]]:
        return list(parse_stops(self._params.stops or FIRST_STOPS))

    def _show(self, *_: Any) -> None:
        own = self._params.palette == OWN
        if own:
            self.panel.objects = [*map(self._row, range(len(self._stops))), self._more()]
        self.panel.visible = own

    def _row(self, number: int) -> pn.Row:
        position, colour = self._stops[number]
        picker = pn.widgets.ColorPicker(
            label=f"Stop {number + 1}", value=f"#{colour}", width=70, margin=(2, 10)
        )
        place = pn.widgets.FloatInput(
            label="at, in %",
            value=round(100 * position, 2),
            start=0,
            end=100,
            step=1,
            width=90,
            margin=(2, 10),
            stylesheets=[ARROWS],
        )
        button = pn.widgets.Button(
            label=f"Remove stop {number + 1}", margin=(18, 5, 2, 5), align="end"
        )
        picker.param.watch(lambda event: self._change(number, colour=event.new), "value")
        place.param.watch(lambda event: self._change(number, position=event.new), "value")
        button.on_click(lambda _: self._remove(number))
        return pn.Row(picker, place, button, margin=0)

    def _more(self) -> pn.widgets.Button:
        button = pn.widgets.Button(label="Add a stop", disabled=len(self._stops) >= MOST_STOPS)
        button.on_click(lambda _: self._add())
        return button

    def _change(
        self, number: int, colour: str | None = None, position: float | None = None
    ) -> None:
        stops = self._stops
        at, old = stops[number]
        at = at if position is None else position / 100
        stops[number] = (at, old if colour is None else colour.removeprefix("#").lower())
        self._on_edited(stops)

    def _add(self) -> None:
        """In the middle of the widest gap, in the colour of the stop before."""
        stops = self._stops
        gaps = [right[0] - left[0] for left, right in pairwise(stops)]
        widest = max(range(len(gaps)), key=gaps.__getitem__)
        between = round((stops[widest][0] + stops[widest + 1][0]) / 2, 4)
        stops.insert(widest + 1, (between, stops[widest][1]))
        self._on_edited(stops)

    def _remove(self, number: int) -> None:
        stops = self._stops
        del stops[number]
        self._on_edited(stops)

    def _on_edited(self, stops: list[tuple[float, str]]) -> None:
        text = format_stops(tuple(stops))
        try:
            parse_stops(text)
        except ValueError as error:
            self._notify(f"{str(error)[0].upper()}{str(error)[1:]}; the palette stays as it was.")
            self._show()
            return
        self._params.stops = text
