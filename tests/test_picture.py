"""The picture's own path past HoloViews' refresh, without a browser; requests of any kind."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from decimal import Decimal
from typing import Any

import holoviews as hv
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.state import HOME, MAX_CENTRE, MAX_PIXELS, MAX_WIDTH, MIN_WIDTH
from dashboard.view.picture import PictureView
from dashboard.view.request import Request
from mandel_core import Settings, Viewport
from mandel_core.colour.encoding import encode_indices
from mandel_core.colour.palettes import palette_colours
from mandel_core.worker.tasks import Picture

ASKED = {"seq": 3, "x": -0.5, "y": 0.25, "width": 0.5, "nx": 30, "ny": 20, "rest": True}


def picture(level: int = 1) -> Picture:
    view = Viewport.from_screen("-0.5", "0.25", "0.5", 30, 20)
    indices = np.full((20, 30), level, np.uint8)
    return Picture(
        view, Settings("fast"), encode_indices(indices, palette_colours("hot")), 0.1, 0.0
    )


class Shown:
    """A view, the document HoloViews made of it, and what its browser is sent."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.view = PictureView(self.requests.append)
        self.root = self.view.pane.get_root()

    def source(self, name: str) -> Any:
        (display,) = self.view._displays.values()
        return getattr(display, name)


def test_what_a_browser_asks_for_arrives() -> None:
    shown = Shown()
    shown.source("request").data = {name: [value] for name, value in ASKED.items()}
    (request,) = shown.requests
    assert (request.number, request.nx, request.rest) == (3, 30, True)
    assert (request.x, request.width) == (Decimal("-0.5"), Decimal("0.5"))


def test_nonsense_from_a_browser_is_passed_over() -> None:
    shown = Shown()
    row = {name: [value] for name, value in ASKED.items()}
    nonsense: list[Any] = [
        {},
        {"seq": [None]},
        {**row, "x": ["1"]},
        {"seq": []},
        {**row, "ny": [[1]]},
        {**row, "width": [10**400]},  # more than a float can be
    ]
    for data in nonsense:
        shown.source("request").data = data
    assert shown.requests == []


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from([[1], 10**400]),
)


@given(st.fixed_dictionaries({name: values | st.just(value) for name, value in ASKED.items()}))
def test_any_request_is_refused_or_within_limits(asked: dict[str, Any]) -> None:
    try:
        request = Request.parse(asked)
    except (ValueError, TypeError):
        return
    assert -MAX_CENTRE <= request.x <= MAX_CENTRE
    assert MIN_WIDTH <= request.width <= MAX_WIDTH
    assert 1 <= request.nx <= MAX_PIXELS
    assert 1 <= request.ny <= MAX_PIXELS


def test_the_browser_and_holoviews_have_the_same_picture() -> None:
    shown = Shown()
    shown.view.show(picture(5), number=7, rest=True, link="?x=1")
    sent = shown.source("feed").data
    assert (sent["seq"], sent["link"], sent["nx"]) == ([7], ["?x=1"], [30])
    assert sent["coding"] == ["indices"]
    element = shown.view.plot[()]
    assert isinstance(element, hv.RGB)
    top_left = [element.dimension_values(channel, flat=False)[0, 0] for channel in (2, 3, 4)]
    assert top_left == palette_colours("hot")[5, :3].tolist()
    assert element.bounds.lbrt() == pytest.approx((-0.75, 0.25 - 1 / 6, -0.25, 0.25 + 1 / 6))


def test_others_who_show_the_picture_are_told_when_it_rests() -> None:
    shown = Shown()
    heard: list[Picture] = []
    shown.view._newest.add_subscriber(lambda **contents: heard.append(contents["picture"]))
    moving, resting = picture(1), picture(2)
    shown.view.show(moving, 1, rest=False)
    assert heard == []
    shown.view.show(resting, 2, rest=True)
    assert heard == [resting]


def test_a_picture_does_not_go_through_holoviews_refresh(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Shown()
    (plot,) = (known for known, _ in shown.view.pane._plots.values())
    monkeypatch.setattr(type(plot), "refresh", lambda *_, **__: pytest.fail("a refresh"))
    shown.view.show(picture(), 1, rest=True)


def test_the_browser_is_not_sent_where_it_is_already() -> None:
    shown = Shown()
    before = shown.source("target").data
    shown.view.is_at(Decimal("-0.5"), Decimal("0.25"), Decimal("0.5"))
    shown.view.move(Decimal("-0.5"), Decimal("0.25"), Decimal("0.5"))
    assert shown.source("target").data == before
    shown.view.move(HOME.x, HOME.y, HOME.width)
    assert shown.source("target").data["width"] == [3.5]


def test_holoviews_options_do_not_hold_a_view() -> None:
    """They are kept in a cache that outlives every page."""
    view = PictureView(lambda request: None)
    assert view.plot[()] is not None
    known = weakref.ref(view)
    del view
    gc.collect()
    assert known() is None


def test_pandas_is_not_imported_to_show_pixels() -> None:
    code = (
        "import sys\n"
        "from dashboard.view.picture import PictureView\n"
        "PictureView(print).pane.get_root()\n"
        "assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
