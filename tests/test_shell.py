"""The page around the explorer in a real browser: themes, drawer, keyboard; nothing of Material."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.page import lean
from tests.browsing import browsing

pytestmark = pytest.mark.browser


def colour(page: Any, element: str, name: str = "background-color") -> str:
    found: str = page.evaluate(
        "([element, name]) => getComputedStyle(document.querySelector(element))[name]",
        [element, name],
    )
    return found


def test_scripts_that_nothing_needs_are_not_loaded() -> None:
    kept = '<script type="text/javascript" src="static/js/bokeh.min.js?v=1"></script>\n'
    unused = '<script type="text/javascript" src="static/js/bokeh-gl.min.js?v=2"></script>\n'
    inline = "<script>Bokeh.set_log_level('info');</script>"
    assert lean(kept + unused + kept + inline) == kept + kept + inline


def test_the_theme_is_the_systems_until_one_is_chosen(address: str) -> None:
    with browsing(viewport={"width": 1000, "height": 700}, color_scheme="dark") as visitor:
        page = visitor.page
        sent: list[int] = []

        def listen(socket: Any) -> None:
            socket.on("framesent", lambda frame: sent.append(len(frame)))

        page.on("websocket", listen)
        page.goto(address)
        page.locator(".about").get_by_text(" pixels, ").first.wait_for()
        dark = colour(page, "body")
        page.wait_for_timeout(1000)
        before = len(sent)
        page.get_by_role("button", name="Light or dark").click()
        assert colour(page, "body") != dark
        page.wait_for_timeout(300)
        assert len(sent) == before, "the server is not asked"
        page.reload()
        page.locator(".about").get_by_text(" pixels, ").first.wait_for()
        assert colour(page, "body") != dark
        assert page.locator("h1").inner_text() == page.title() == "Mandelbrot explorer"
        assert not page.evaluate(
            "performance.getEntriesByType('resource').some(one => one.name.includes('material'))"
        )


def test_on_a_narrow_window_the_controls_come_when_asked_for(address: str) -> None:
    with browsing(viewport={"width": 390, "height": 844}) as visitor:
        page = visitor.page
        page.goto(address)
        stage = page.get_by_label("Stage").first
        stage.wait_for(state="attached")
        page.locator(".about").get_by_text(" pixels, ").first.wait_for(state="attached")
        assert visitor.figure().bounding_box()["width"] == 390
        assert not stage.is_visible()
        page.get_by_role("button", name="Controls").click()
        stage.wait_for()
        page.keyboard.press("Escape")
        stage.wait_for(state="hidden")


def test_the_arrow_keys_go_through_the_tabs_and_the_picture_stays(address: str) -> None:
    with browsing(viewport={"width": 1000, "height": 700}) as visitor:
        page = visitor.page
        page.goto(address)
        page.locator(".about").get_by_text(" pixels, ").first.wait_for()
        page.wait_for_timeout(1000)
        picture = visitor.pixels()
        page.get_by_role("tab", name="Picture").click()
        page.keyboard.press("ArrowRight")
        page.get_by_text("Each stage on this view").wait_for()
        page.get_by_role("tab", name="Stages", selected=True).wait_for()
        page.keyboard.press("ArrowLeft")
        page.get_by_role("tab", name="Picture", selected=True).wait_for()
        page.mouse.move(5, 5)
        assert (visitor.pixels() == picture).all()
