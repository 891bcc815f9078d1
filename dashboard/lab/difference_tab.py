"""Is it right? Where a stage's counts differ from NumPy's in float64, by how much, and why."""

from __future__ import annotations

import html
import time
from typing import Any, ClassVar

import numpy as np
import panel as pn
from bokeh.models import ColumnDataSource, LinearColorMapper, Range1d
from bokeh.plotting import figure

from dashboard.compute import workers
from dashboard.compute.clock import Clock
from dashboard.compute.pending import Pending
from dashboard.document import sent_in_order
from dashboard.lab import stored
from dashboard.lab.host import OtherTabs, TabHost
from dashboard.lab.waiting import Waiting
from dashboard.widgets import theme
from dashboard.words import count, duration
from mandel_core import STAGES, Settings, StageFailure, Viewport
from mandel_core.comparison.marking import KINDS, LEVELS, SIZES
from mandel_core.model.control import Phase
from mandel_core.worker.tasks import Compare, Marked

# What would keep the measuring worker busy for longer, in iterations of points, is asked for.
_UNASKED = 1e10

_WAITING = "Waiting until"  # and then for what, which may change

_ABOUT = (
    "The iteration count of every pixel on screen is held against that of the NumPy listing in "
    "float64. Where they differ each orbit is followed, to see whether the number type explains it."
)

# The background lets the page's own shine through; marks are read on light and dark alike.
_GROUND = (
    f"{theme.GROUND}5c",
    *(f"{theme.GROUND}{alpha:02x}" for alpha in range(6, 6 + 7 * (LEVELS - 1), 7)),
)


