"""The two parts of a complex param, as numbers that can be typed."""

from __future__ import annotations

from collections.abc import Callable

import panel as pn
import param

from dashboard.widgets.arrows import ARROWS

STEP = 0.001


def parts(
    owner: param.Parameterized, name: str, limit: float, notify: Callable[[str], None]
) -> tuple[pn.widgets.FloatInput, pn.widgets.FloatInput]:
    """Widgets for the real and the imaginary part of the param; they and it follow each other.

    A part beyond ±limit, or none, is said to `notify` and not taken.
    """
    made = tuple(
        pn.widgets.FloatInput(
            label=f"{part} part of {name}",
            value=getattr(getattr(owner, name), which),
            step=STEP,
            format="0[.][000000000000000]",
            description=owner.param[name].doc,
            sizing_mode="stretch_width",
            stylesheets=[ARROWS],
        )
        for part, which in (("Real", "real"), ("Imaginary", "imag"))
    )
    real, imaginary = made

    def show() -> None:
        c = getattr(owner, name)
        real.value, imaginary.value = c.real, c.imag

    def on_choice(event: param.parameterized.Event) -> None:
        if any(one.value is None or not abs(one.value) <= limit for one in made):
            show()
            notify(f"Both parts of {name} must be numbers from {-limit:g} to {limit:g}.")
        else:
            setattr(owner, name, complex(real.value, imaginary.value))

    for one in made:
        one.param.watch(on_choice, "value")
    owner.param.watch(lambda event: show(), name)
    return real, imaginary
