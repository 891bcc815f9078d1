"""How the picture is coloured."""

from __future__ import annotations

from collections.abc import Callable

import panel as pn

from dashboard.controls.group import group
from dashboard.params import Params
from dashboard.widgets.choice import choice


def coloured(params: Params, notify: Callable[[str], None]) -> pn.Card:
    """The group of the colours."""
    return group(
        "How it is coloured",
        "Seen at once: nothing is computed anew.",
        pn.Row(
            choice(params, "look", label="Colour"),
            choice(params, "palette", label="Palette"),
            sizing_mode="stretch_width",
            margin=0,
        ),
    )
