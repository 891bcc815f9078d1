"""How the picture is coloured."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import panel as pn

from dashboard.controls.group import group
from dashboard.controls.histogram import drawn
from dashboard.controls.stops import StopsEditor
from dashboard.params import Params
from dashboard.state import PALETTE_NAMES
from dashboard.widgets.choice import choice
from dashboard.widgets.number import tick
from dashboard.widgets.swatches import swatches
from mandel_core.colour.interior import INSIDES
from mandel_core.colour.looks import LOOKS
from mandel_core.colour.palettes import colours, sampled

_ROW = {"sizing_mode": "stretch_width", "margin": 0}
_PREVIEW = 12  # colours of a strip
# Twice as dense in four steps, a sixteenth to sixteen times.
_DENSITIES = {f"{2 ** (step / 4):.2g}": 2 ** (step / 4) for step in range(-16, 17)}


def coloured(params: Params, notify: Callable[[str], None]) -> pn.Card:
    """The group of the colours."""
    about = pn.widgets.StaticText(margin=(0, 10, 5, 10), sizing_mode="stretch_width")
    interior = pn.widgets.ColorPicker.from_param(params.param.interior, label="Interior", width=66)

    def explain(*_: Any) -> None:
        inside = INSIDES[params.inside]
        more = "" if inside.place is None else f" The inside: {inside.about}"
        about.value = f"<small>{LOOKS[params.look].about}{more}</small>"

    explain()
    params.param.watch(explain, ["look", "inside"])
    return group(
        "How it is coloured",
        "Seen at once: nothing is computed anew.",
        pn.Row(
            choice(params, "look", label="Colour"),
            choice(params, "inside", label="Inside"),
            **_ROW,
        ),
        about,
        _counts(params),
        swatches(params, "palette", _previews()),
        StopsEditor(params, notify).panel,
        pn.Row(
            tick(params, "cyclic", width=80),
            tick(params, "reversed", width=95),
            tick(params, "antialias", width=130),
            **_ROW,
        ),
        pn.Row(_density(params), _slider(params), interior, **_ROW),
    )


def _counts(params: Params) -> pn.widgets.StaticText:
    """The histogram of the counts, each bar in its colour."""
    text = pn.widgets.StaticText(margin=(0, 10), sizing_mode="stretch_width")

    def draw(*_: Any) -> None:
        text.value = drawn(params.histogram) if params.histogram else ""

    draw()
    params.param.watch(draw, "histogram")
    return text


def _density(params: Params) -> pn.widgets.DiscreteSlider:
    """By factors; a density in between, from a link, is shown as the nearest."""

    def nearest() -> float:
        known = np.array(list(_DENSITIES.values()))
        return float(known[np.abs(np.log(known / params.density)).argmin()])

    slider = pn.widgets.DiscreteSlider(
        label="Density", options=_DENSITIES, value=nearest(), sizing_mode="stretch_width"
    )
    following = False

    def on_slider(event: Any) -> None:
        if not following:
            params.density = event.new

    def on_param(_: Any) -> None:
        nonlocal following
        following = True
        try:
            slider.value = nearest()
        finally:
            following = False

    slider.param.watch(on_slider, "value")
    params.param.watch(on_param, "density")
    return slider


def _slider(params: Params) -> pn.widgets.FloatSlider:
    return pn.widgets.FloatSlider.from_param(
        params.param.phase, label="Phase", step=0.01, sizing_mode="stretch_width"
    )


@cache
def _previews() -> dict[str, list[str]]:
    """Some colours of each palette, in CSS."""
    return {name: _strip(name) for name in PALETTE_NAMES}


def _strip(name: str) -> list[str]:
    levels = np.rint(255 * sampled(colours(name), _PREVIEW)).astype(int)
    return [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in levels]
