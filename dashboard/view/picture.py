"""The picture: a DynamicMap that shows the newest frame, and its own path to the browser.

HoloViews makes the figure. From then on pictures do not go through its refresh, which walks the
whole document: they go to the browser through a small data source, are decoded there, and put into
the source that HoloViews made (`browser/`). What HoloViews would draw is kept in step, so that the
DynamicMap shows the same wherever it is composed, exported or drawn again.

The axes belong to the browser. It asks for what it shows (`Request`), and is told where to go.
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import holoviews as hv
import holoviews.plotting.bokeh
import numpy as np
import panel as pn
import param
from bokeh.models import ColumnDataSource, CustomJS
from holoviews import streams

from dashboard import notebook
from dashboard.state import HOME, MAX_CENTRE, MAX_WIDTH, MIN_WIDTH
from dashboard.view.browser_calls import Calls
from dashboard.view.request import Request
from dashboard.view.scripts import code
from mandel_core import FORMULAS, Viewport
from mandel_core.colour.encoding import Encoded
from mandel_core.formulas.formula import Home
from mandel_core.worker.tasks import Picture

# Not `hv.extension`, which in a notebook fetches Panel's scripts from a CDN.
hv.Store.set_current_backend("bokeh")

_log = logging.getLogger(__name__)
_LIMITS = {
    "min_width": float(MIN_WIDTH),
    "max_width": float(MAX_WIDTH),
    "max_centre": float(MAX_CENTRE),
}
BACKGROUND = "#000000"
# How HoloViews is to keep pixels and its dataset of them; else it imports Pandas to find out.
_KEPT: dict[str, Any] = {"datatype": ["image"], "dataset": {"datatype": ["grid"]}}


@dataclass(frozen=True)
class _Display:
    """One figure that shows the picture, and the sources through which it is served."""

    figure: Any
    request: ColumnDataSource
    feed: ColumnDataSource
    target: ColumnDataSource
    answers: ColumnDataSource


class _Newest(streams.Stream):
    """Holds the newest picture for the DynamicMap; may change without anybody being told."""

    picture = param.Parameter(default=None, constant=True, doc="The newest picture.")

    @property
    def hashkey(self) -> dict[str, int]:
        """What HoloViews tells two pictures apart by."""
        return {"picture": id(self.picture)}


class PictureView:
    """The DynamicMap, and every figure that HoloViews made of it.

    on_request : called with what a browser asks for, in the document's thread.
    calls : what else its scripts and the server tell each other.
    is_page : whether the page around the figure is ours: its address, its keys.
    styles : the style sheet of what the figure is part of, in a notebook's cell.

    Both are to be set before the figure is made.
    """

    def __init__(self, on_request: Callable[[Request], None]) -> None:
        self._on_request = on_request
        self._view = (float(HOME.x), float(HOME.y), float(HOME.width))
        self._home = FORMULAS[HOME.formula].home
        self._fit = self._leap = False
        self._displays: dict[str, _Display] = {}
        self.calls = Calls(self._push)
        self.calls.on("alive", lambda _: self.calls.send("alive"))
        self.is_page = False
        self.styles: str | None = None
        self.steps = 0  # how often the browser has walked to another view of its history
        self._newest = _Newest()
        self._adopted: weakref.WeakSet[Any] = weakref.WeakSet()
        self.plot = hv.DynamicMap(_element, streams=[self._newest]).opts(
            hv.opts.RGB(
                responsive=True,
                xaxis=None,
                yaxis=None,
                toolbar=None,  # what Bokeh's tools do is done in `browser/`
                default_tools=[],
                tools=[],
                apply_ranges=False,
                border=0,
                hooks=[_adopting(self)],
            )
        )
        self.pane = pn.pane.HoloViews(
            self.plot,
            sizing_mode="stretch_both",
            min_height=360,
            min_width=320,
            linked_axes=False,
            css_classes=["picture"],
        )

    def show(
        self,
        picture: Picture,
        number: int,
        rest: bool,
        link: str | None = None,
        final: bool = False,
        eased: bool = False,
    ) -> None:
        """Send a picture, as the answer to request `number`, with what the address is to say.

        final : whether no better one of the same view will follow.
        rest : whether it is the last of its view; only then those who compose with the
            DynamicMap are told, since their refresh goes through HoloViews.
        eased : whether its colours are to come softly over those on screen.
        """
        message = {"seq": number, "final": final, "eased": eased}
        message |= sent(picture.image, picture.view)
        if picture.surround is not None and picture.surround_view is not None:
            message |= sent(picture.surround, picture.surround_view, "surround_")
        self._send(message, link)
        self._newest.update(picture=picture)
        if rest:
            self._notify_subscribers(picture)

    def show_whole(self, picture: Picture) -> None:
        """Send a picture of the whole set, to lie beneath where nothing else is known."""
        self._send(sent(picture.image, picture.view, "whole_"), None)

    def rests(self, picture: Picture, number: int, link: str | None, final: bool = False) -> None:
        """The picture sent last is that of the view at rest, asked for by request `number`."""
        self._send({"seq": number, "final": final}, link)
        self._notify_subscribers(picture)

    def answer(self, number: int, link: str | None = None) -> None:
        """Tell the browser that there is no picture for request `number`, or none yet."""
        self._send({"seq": number}, link)

    def walked(self, steps: int) -> None:
        """The browser has walked through its history so often; tell it that this is known here.

        What it asks for before it hears so may be the view that it has left.
        """
        self.steps = steps
        self._send({"steps": steps}, None)

    def set_address(self, link: str | None) -> None:
        """Have the address say this."""
        if link is not None:
            self._send({}, link)

    def is_at(self, x: Decimal, y: Decimal, width: Decimal) -> None:
        """The browser shows this view; what `move` is told of it is no news."""
        self._view, self._fit = (float(x), float(y), float(width)), False

    def live_at(self, home: Home) -> None:
        """Have the browser's reset lead to this view, from the next `move` on that moves."""
        self._home = home

    def move(
        self, x: Decimal, y: Decimal, width: Decimal, fit: bool = False, leap: bool = False
    ) -> None:
        """Have the browser go to this view, unless that is where it is.

        fit : whether it is home, of which the browser shows all whatever its window's shape.
        leap : at once, since what lies between is another formula's.
        """
        view = (float(x), float(y), float(width))
        if view != self._view or (fit and not self._displays):
            self._view, self._fit, self._leap = view, fit, leap
            for display in self._displays.values():
                display.target.data = self._target()
            self._push()

    def _notify_subscribers(self, picture: Picture) -> None:
        """Have HoloViews refresh what shows the DynamicMap, but for the figures served here."""
        for subscriber in self._newest.subscribers:
            if getattr(subscriber, "__self__", None) not in self._adopted:
                subscriber(picture=picture)

    def _send(self, message: dict[str, Any], link: str | None) -> None:
        if link is not None:
            message |= {"link": link, "steps": self.steps}
        for display in self._displays.values():
            display.feed.data = {key: [value] for key, value in message.items()}
        self._push()

    def _push(self) -> None:
        """Not the pane alone: a figure may be of one that somebody else made of the plot."""
        notebook.push_models(*(display.figure for display in self._displays.values()))

    def _target(self) -> dict[str, list[Any]]:
        x, y, width = self._view
        home = {name: float(value) for name, value in vars(self._home).items()}
        view = {"x": x, "y": y, "width": width, "fit": self._fit, "leap": self._leap}
        target: dict[str, Any] = view | {"limits": _LIMITS, "home": home, "is_page": self.is_page}
        target["steps"] = self.steps
        return {name: [value] for name, value in target.items()}

    def adopt(self, plot: Any) -> None:
        """Take up a figure that HoloViews has just made; do nothing if it is drawn again."""
        if plot.id in self._displays:
            return
        figure = plot.state
        figure.background_fill_color = figure.border_fill_color = BACKGROUND
        figure.outline_line_color = None
        # Bokeh asks for their style sheets with each repaint, though there is nothing to see.
        figure.title = None
        figure.grid.visible = False
        # WebGL has nothing to gain from one image, and is slow where it is emulated.
        figure.output_backend = "canvas"
        figure.min_border = 0
        x, y, width = self._view
        for axis, middle in ((figure.x_range, x), (figure.y_range, y)):
            axis.update(start=middle - width / 2, end=middle + width / 2)
            # Below some 1e-15 Bokeh's axes become nan, whatever tool brought them there.
            axis.update(min_interval=float(MIN_WIDTH) / 8, max_interval=float(MAX_WIDTH) * 8)
        asked, answers = self.calls.sources()
        display = _Display(
            figure,
            request=ColumnDataSource({"seq": [0]}, name="request"),
            feed=ColumnDataSource({}, name="feed"),
            target=ColumnDataSource(self._target(), name="target"),
            answers=answers,
        )
        display.request.on_change("data", lambda attr, old, new: self._on_data(new))
        args = {
            "figure": figure,
            "source": plot.handles["source"],
            "request": display.request,
            "feed": display.feed,
            "target": display.target,
            "asked": asked,
            "answers": answers,
            "styles": self.styles,
        }
        figure.js_on_change("inner_width", CustomJS(args=args, code=code(), module=True))
        self._displays[plot.id] = display
        self._adopted.add(plot)

    def forget(self, root: str) -> None:
        """Serve the figures under a root, by Bokeh's number, no longer: nobody sees them now."""
        for number, display in tuple(self._displays.items()):
            doc = display.figure.document
            if doc is not None and root in {one.id for one in doc.roots}:
                self.calls.forget(display.answers)
                del self._displays[number]

    def _on_data(self, data: dict[str, list[Any]]) -> None:
        try:
            request = Request.parse({key: values[0] for key, values in data.items()})
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
            _log.warning("A request of a page was not understood: %s", error)
            return
        self._on_request(request)


