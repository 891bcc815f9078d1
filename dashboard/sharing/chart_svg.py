"""The lab's chart of run time against chunk size, as a drawing in a page of its own."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from math import isfinite

from dashboard.lab import stored
from dashboard.lab.chunk_size_tab import REFERENCES, common
from dashboard.lab.marks import Mark, columns
from dashboard.lab.ticks import time_ticks
from dashboard.subject import Subject
from dashboard.widgets import theme
from mandel_core import STAGES
from mandel_core.runtime.threads import cores
from mandel_core.words import count

_INK = "#010203"  # in whose place the page's own colour of text is put
_LINES = {"numpy": theme.NUMPY, "numba": theme.NUMBA, "fast": theme.FAST}
_TICKS = (1, 2, 5, 10, 20, 50, 100, 200)


def chart(subject: Subject) -> tuple[str, str]:
    """An SVG element and a sentence on what it shows; both empty if nothing was measured."""
    settings = common(subject)
    marks = stored.points(subject.view, settings).here
    if not columns(marks)["chunksize"]:
        return "", ""
    known = {
        stage: latest.median
        for stage in REFERENCES
        if (latest := stored.latest(subject.view, subject.settings(stage)))
    }
    title = STAGES[settings.stage].title
    view = subject.view
    words = (
        f"{title}: median run times and their quartiles by chunk size, and what compiling took. "
        f"{view.nx} × {view.ny} pixels, {count(settings.maxiter, 'iteration')}, {settings.dtype}, "
        f"{settings.device}, {count(settings.threads or cores(), 'thread')}; {marks[-1].versions}; "
        f"measured {marks[-1].when}."
    )
    return _svg(title, marks, known), words


def _svg(title: str, marks: list[Mark], references: Mapping[str, float]) -> str:
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    data = columns(marks)
    sizes, runs = data["chunksize"], data["run"]
    compiled = [time for time in data["compile"] if isfinite(time)]
    times = [*runs, *data["low"], *data["high"], *compiled, *references.values()]
    low, high = min(times) / 1.5, max(times) * 1.5
    figure = Figure(figsize=(7.2, 3.8), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.subplots()
    axes.set(xscale="log", yscale="log", ylim=(low, high), xlabel="chunk size")
    spread = [
        [max(run - edge, 0) for run, edge in zip(runs, data["low"], strict=True)],
        [max(edge - run, 0) for run, edge in zip(runs, data["high"], strict=True)],
    ]
    axes.errorbar(sizes, runs, spread, fmt="o-", color=theme.RUN, capsize=3, label=f"{title}, runs")
    if compiled:
        line = axes.plot(sizes, data["compile"], "s-", color=theme.COMPILE, label="compiling")
        line[0].set_markersize(4)
    for stage, seconds in references.items():
        label = STAGES[stage].title
        axes.axhline(seconds, color=_LINES[stage], linestyle="--", linewidth=1.4, label=label)
    axes.set_xticks(_TICKS, [str(tick) for tick in _TICKS])
    ticks = time_ticks(low, high, 8)
    axes.set_yticks(list(ticks), list(ticks.values()))
    axes.minorticks_off()
    axes.set_xlim(0.85, max(240, 1.2 * max(sizes)))
    axes.grid(axis="y", color=theme.GREY, alpha=0.3)
    axes.tick_params(colors=_INK, labelsize=9)
    axes.xaxis.label.set_color(_INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(theme.GREY)
    figure.legend(loc="outside upper left", ncols=3, frameon=False, fontsize=9, labelcolor=_INK)
    file = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "mandel"}):
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    drawn = file.getvalue().replace(_INK, "currentColor")
    # The element alone, without what belongs to a file of its own, and as wide as there is room.
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn[drawn.index("<svg") :], flags=re.DOTALL)
    return re.sub(r'(<svg[^>]*?) (?:height|width)="[^"]*"', r"\1", drawn, count=1)
