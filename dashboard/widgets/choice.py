"""A menu that follows a param."""

from __future__ import annotations

import panel as pn
import param

from dashboard.widgets.arrows import ARROWS


def choice(owner: param.Parameterized, name: str, label: str) -> pn.widgets.Select:
    """A menu for the selector `name` of `owner`; both follow each other."""
    return pn.widgets.Select.from_param(
        owner.param[name], label=label, stylesheets=[ARROWS], sizing_mode="stretch_width"
    )
