"""An input for a whole number that says so if it cannot take what was typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import param

from dashboard.arrows import ARROWS


def number(
    owner: param.Parameterized, name: str, notify: Callable[[str], None], **options: Any
) -> pn.widgets.IntInput:
    """A widget for the integer param `name` of `owner`; both follow each other."""
    parameter = owner.param[name]
    low, high = parameter.bounds
    label = parameter.label
    widget = pn.widgets.IntInput(
        label=label,
        value=getattr(owner, name),
        description=parameter.doc,
        sizing_mode="stretch_width",
        stylesheets=[ARROWS],
        **options,
    )

    def take(event: param.parameterized.Event) -> None:
        if event.new is not None and low <= event.new <= high:
            setattr(owner, name, event.new)
            return
        kept = getattr(owner, name)
        widget.value = kept
        notify(f"{label} must be a whole number from {low} to {high}; it stays at {kept}.")

    widget.param.watch(take, "value")
    owner.param.watch(lambda event: setattr(widget, "value", event.new), name)
    return widget
