"""A phone: fingers on the picture, and room for what lies over it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browsing import PICTURE, Watched, browsing

pytestmark = pytest.mark.browser

VIEW = "?x=-0.7445&y=0.1235&width=0.02&iterations=300"
PHONE = {"viewport": {"width": 390, "height": 800}, "is_mobile": True, "has_touch": True}


@pytest.fixture
def phone(address: str) -> Iterator[Watched]:
    with browsing(**PHONE, color_scheme="dark", reduced_motion="reduce") as watched:
        watched.page.goto(address + VIEW)
        watched.page.locator(".about").get_by_text(" pixels, ").first.wait_for(state="attached")
        watched.in_place()
        yield watched


def test_fingers_zoom_move_and_keep_a_point(phone: Watched) -> None:
    page = phone.page
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *fingers: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(fingers)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def seen() -> Any:
        return page.evaluate(PICTURE)

    across, down = phone.centre()
    x, y = across + 60, down - 80
    before = seen()
    pixel = 0.02 / before["columns"]
    for _ in range(2):
        touch("touchStart", (x, y))
        touch("touchEnd")
    link = phone.moved(phone.link() | {"x": "-0.7445"})
    phone.in_place()
    assert float(link["width"]) == pytest.approx(0.02 / 1.2**6)
    assert float(link["x"]) == pytest.approx(-0.7445 + 60 * pixel, abs=pixel)
    assert float(link["y"]) == pytest.approx(0.1235 + 80 * pixel, abs=pixel)

    touch("touchStart", (across - 40, down), (across + 40, down))
    for step in range(1, 9):
        touch("touchMove", (across - 40 - 5 * step, down), (across + 40 + 5 * step, down))
    touch("touchEnd")
    closer = phone.moved(link)
    assert float(closer["width"]) == pytest.approx(float(link["width"]) / 2, rel=0.1)

    touch("touchStart", (across, down))
    for step in range(1, 9):
        touch("touchMove", (across - 10 * step, down))
    touch("touchEnd")
    moved = phone.moved(closer)
    assert float(moved["x"]) > float(closer["x"])
    assert moved["width"] == closer["width"]
    phone.in_place()

    map_of_all = phone.figure().locator(".minimap")
    map_of_all.wait_for()
    touch("touchStart", (across, down + 60))
    phone.figure().locator(".readout:not(.old)", has_text="Zoom to it").wait_for()
    touch("touchEnd")
    assert phone.link()["x"] == moved["x"]
    map_of_all.wait_for(state="hidden")  # there is room for one of them
    box = phone.figure().locator(".readout").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_the_picture_alone_fills_the_screen(phone: Watched) -> None:
    phone.figure().get_by_role("button", name="Full screen").tap()
    phone.until(lambda: phone.page.evaluate(PICTURE)["rows"] == 800)
    phone.in_place()
    phone.figure().get_by_role("button", name="Full screen").tap()
    phone.until(lambda: phone.page.evaluate(PICTURE)["rows"] == 756)
    phone.in_place()
