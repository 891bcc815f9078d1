"""An explorer as a program uses it: the view, the link, the picture's arrays, waiting for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import panel as pn
import pytest

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
            explorer.failed(error)
        await waiting

    with pytest.raises(StageFailure, match="Too long"):
        asyncio.run(fail(StageFailure("fast", "too-long", "Too long.")))
    with pytest.raises(Cancelled):
        asyncio.run(fail(None))
