"""Inputs that follow a param: a whole number that says so if it cannot take it, and a tick."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import panel as pn
import param

from dashboard.widgets.arrows import ARROWS


def number(
    owner: param.Parameterized, name: str, notify: Callable[..., None], **options: Any
) -> pn.widgets.FloatInput:
    """A widget for the integer param `name` of `owner`; both follow each other.

    notify : called with a sentence about what cannot be taken, and with no text once something
        was taken; `topic` is the name of the param.
    """
    parameter = owner.param[name]
    low, high = parameter.bounds
    label = parameter.label
    # Bokeh's input for whole numbers drops what it does not know while it is typed: 2.5 becomes
    # 25. One for any number leaves it to us to say so.
    widget = pn.widgets.FloatInput(
        label=label,
        value=getattr(owner, name),
        description=parameter.doc,
        sizing_mode="stretch_width",
        stylesheets=[ARROWS],
        **{"step": 1, **options},
    )

    def on_value(event: param.parameterized.Event) -> None:
        kept, new = getattr(owner, name), event.new
        if new == kept:
            notify("", topic=name)
            return
        if new is not None and low <= new <= high and float(new).is_integer():
            notify("", topic=name)
            setattr(owner, name, int(new))
            return
        widget.value = kept
        # A whole number of hundreds of digits cannot be written with twelve.
        refused = "it" if new is None or abs(new) > sys.float_info.max else f"{new:,.12g}"
        wrong = "is empty" if new is None else "is not"
        notify(
            f"{label} must be a whole number from {low:,} to {high:,}; {refused} {wrong}, "
            f"so it stays at {kept:,}.",
            topic=name,
        )

    widget.param.watch(on_value, "value")
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
