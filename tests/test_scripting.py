"""An explorer as a program uses it: the view, the link, the picture's arrays, waiting for it."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import holoviews as hv
import numpy as np
import panel as pn
import psutil
import pytest
from bokeh.document import Document

from dashboard import Explorer
from dashboard.state import HOME
from dashboard.view.request import Request
from mandel_core import Cancelled, StageFailure, Viewport, render


@pytest.fixture
def explorer() -> Iterator[Explorer]:
    explorer = Explorer(x="-1.25", width="0.5", maxiter=60)
    yield explorer
    explorer.close()


def look(explorer: Explorer, nx: int = 40, ny: int = 30) -> None:
    """As a browser whose window has so many pixels."""
    state = explorer.state
    explorer._flow._on_request(
        Request(1, state.x, state.y, state.width, nx, ny, rest=True, surround=False)
    )


def wait(explorer: Explorer) -> None:
    asyncio.run(asyncio.wait_for(explorer.settled(), 60))


def test_a_link_leads_back(explorer: Explorer) -> None:
    for link in (explorer.link, f"http://localhost:5006/dashboard{explorer.link}"):
        other = Explorer.from_link(link, palette="hot")
        assert (other.x, other.width, other.palette) == (explorer.x, explorer.width, "hot")
        assert (other.maxiter, other.automatic) == (60, False)
        other.close()
    assert Explorer().link == "?v=2"


def test_what_cannot_be_read_of_a_link_is_told() -> None:
    explorer = Explorer.from_link("?width=no&v=2")
    texts = explorer.status().select(pn.widgets.StaticText)
    said = [w.value or "" for w in texts if w.visible]
    assert any("width" in text and "was replaced by" in text for text in said)
    assert explorer.width == HOME.width
    explorer.close()


def test_a_viewport_can_be_given_and_set() -> None:
    view = Viewport.from_screen("-0.7", "0.3", "0.125", 500, 400)
    explorer = Explorer(view=view, controls=False, lab=False)
    there = explorer.x, explorer.y, explorer.width
    assert there == (Decimal("-0.7"), Decimal("0.3"), Decimal("0.125"))
    explorer.viewport = Viewport.from_screen("0.25", 0, "2", 64, 48)
    assert (explorer.x, explorer.y, explorer.width) == (Decimal("0.25"), 0, 2)
    explorer.viewport = Viewport.from_screen("-0.1592", "-1.0317", "0.025", 300, 200)
    explorer.x += explorer.width / 4
    assert (str(explorer.x), str(explorer.width)) == ("-0.15295", "0.025"), "no zeros at the end"
    shown = explorer.__panel__()
    assert shown.select(pn.widgets.Select) == [], "the bare picture"
    explorer.close()


def test_the_arrays_are_those_of_the_picture(explorer: Explorer) -> None:
    with pytest.raises(RuntimeError, match="no picture yet"):
        _ = explorer.frame
    look(explorer)
    wait(explorer)
    frame = explorer.frame
    assert frame is explorer.frame
    alone = render(Viewport.from_screen("-1.25", 0, "0.5", 40, 30), "fast", 60)
    np.testing.assert_array_equal(frame.iterations, alone.iterations)
    data: Any = explorer.to_xarray()
    assert dict(data.sizes) == {"y": 30, "x": 40}
    assert float(data.x[0]) == frame.view.bounds[0]
    assert data.attrs["link"] == explorer.link
    explorer.x = "-1.3"
    wait(explorer)
    assert explorer.frame is not frame


def test_who_waits_is_told_why_there_is_no_picture(explorer: Explorer) -> None:
    async def fail(error: StageFailure | None) -> None:
        waiting = asyncio.ensure_future(explorer.settled())
        await asyncio.sleep(0)
        if error is None:
            explorer._arrived(Cancelled())
        else:
            explorer.on_failed(error)
        await waiting

    with pytest.raises(StageFailure, match="Too long"):
        asyncio.run(fail(StageFailure("fast", "too-long", "Too long.")))
    with pytest.raises(Cancelled):
        asyncio.run(fail(None))


def test_two_explorers_share_where_they_look(explorer: Explorer) -> None:
    other = Explorer()
    explorer.share(other)
    assert (other.x, other.width) == (explorer.x, explorer.width)
    other.param.update(x="0.25", width="0.125")
    assert (explorer.x, explorer.width) == (Decimal("0.25"), Decimal("0.125"))
    explorer.share(other, "palette")
    explorer.palette = "hot"
    assert other.palette == "hot"
    explorer.stage = "numba"
    assert other.stage != "numba", "the stage is not shared"
    other.close()


def test_the_picture_lies_under_what_is_laid_over_it(explorer: Explorer) -> None:
    composed = explorer.picture * hv.Points([(-1.25, 0)])
    look(explorer)
    wait(explorer)
    kinds = {type(each.glyph).__name__ for each in hv.render(composed).renderers}
    assert kinds == {"ImageRGBA", "Scatter"}


def test_a_figure_whose_output_is_gone_is_served_no_longer(explorer: Explorer) -> None:
    layout = explorer.__panel__()
    roots = [layout.get_root(), explorer.__panel__().get_root()]
    for root in roots:
        Document().add_root(root)
    view = explorer._flow.view
    assert len(view._displays) == len(view.calls._answers) == 2
    view.forget(roots[0].id)
    (display,) = view._displays.values()
    assert display.figure.document is roots[1].document
    assert view.calls._answers == [display.answers]


def test_ten_explorers_share_the_processes_and_are_freed() -> None:
    explorers = [Explorer(maxiter=60) for _ in range(10)]
    for explorer in explorers:
        look(explorer)
        wait(explorer)
    assert len(psutil.Process().children()) <= 8  # four, and for each one that stands by
    known = [weakref.ref(explorer) for explorer in explorers]
    for explorer in explorers:
        explorer.close()
    del explorer, explorers
    for _ in range(30):  # what waits for a moment of rest holds it until then
        gc.collect()
        # The thread of each process knows its last task, and whose it was.
        if sum(ref() is not None for ref in known) <= 3:
            return
        time.sleep(0.1)
    raise AssertionError("explorers are held")
