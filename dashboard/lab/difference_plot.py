"""The picture of where two stages differ."""

from __future__ import annotations

from typing import Any

from bokeh.models import ColumnDataSource, LinearColorMapper, Range1d
from bokeh.plotting import figure

from dashboard.widgets import theme
from mandel_core.comparison.marking import KINDS, LEVELS

# Translucent, so that the marks can be read on a light and on a dark page.
_GROUND = (
    f"{theme.GROUND}5c",
    *(f"{theme.GROUND}{alpha:02x}" for alpha in range(6, 6 + 7 * (LEVELS - 1), 7)),
)


def difference_plot(source: ColumnDataSource) -> Any:
    """A figure of the source's `marks`, `nx` by `ny` pixels."""
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