def _adopting(view: PictureView) -> Callable[[Any, Any], None]:
    """A hook for HoloViews, whose caches outlive every page: it must not hold the view."""
    known = weakref.ref(view)

    def adopt(plot: Any, element: Any) -> None:
        if (view := known()) is not None:
            view.adopt(plot)

    return adopt


def _element(picture: Picture | None) -> hv.RGB:
    if picture is None:
        return hv.RGB(np.zeros((1, 1, 4), np.uint8), bounds=(-2.5, -1.75, 1, 1.75), **_KEPT)
    left, right, bottom, top = picture.view.extent
    # Deep down the edges are rounded by a good part of a pixel, which is no reason to warn.
    pixels, bounds = picture.image.rgba()[::-1], (left, bottom, right, top)
    return hv.RGB(pixels, bounds=bounds, rtol=1, **_KEPT)


def sent(image: Encoded, view: Viewport, prefix: str = "") -> dict[str, Any]:
    """A picture in its place as it travels, by the names under which `frames.js` decodes it."""
    left, right, bottom, top = view.extent
    # One array: each travels as messages of its own.
    palette = image.palette.tobytes() if image.coding == "indices" else b""
    sent = {
        "data": np.frombuffer(palette + image.data, np.uint8),
        "coding": image.coding,
        "nx": image.nx,
        "ny": image.ny,
        "left": left,
        "right": right,
        "bottom": bottom,
        "top": top,
    }
    return {prefix + key: value for key, value in sent.items()}