class DifferenceTab:
    """A tab of the lab: the verdict, the sizes of the differences, and the picture of where."""

    name: ClassVar[str] = "difference"
    title: ClassVar[str] = "Is it right?"

    def __init__(self, host: TabHost, others: OtherTabs) -> None:
        self._host = host
        self._pending: Pending[Marked | StageFailure] = Pending(host.in_document)
        self._asked: tuple[object, ...] | None = None
        self._clock = Clock(host.in_document, self._show_status)
        self._doing = self._more = ""  # what is under way
        self._since = 0.0
        self._compare = pn.widgets.Button(label="Compare", color="primary", width=110)
        self._compare.on_click(lambda event: self.start())
        self._cancel = pn.widgets.Button(
            label="Cancel", width=90, visible=False, color="primary", variant="outline"
        )
        self._cancel.on_click(lambda event: self.cancel())
        self._waiting = Waiting(host, others, self)
        self._progress = _text("progress")
        self._verdict = _text("verdict")
        self._about = _text("compared")
        self._about.value = _ABOUT
        self._source = ColumnDataSource({"marks": [], "nx": [], "ny": []})
        self._figure = _figure(self._source)
        self._picture = pn.pane.Bokeh(self._figure, sizing_mode="scale_width")
        self._where = pn.Column(self._picture, sizing_mode="stretch_width", visible=False)
        self._controls = pn.Row(
            self._compare, self._cancel, self._progress, sizing_mode="stretch_width"
        )
        self.panel = pn.Column(
            self._verdict,
            self._about,
            self._controls,
            self._waiting.button,
            self._where,
            sizing_mode="stretch_width",
        )

    def open(self) -> None:
        """Compare what is on screen, unless that is what is shown or would take minutes."""
        task = self._task()
        if self._asked == _key(task):
            return
        view, settings = task.view, task.settings
        if view.nx * view.ny * settings.maxiter <= _UNASKED:
            self.start()
        else:
            self.cancel()
            self._end("Not compared yet: with so many iterations it may take minutes.")

    def close(self) -> None:
        """Cancel what is under way."""
        self.cancel()

    def start(self) -> None:
        """Compare the stage on screen with its reference, in the worker that measures."""
        self.cancel()
        task = self._task()
        self._asked = _key(task)
        self._controls.visible = self._cancel.visible = True
        self._compare.visible = False
        self._clock.start()
        self._begin(_WAITING)
        session = f"{self._host.session}/{self.name}"
        self._pending.submit(
            lambda on_phase: workers.measure(task, session=session, on_phase=on_phase),
            on_result=self._on_result,
            on_phase=lambda phase: self._on_phase(task, phase),
        )

    def cancel(self) -> None:
        """Give up the comparison under way; the one shown stays."""
        if self._pending.cancel():
            self._asked = None
            self._end("Cancelled.")

    def _task(self) -> Compare:
        return Compare(self._host.viewport, self._host.settings())

    def _on_phase(self, task: Compare, phase: Phase) -> None:
        stage, reference = STAGES[task.stage].title, STAGES[task.reference].title
        doing = {
            "waiting": _WAITING,
            "over budget": "Waiting until this visit has not used more computing than it may in a "
            "minute…",
            "reference": f"Running {html.escape(reference)} in float64…",
            "compiling": f"Compiling {html.escape(stage)}…",
            "explaining": "Following the orbits of the pixels that differ…",
        }.get(phase, f"Running {html.escape(stage)}…")
        before = stored.compile_seconds(task.settings) if phase == "compiling" else None
        self._begin(doing, f"; it took {duration(before)} here before" if before else "")

    def _begin(self, doing: str, more: str = "") -> None:
        """Say what is under way, and from now on how long it has been."""
        if doing != self._doing:
            self._since = time.monotonic()
            self._waiting.over()
        self._doing, self._more = doing, more
        self._show_status()

    def _show_status(self) -> None:
        spent = int(time.monotonic() - self._since)
        doing = f"{_WAITING} {self._waiting.words()}…" if self._doing == _WAITING else self._doing
        self._progress.value = f"{doing}{f' {spent} s' if spent else ''}{self._more}"

    def _on_result(self, outcome: Marked | StageFailure) -> None:
        if isinstance(outcome, StageFailure):
            self._fail(outcome)
        else:
            self._show(outcome)
        self._end("")

    def _fail(self, failure: StageFailure) -> None:
        title = STAGES[failure.stage].title if failure.stage in STAGES else failure.stage
        words = failure.details.strip()
        self._verdict.value = _large(f"{title} cannot be compared.")
        self._about.value = html.escape(failure.reason) + (
            "<details><summary>The compiler's own words</summary>"
            f"<pre style='white-space:pre-wrap'>{html.escape(words)}</pre></details>"
            if words
            else ""
        )
        self._where.visible = False

    def _show(self, found: Marked) -> None:
        self._verdict.value = _large(found.verdict)
        self._about.value = about(found)
        ny, nx = found.marks.shape
        with sent_in_order(self._picture):
            self._source.data = {"marks": [found.marks], "nx": [nx], "ny": [ny]}
            self._figure.aspect_ratio = nx / ny
            for axis, end in ((self._figure.x_range, nx), (self._figure.y_range, ny)):
                axis.update(start=0, end=end, reset_start=0, reset_end=end, bounds=(0, end))
            self._where.visible = True

    def _end(self, word: str) -> None:
        """Nothing is under way; a sentence says why what is on screen is not compared."""
        self._clock.stop()
        self._waiting.over()
        self._doing = self._more = ""
        self._cancel.visible = False
        self._compare.visible = self._controls.visible = bool(word)
        if word and self._where.visible:
            word += " What is shown is of before."
        self._progress.value = word


def _key(task: Compare) -> tuple[object, ...]:
    return task.view, task.settings, STAGES[task.stage]


def _text(kind: str) -> Any:
    # Not a pane: in a notebook each update of a pane sends its style sheets' CDN addresses.
    return pn.widgets.StaticText(sizing_mode="stretch_width", css_classes=[kind])


def _large(sentence: str) -> str:
    word, colon, rest = html.escape(sentence).partition(":")
    first = f"<b>{word}{colon}</b>{rest}" if colon else word
    return f"<span style='font-size:1.35em;line-height:1.3'>{first}</span>"


def _named(settings: Settings) -> str:
    stage = STAGES[settings.stage]
    chunk = f", chunk size {settings.chunksize}" if "chunksize" in stage.varies else ""
    return f"{html.escape(stage.title)}{chunk}, {settings.dtype}"


