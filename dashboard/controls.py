"""The widgets beside the picture: views of an explorer's params."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import panel as pn

from dashboard.params import Params
from dashboard.state import MAX_CENTRE
from dashboard.view.about_stage import about_stage
from dashboard.widgets.arrows import ARROWS
from dashboard.widgets.number import number, tick
from dashboard.widgets.parts import parts
from mandel_core import FORMULAS, STAGES

_WIDE = {"sizing_mode": "stretch_width"}


def controls(params: Params, notify: Callable[[str], None], beneath: Iterable[Any]) -> pn.Column:
    """A column of widgets that follow the params and set them.

    notify : called with a sentence about a value that cannot be taken.
    beneath : what else belongs into the column.
    """
    chunks = number(params, "chunksize", notify)
    parts_of_c = pn.Row(*parts(params, "c", float(MAX_CENTRE), notify), **_WIDE)
    about = pn.widgets.StaticText(margin=(0, 10, 5, 10), **_WIDE)

    def on_choice(*_: Any) -> None:
        stage = STAGES[params.stage]
        chunks.disabled = "chunksize" not in stage.varies
        about.value = about_stage(stage)
        parts_of_c.visible = FORMULAS[params.formula].constant is not None

    on_choice()
    params.param.watch(on_choice, ["stage", "formula"])
    return pn.Column(
        _select(params, "formula", label="Formula"),
        parts_of_c,
        _select(params, "stage", label="Stage"),
        about,
        pn.Row(
            chunks,
            number(params, "iterations", notify, step=100),
            tick(params, "automatic", width=100, align="end"),
            **_WIDE,
        ),
        pn.Row(
            _select(params, "device", label="Device"),
            number(params, "threads", notify),
            _select(params, "precision", label="Precision"),
            **_WIDE,
        ),
        pn.Row(
            _select(params, "look", label="Colour"),
            _select(params, "palette", label="Palette"),
            **_WIDE,
        ),
        *beneath,
        **_WIDE,
    )


def _select(params: Params, name: str, label: str) -> pn.widgets.Select:
    return pn.widgets.Select.from_param(
        params.param[name], label=label, stylesheets=[ARROWS], **_WIDE
    )
