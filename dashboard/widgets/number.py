"""Inputs that follow a param: a whole number that says so if it cannot take it, and a tick."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import param

from dashboard.widgets.arrows import ARROWS


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


def tick(owner: param.Parameterized, name: str, **options: Any) -> pn.widgets.CheckBoxGroup:
    """A tick for the boolean param `name` of `owner`; both follow each other.

    A group of one: the label of Bokeh's single checkbox is neither read out nor clickable.
    """
    label = owner.param[name].label
    widget = pn.widgets.CheckBoxGroup(options=[label], value=[label][: getattr(owner, name)])
    widget.param.update(**options)
    widget.param.watch(lambda event: setattr(owner, name, bool(event.new)), "value")
    owner.param.watch(lambda event: setattr(widget, "value", [label][: event.new]), name)
    return widget
