"""A menu that follows a param."""

from __future__ import annotations

from typing import Any

import panel as pn
import param

from dashboard.widgets.arrows import ARROWS


def choice(owner: param.Parameterized, name: str, label: str, **options: Any) -> pn.widgets.Select:
    """A menu for the selector `name` of `owner`; both follow each other.

    options : as the widget takes them.
    """
    return pn.widgets.Select.from_param(
        owner.param[name],
        label=label,
        stylesheets=[ARROWS],
        sizing_mode="stretch_width",
        **options,
    )
