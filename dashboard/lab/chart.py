"""The chart of run time and compile time against chunk size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import isfinite
from typing import Any

import panel as pn
from bokeh.events import Tap
from bokeh.layouts import column
from bokeh.models import (
    ColumnDataSource,
    FixedTicker,
    HoverTool,
    Legend,
    LegendItem,
    LogAxis,
    Range1d,
    Span,
    Whisker,
)
from bokeh.plotting import figure

from dashboard.document import sent_in_order
from dashboard.lab.marks import TOLD, Mark, columns
from dashboard.lab.ticks import merged, time_ticks
from dashboard.widgets import theme

_RUN_HEIGHT, _COMPILE_HEIGHT = 340, 170  # pixels
_CHUNK_TICKS = (1, 2, 5, 10, 20, 50, 100, 200)
_REFERENCES = {  # stage: name, colour, dashes
    "numpy": ("NumPy", theme.NUMPY, "dashed"),
    "numba": ("Numba", theme.NUMBA, "dotdash"),
    "fast": ("Fast", theme.FAST, "dotted"),
}
_TUTORIAL = {2: "triangle", 32: "inverted_triangle"}  # threads: marker


class Chart:
    """Run time over compile time, both over chunk size, on log axes.

    `on_pick` is called with the chunk size of a point that was clicked.
    """

    def __init__(self, on_pick: Callable[[int], None]) -> None:
        self._on_pick = on_pick
        self._sources = {name: ColumnDataSource(columns([])) for name in _LOOKS}
        self._tutorial = {
            threads: ColumnDataSource({"chunksize": [], "run": []}) for threads in _TUTORIAL
        }
        self._x = Range1d(0.8, 260)
        self._run = self._plot(_RUN_HEIGHT, "run time", (0.001, 1))
        self._compile = self._plot(_COMPILE_HEIGHT, "compile time", (0.1, 100))
        self._run.xaxis.major_label_overrides = dict.fromkeys(_CHUNK_TICKS, " ")
        self._compile.xaxis.axis_label = "chunk size (iterations per compiled call)"
        self._lines = {
            stage: Span(
                dimension="width",
                line_color=colour,
                line_dash=dashes,
                line_width=1.6,
                visible=False,
                level="underlay",
            )
            for stage, (_, colour, dashes) in _REFERENCES.items()
        }
        self._names = LogAxis(
            ticker=FixedTicker(ticks=[]),
            axis_line_color=None,
            major_tick_line_color=None,
            major_label_standoff=0,
            major_label_text_font_size="11px",
        )
        for line in self._lines.values():
            self._run.add_layout(line)
        self._run.add_layout(self._names, "right")
        self._items = self._draw()
        self._figure = column(self._run, self._compile, sizing_mode="stretch_width", spacing=0)
        self.panel = pn.pane.Bokeh(self._figure, sizing_mode="stretch_width")
        self._fit({})

    def show(
        self,
        title: str,
        here: Iterable[Mark],
        drawn: Iterable[Mark] = (),
        elsewhere: Iterable[Mark] = (),
        references: Mapping[str, float] | None = None,
        tutorial: Mapping[int, Mapping[int, float]] | None = None,
    ) -> None:
        """Draw all anew.

        title : the stage's, for the legend.
        here, drawn, elsewhere : measured for this view; as a by-product of drawing it; for others.
        references : by stage, seconds to draw as a line: of NumPy, Numba and Fast.
        tutorial : by threads, then chunk size, the tutorial's seconds if this machine were its.
        """
        with sent_in_order(self.panel):
            for name, marks in {"here": here, "drawn": drawn, "elsewhere": elsewhere}.items():
                data = columns(marks)
                self._sources[name].data = data
                self._items[name].visible = bool(data["chunksize"])
            self._items["here"].update(label={"value": title}, visible=True)
            for threads, source in self._tutorial.items():
                table = (tutorial or {}).get(threads, {})
                source.data = {"chunksize": list(table), "run": list(table.values())}
                self._items[f"tutorial {threads}"].visible = bool(table)
            references = {stage: (references or {})[stage] for stage in references or {}}
            for stage, line in self._lines.items():
                line.update(location=references.get(stage, 1.0), visible=stage in references)
            self._fit(references)

    def _plot(self, height: int, label: str, limits: tuple[float, float]) -> Any:
        plot = figure(
            height=height,
            sizing_mode="stretch_width",
            x_axis_type="log",
            y_axis_type="log",
            x_range=self._x,
            y_range=limits,
            y_axis_label=label,
            toolbar_location=None,
            tools="tap",
            min_border_left=66,
            min_border_right=46,
            min_border_bottom=4,
            min_border_top=4,
            outline_line_color=None,
        )
        plot.xaxis.ticker = FixedTicker(ticks=list(_CHUNK_TICKS), minor_ticks=[])
        plot.xaxis.major_label_overrides = {tick: str(tick) for tick in _CHUNK_TICKS}
        # The ticker is changed, never replaced: a notebook's page would not learn of a new model.
        plot.yaxis.ticker = plot.ygrid.ticker = FixedTicker(ticks=[], minor_ticks=[])
        plot.xgrid.visible = False
        plot.ygrid.grid_line_alpha = 0.35
        for axis in (*plot.xaxis, *plot.yaxis):
            axis.update(
                axis_label_text_font_style="normal",
                axis_label_text_font_size="12px",
                axis_label_standoff=4,
                major_label_text_font_size="11px",
                major_tick_in=0,
                minor_tick_line_color=None,
                axis_line_color=theme.GREY,
                major_tick_line_color=theme.GREY,
            )
        plot.on_event(Tap, self._tapped)
        return plot

    def _draw(self) -> dict[str, LegendItem]:
        """All marks, from the one beneath to the one on top, and the legend that names them."""
        dots: dict[str, Any] = {}
        for threads, marker in _TUTORIAL.items():
            source = self._tutorial[threads]
            line = self._run.line(
                "chunksize", "run", source=source, line_color=theme.GREY, line_dash=[2]
            )
            mark = self._run.scatter(
                "chunksize", "run", source=source, marker=marker, size=7, color=theme.GREY
            )
            dots[f"tutorial {threads}"] = [line, mark]
        here = self._sources["here"]
        whisker = Whisker(
            base="chunksize",
            lower="low",
            upper="high",
            source=here,
            line_color=theme.RUN,
            line_width=1.5,
            level="glyph",
        )
        for head in (whisker.upper_head, whisker.lower_head):
            head.update(size=7, line_color=theme.RUN)
        self._run.add_layout(whisker)
        self._run.line("chunksize", "run", source=here, line_color=theme.RUN, line_width=2)
        self._compile.line(
            "chunksize", "compile", source=here, line_color=theme.COMPILE, line_width=1.5
        )
        for name, look in _LOOKS.items():
            dots[name] = [self._marks(self._run, "run", name, marker="circle", **look)]
            if name != "drawn":
                colour = {"color": theme.COMPILE} if name == "here" else {}
                self._marks(self._compile, "compile", name, marker="square", **(look | colour))
        titles = {"here": "measured", "drawn": "as drawn", "elsewhere": "elsewhere"}
        titles |= {f"tutorial {threads}": f"tutorial, {threads} threads" for threads in _TUTORIAL}
        items = {
            name: LegendItem(label=title, renderers=dots[name], visible=False)
            for name, title in titles.items()
        }
        legend = Legend(
            items=list(items.values()),
            orientation="horizontal",
            ncols=2,
            border_line_color=None,
            background_fill_alpha=0,
            label_text_font_size="11px",
            label_standoff=3,
            glyph_width=16,
            glyph_height=14,
            spacing=8,
            padding=0,
            margin=2,
        )
        self._run.add_layout(legend, "above")
        return items

    def _marks(self, plot: Any, y: str, name: str, **look: Any) -> Any:
        dots = plot.scatter("chunksize", y, source=self._sources[name], **look)
        dots.glyph.tags = [name]
        dots.selection_glyph = dots.nonselection_glyph = None
        tooltips = [("chunk size", "@chunksize"), *((told, f"@{{{told}}}") for told in TOLD)]
        plot.add_tools(HoverTool(renderers=[dots], tooltips=tooltips))
        return dots

    def _tapped(self, event: Tap) -> None:
        """A point that was clicked is selected by now; it is picked and nothing stays selected."""
        picked: set[int] = set()
        for source in self._sources.values():
            sizes = source.data["chunksize"]  # the browser's may be those of a moment ago
            picked |= {int(sizes[i]) for i in source.selected.indices if 0 <= i < len(sizes)}
            source.selected.indices = []
        if picked:
            self._on_pick(min(picked))

    def _fit(self, references: dict[str, float]) -> None:
        """Axes that hold all that is shown, with ticks to match."""
        data = [source.data for source in self._sources.values()]
        runs = [*references.values(), *(time for each in data for time in each["low"])]
        runs += [time for each in data for time in each["high"]]
        runs += [time for source in self._tutorial.values() for time in source.data["run"]]
        compiles = [time for each in data for time in each["compile"] if isfinite(time)]
        for plot, times, most in ((self._run, runs, 7), (self._compile, compiles, 4)):
            low, high = (min(times) / 1.4, max(times) * 1.4) if times else (0.1, 100)
            widen = max((5 / (high / low)) ** 0.5, 1)
            plot.y_range.update(start=low / widen, end=high * widen)
            ticks = time_ticks(low / widen, high * widen, most)
            plot.yaxis[0].ticker.ticks = list(ticks)
            plot.yaxis[0].major_label_overrides = ticks
        limits = self._run.y_range.start, self._run.y_range.end
        places = {_REFERENCES[stage][0]: time for stage, time in references.items()}
        names = merged(places, *limits, apart=0.06)
        self._names.ticker.ticks = list(names)
        self._names.major_label_overrides = names
        sizes = [size for each in data for size in each["chunksize"]]
        self._x.end = 1.3 * max([200, *sizes])


_LOOKS: dict[str, dict[str, Any]] = {
    "elsewhere": {"size": 6, "color": theme.GREY, "alpha": 0.4},
    "drawn": {"size": 6, "line_color": theme.RUN, "fill_color": None},
    "here": {"size": 9, "color": theme.RUN},
}
