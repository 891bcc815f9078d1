"""Where one looks: the formula, its constant, the place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn

from dashboard.controls.group import group
from dashboard.params import Params
from dashboard.state import MAX_CENTRE
from dashboard.widgets.choice import choice
from dashboard.widgets.parts import parts
from mandel_core import FORMULAS


def where(params: Params, notify: Callable[[str], None]) -> pn.Card:
    """The group of what is looked at; c is shown where the formula has one."""
    constant = pn.Row(
        *parts(params, "c", float(MAX_CENTRE), notify), sizing_mode="stretch_width", margin=0
    )

    def on_formula(*_: Any) -> None:
        constant.visible = FORMULAS[params.formula].constant is not None

    on_formula()
    params.param.watch(on_formula, "formula")
    return group(
        "Where",
        "The formula, and the place in its plane.",
        choice(params, "formula", label="Formula"),
        constant,
    )