def about(found: Marked) -> str:
    """What was held against what, and how large the differences are, as HTML."""
    view: Viewport = found.view
    line = (
        f"{_named(found.settings)}, against {_named(found.reference)}: "
        f"{view.nx} × {view.ny} pixels, {count(found.settings.maxiter, 'iteration')}."
    )
    if found.reference.stage != "numpy":
        line += " NumPy itself would take too long here; its reference does the same operations."
    return (
        f"<div>{line}</div><div style='display:flex;flex-wrap:wrap;gap:0.8em 2.5em;"
        f"margin-top:0.8em;font-size:0.85em'>{_histogram(found)}{_legend(found)}</div>"
    )


def _histogram(found: Marked) -> str:
    """How many pixels differ by how much, one bar for each doubling."""
    if not found.differing:
        return ""
    bars = []
    if found.sizes:
        for power in range(max(found.sizes).bit_length()):
            low = 2**power
            label = f"{low}" if low == 1 else f"{low}–{2 * low - 1}"
            bars.append((label, found.sizes.get(low, 0)))
    bars.append(("interior", found.interior))
    most = max(pixels for _, pixels in bars)
    cells = "".join(
        "<div style='display:flex;flex-direction:column;justify-content:end;align-items:center;"
        "min-width:3em;padding:0 0.3em'>"
        f"<span>{pixels:,}</span>"
        f"<div style='width:2em;height:{_height(pixels, most):.0f}px;background:currentColor;"
        "opacity:0.45'></div>"
        f"<span style='border-top:1px solid;width:100%;text-align:center'>{label}</span></div>"
        for label, pixels in bars
    )
    return (
        "<div>Pixels, by how far their counts are apart"
        "<div style='display:flex;flex-wrap:wrap;align-items:end;row-gap:0.6em'>"
        f"{cells}</div></div>"
    )


def _height(pixels: int, most: int) -> float:
    """Bars are logarithmic: one pixel is to be seen beside thousands."""
    return 0.0 if not pixels else 4 + 44 * float(np.log1p(pixels) / np.log1p(most))


def _legend(found: Marked) -> str:
    """What the colours of the picture mean, as HTML."""
    if not found.differing:
        return ""
    ends = [*(size - 1 for size in SIZES[1:]), None]
    labels = [
        f"{low}" if low == high else f"{low}–{high}" if high else f"{low} or more"
        for low, high in zip(SIZES, ends, strict=True)
    ]
    lines = [
        ("stays longer by", [*labels, "inside in this stage only"], theme.LONGER),
        ("leaves earlier by", [*labels, "inside in the reference only"], theme.EARLIER),
    ]
    rows = "".join(
        f"<div style='display:flex;flex-wrap:wrap;gap:0.2em 0.9em'><span style='min-width:8em'>"
        f"{what}</span>"
        + "".join(
            "<span style='white-space:nowrap'><span style='display:inline-block;width:0.8em;"
            f"height:0.8em;background:{colour}'></span> {label}</span>"
            for label, colour in zip(names, colours, strict=True)
        )
        + "</div>"
        for what, names, colours in lines
    )
    wide = f" Each mark is {found.size} pixels wide, to be seen." if found.size > 1 else ""
    return f"<div>The colours of the picture{rows}The set itself is grey.{wide}</div>"


def _figure(source: ColumnDataSource) -> Any:
    plot = figure(
        sizing_mode="scale_width",  # the height follows, so that pixels stay square
        aspect_ratio=4 / 3,
        x_range=Range1d(0, 1),
        y_range=Range1d(0, 1),
        tools="pan,box_zoom,wheel_zoom,reset,save",
        toolbar_location="above",
        min_border=0,
        background_fill_alpha=0,
        border_fill_alpha=0,
        outline_line_color=None,
    )
    plot.toolbar.logo = None
    plot.axis.visible = plot.grid.visible = False
    for tool in plot.tools:
        if type(tool).__name__ == "BoxZoomTool":
            tool.match_aspect = True
    colours = (*_GROUND, *theme.LONGER, *theme.EARLIER)
    assert len(colours) == LEVELS + 2 * KINDS
    mapper = LinearColorMapper(palette=colours, low=-0.5, high=len(colours) - 0.5)
    plot.image(image="marks", x=0, y=0, dw="nx", dh="ny", source=source, color_mapper=mapper)
    return plot
