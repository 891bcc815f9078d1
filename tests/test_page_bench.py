"""The parts of the page's bench that need neither server nor browser."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from dashboard.bench.__main__ import main
from dashboard.bench.asking import Feed, Ranges, View, how_to_ask
from dashboard.bench.quantile import quantile
from dashboard.bench.readings import Notes, Tick
from dashboard.bench.slow_line import Direction
from dashboard.bench.table import full, machine
from dashboard.bench.visits import Visit

pytestmark = pytest.mark.slow


def model(kind: str, ident: str, **attributes: Any) -> dict[str, Any]:
    return {"type": "object", "name": kind, "id": ident, "attributes": attributes}


def document(*roots: dict[str, Any]) -> str:
    return json.dumps({"doc": {"roots": list(roots)}})


def figure(ident: str, glyph: str) -> dict[str, Any]:
    return model(
        "Figure",
        ident,
        x_range=model("Range1d", f"{ident}x"),
        y_range=model("Range1d", f"{ident}y"),
        renderers=[model("GlyphRenderer", f"{ident}r", glyph=model(glyph, f"{ident}g"))],
    )


def test_a_page_with_a_feed_is_asked_by_its_request():
    sources = [
        model("ColumnDataSource", f"p{number}", name=name)
        for number, name in enumerate(("request", "feed", "target"))
    ]
    asking = how_to_ask(document(model("Column", "p9", children=sources), figure("f", "Image")))
    assert asking == Feed("p0", "p1")
    ((event,),) = asking.request(7, View(-0.75, 0.0, 3.5, 1000, 833))
    assert (event["kind"], event["model"], event["attr"]) == ("ModelChanged", {"id": "p0"}, "data")
    data = dict(event["new"]["entries"])
    assert (data["seq"], data["nx"], data["rest"]) == ([7], [1000], [True])


@pytest.mark.parametrize(
    "new",
    [
        {"type": "map", "entries": [["seq", [7]], ["nx", [980]], ["image", [{}]]]},
        {"seq": [7], "nx": [980], "image": []},
    ],
)
def test_an_answer_is_known_by_its_number(new: dict[str, Any]):
    content = json.dumps({"events": [{"model": {"id": "p1"}, "attr": "data", "new": new}]})
    assert Feed("p0", "p1", nx=980).answered(content, 10_000) == 7
    assert Feed("p0", "p1", nx=1000).answered(content, 10_000) is None, "it is a coarse one"
    assert Feed("p0", "p2").answered(content, 10_000) is None


def test_any_other_page_is_asked_by_the_axes_of_its_image():
    asking = how_to_ask(document(figure("chart", "Line"), figure("f", "ImageRGBA")))
    assert asking == Ranges("f", "fx", "fy")
    across, up, over = asking.request(1, View(0.0, 1.0, 2.0, 200, 100))
    assert [(event["attr"], event["new"]) for event in across] == [("start", -1), ("end", 1)]
    assert [(event["attr"], event["new"]) for event in up] == [("start", 0.5), ("end", 1.5)]
    assert over[0]["msg_data"]["name"] == "rangesupdate"
    assert (asking.answered("{}", 0), asking.answered("{}", 10_000)) == (None, 0)
    with pytest.raises(ValueError, match="neither"):
        how_to_ask(document(figure("chart", "Line")))


def picture(painted: float | None, full: bool) -> dict[str, Any]:
    return {"drawn": (painted or 0) - 1, "painted": painted, "full": full}


NOTES = {
    "pictures": [picture(60, False), picture(90, True), picture(2300, True), picture(None, True)],
    "received": [[5, 9000, True], [20, 30, False], [40, 6000, True], [70, 9000, True]],
    "sent": [[5, 100, False], [12, 100, False]],
    "inputs": [[10, "wheel"], [1900, "wheel"]],
    "extensions": "",
}


def test_a_notch_counts_what_came_after_it():
    assert Notes(NOTES).tick() == Tick(30, 50, 80, 15030, received=3, sent=1)
    silent = Notes({**NOTES, "pictures": [], "received": []}).tick()
    assert (silent.arrived, silent.painted, silent.whole) == (None, None, None)


def test_a_gesture_counts_what_was_seen_meanwhile():
    gesture = Notes(NOTES).gesture()
    assert (gesture.pictures, gesture.whole, gesture.rest) == (2, 1, 400)


def test_the_slow_line_is_shared():
    line = Direction(seconds=0.5, bits_per_second=8000)
    assert line.arrival(1000, now=10) == 11.5
    assert line.arrival(1000, now=10) == 12.5
    assert line.arrival(1000, now=20) == 21.5


def test_a_quantile_is_one_of_the_values():
    assert quantile(range(1, 101), 0.95) == 95
    assert quantile([3.0], 0.95) == 3
    assert math.isnan(quantile([], 0.5))


def test_the_table_shows_what_is_missing_as_missing():
    shown = vars(Visit(ticks=[], opened=1200.0))
    cost = {"own": 0.1, "children": 0.0}
    shown |= dict.fromkeys(("opened_cpu", "ticks_cpu", "gestures_cpu"), cost)
    load = {"app": "our page", "sessions": 5, "failures": ["no"]}
    text = full(
        {
            "machine": machine(),
            "rounds": 1,
            "picture": [1000, 833],
            "window": [1400, 1000],
            "chromium": "Chrome 1",
            "slow_line": {"seconds_each_way": 0.05, "bits_per_second": 1e7},
            "visits": [{"app": "our page", "slow": True, "visits": [shown]}],
            "loads": [load],
        }
    )
    assert "| open → first picture painted | 1.2 s (1.2 s–1.2 s) |" in text
    assert "| wheel notch → painted | – |" in text
    assert "| 5 | our page |" in text
    assert "10 Mbit/s" in text


@pytest.mark.parametrize(
    "wrong", ["--size=1000", "--sessions=0", "--rounds=0", "--seconds=0", "--notebook"]
)
def test_arguments_that_make_no_sense_are_refused(wrong: str, capsys: pytest.CaptureFixture[str]):
    assert main([wrong]) == 2
    assert "dashboard.bench:" in capsys.readouterr().err
