"""What is said about a frame beside the picture: its runtime, and how it compares to NumPy."""

from __future__ import annotations

import html

from dashboard.state import HOME
from dashboard.words import duration
from mandel_core import FORMULAS, STAGES
from mandel_core.worker.tasks import Picture


def _times(ratio: float) -> str:
    """Two digits, and never a power of ten."""
    return f"{float(f'{ratio:.2g}'):,.0f}" if ratio >= 10 else f"{ratio:.2g}"


def describe(picture: Picture, numpy_seconds: float | None, timed: float | None = None) -> str:
    """A few lines of HTML on a picture.

    numpy_seconds : NumPy's time for its view, if known.
    timed : the median of several runs of the kernel, where there were some; else the time of the
        one run that drew the picture is told.
    """
    run_seconds = picture.run_seconds if timed is None else timed
    settings, view = picture.settings, picture.view
    title = html.escape(STAGES[settings.stage].title)
    runs = ", median of several runs" if timed is not None else ""
    if "chunksize" in STAGES[settings.stage].varies:
        title += f", chunk size {settings.chunksize}"
    if settings.stage == "numpy":
        ratio = "what the other stages are compared with"
    elif numpy_seconds is None:
        ratio = "NumPy not timed for this view"
    else:
        ratio = f"{_times(numpy_seconds / run_seconds)} × NumPy"
    compiled = (
        f"<br>first run, after compiling for {duration(picture.compile_seconds)}"
        if picture.compile_seconds > 0.05
        else ""
    )
    formula = ""
    if settings.formula != HOME.formula:
        formula = html.escape(FORMULAS[settings.formula].title)
        if (c := settings.formula_c) is not None:
            formula += f", c = {c.real:g} {'-' if c.imag < 0 else '+'} {abs(c.imag):g}i"
        formula += "<br>"
    return (
        f"<b style='font-size:1.3em'>{duration(run_seconds)}</b> {title}{runs}<br>"
        f"{ratio}{compiled}<br>"
        f"<small>{formula}{view.nx} × {view.ny} pixels, {settings.maxiter} iterations, "
        f"{settings.dtype}, width {view.pixel[0] * view.nx:.3g}</small>"
    )
