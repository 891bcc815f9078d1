"""How the picture is computed: the stage, and what it is given."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import panel as pn

from dashboard.controls.group import group
from dashboard.params import Params
from dashboard.view.about_stage import about_stage
from dashboard.widgets.choice import choice
from dashboard.widgets.number import number, tick
from mandel_core import STAGES

_ROW = {"sizing_mode": "stretch_width", "margin": 0}
# Pixels: what is beside has longer words, which are to be read on a phone as well.
_NARROW = 84


def computed(params: Params, notify: Callable[[str], None]) -> pn.Card:
    """The group of what computes; the chunk size can be set where the stage has chunks."""
    chunks = number(params, "chunksize", notify)
    # Why the number cannot be set is seen without a pointer that hovers.
    none = pn.widgets.StaticText(margin=(0, 10, 5, 10), styles={"font-size": "0.85em"})
    about = pn.widgets.StaticText(margin=(0, 10, 5, 10), sizing_mode="stretch_width")

    def on_stage(*_: Any) -> None:
        stage = STAGES[params.stage]
        chunks.disabled = none.visible = "chunksize" not in stage.varies
        none.value = f"{html.escape(stage.title)} has no chunks."
        about.value = about_stage(stage)

    on_stage()
    params.param.watch(on_stage, "stage")
    return group(
        "How it is computed",
        "The stage of the program, and what it is given.",
        choice(params, "stage", label="Stage"),
        about,
        pn.Row(
            chunks,
            number(params, "maxiter", notify, step=100),
            tick(params, "automatic", width=100, align="end"),
            **_ROW,
        ),
        none,
        pn.Row(
            choice(params, "device", label="Device", max_width=_NARROW),
            number(params, "threads", notify, max_width=_NARROW),
            choice(params, "precision", label="Precision"),
            **_ROW,
        ),
    )
