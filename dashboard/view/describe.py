"""What is said about a frame beside the picture: its runtime, and how it compares to NumPy."""

from __future__ import annotations

import html

from dashboard.state import HOME
from dashboard.words import against, width
from mandel_core import FORMULAS, STAGES, Measurement
from mandel_core.words import count, duration
from mandel_core.worker.tasks import Picture


def describe(
    picture: Picture,
    numpy_seconds: float | None,
    timed: float | None = None,
    measured: Measurement | None = None,
) -> str:
    """A few lines of HTML on a picture.

    numpy_seconds : NumPy's time for its view, if known.
    timed : the median of several runs of the kernel, where there were some; else the time of the
        one run that drew the picture is told.
    measured : what the lab knows of just this; its median goes before both.
    """
    settings, view = picture.settings, picture.view
    compiled = ""
    if measured is not None:
        seconds = measured.median
        what = f"median of {count(len(measured.run_seconds), 'measured run')}"
    elif timed is not None:
        seconds, what = timed, "median of several runs"
    else:
        seconds, what = picture.run_seconds, "one run, which drew this picture"
        if picture.compile_seconds > 0.05:
            compiled = f", after compiling for {duration(picture.compile_seconds)}"
    title = html.escape(STAGES[settings.stage].title)
    if "chunksize" in STAGES[settings.stage].varies:
        title += f", chunk size {settings.chunksize}"
    if settings.stage == "numpy":
        ratio = "what the other stages are compared with"
    elif numpy_seconds is None:
        ratio = "NumPy not timed for this view"
    else:
        ratio = against(numpy_seconds / seconds, "NumPy")
    return (
        f"<small>Computing this picture, without colours and sending:</small><br>"
        f"<b style='font-size:1.3em'>{duration(seconds)}</b> {title}<br>"
        f"{what}{compiled}<br>{ratio}<br>"
        f"<small>{_formula(picture)}{view.nx} × {view.ny} pixels, "
        f"{count(settings.maxiter, 'iteration')}, "
        f"{settings.dtype}, width {width(view.pixel[0] * view.nx)}</small>{_too_coarse(picture)}"
    )


def _formula(picture: Picture) -> str:
    settings = picture.settings
    if settings.formula == HOME.formula:
        return ""
    told = html.escape(FORMULAS[settings.formula].title)
    if (c := settings.formula_c) is not None:
        told += f", c = {c.real:g} {'-' if c.imag < 0 else '+'} {abs(c.imag):g}i"
    return f"{told}<br>"


def _too_coarse(picture: Picture) -> str:
    """That the chosen number type cannot tell neighbouring pixels apart; "" if it can."""
    chosen, view = picture.settings.dtype, picture.view
    if chosen != "float32" or view.precision == "float32":
        return ""
    return (
        "<br><small>float32 is too coarse for this width: neighbouring pixels are rounded to the "
        "same point. Choose float64 or automatic for a sharp picture.</small>"
    )
