"""Keys, the field for coordinates, the map and places over the picture, in a real browser."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import segno
from PIL import Image

from dashboard.places.gallery import PLACES
from tests.browsing import Watched, browsing

pytestmark = pytest.mark.browser

VIEW = "?x=-0.7445&y=0.1235&width=0.02&iterations=300"


@pytest.fixture
def visitor(address: str) -> Iterator[Watched]:
    size = {"width": 1000, "height": 700}
    with browsing(viewport=size, reduced_motion="reduce", has_touch=True) as watched:
        watched.page.goto(address + VIEW)
        watched.page.locator(".about").get_by_text(" pixels, ").first.wait_for()
        watched.in_place()
        yield watched


def test_words_and_the_map_lead_elsewhere(visitor: Watched) -> None:
    page = visitor.page
    page.keyboard.press("g")
    field = visitor.figure().get_by_label("Coordinates with a width")
    visitor.until(lambda: field.input_value() == "-0.7445+0.1235i, width 0.02")
    visitor.figure().get_by_text("Without a width or zoom the width stays 0.02.").wait_for()
    field.fill("-0.7+0.1i, width banana")
    field.press("Enter")
    visitor.figure().get_by_text("“width banana” is not understood").wait_for()
    field.fill("-1.25 + 0.02i, width 0.1")
    field.press("Enter")
    visitor.settled(x="-1.25", y="0.02", width="0.1")
    field.wait_for(state="hidden")
    visitor.in_place()
    seen = visitor.figure().locator(".minimap")
    seen.wait_for()
    box = seen.bounding_box()
    page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 0.25 * box["height"])
    page.wait_for_function("() => new URLSearchParams(location.search).get('x') > -1")
    assert float(visitor.link()["y"]) == pytest.approx(0.98, abs=0.1)
    visitor.in_place()
    across, down = page.evaluate(
        """element => { const { x, y, width, height } = element.getBoundingClientRect();
            return [x + width / 2, y + height / 2]; }""",
        seen.locator(".window").element_handle(),
    )
    before = visitor.link()
    page.mouse.move(across, down)
    page.mouse.down()
    page.mouse.move(across - 20, down + 30, steps=4)
    page.mouse.up()
    moved = visitor.moved(before)
    unit = 1.12 * 3.5 / 132  # of the plane, a pixel of the map
    assert float(moved["x"]) == pytest.approx(float(before["x"]) - 20 * unit, abs=unit)
    assert float(moved["y"]) == pytest.approx(float(before["y"]) - 30 * unit, abs=unit)
    page.keyboard.press("m")
    seen.wait_for(state="hidden")
    page.keyboard.press("?")
    visitor.figure().get_by_text("Map of the whole set").wait_for()
    page.keyboard.press("Escape")
    visitor.figure().get_by_text("Zoom where the pointer is").wait_for(state="hidden")


def test_places_are_visited_kept_and_carried_elsewhere(visitor: Watched, tmp_path: Path) -> None:
    page, figure = visitor.page, visitor.figure()
    page.keyboard.press("k")
    page.keyboard.press("p")
    figure.get_by_role("button", name="mandelbrot, 0.02 wide", exact=True).wait_for()
    figure.locator(".card span").nth(len(PLACES) - 1).wait_for()
    sun = next(place for place in PLACES if place.name == "sun")
    figure.get_by_role("button", name=sun.title, exact=True).click()
    visitor.settled(x=sun.x, width=sun.width, palette=sun.colours.palette)
    page.wait_for_function("document.title === 'Sun - Mandelbrot explorer'")
    page.keyboard.press("q")
    visitor.until(lambda: shows_the_code_of_its_address(visitor))
    before = visitor.link()
    page.keyboard.press("+")  # the panel stays, and is of what is seen
    visitor.moved(before)
    visitor.figure().get_by_text("leads to this computer alone").wait_for()
    visitor.until(lambda: shows_the_code_of_its_address(visitor))
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    with page.expect_download() as download:
        figure.get_by_role("button", name="Export yours").click()
    saved = tmp_path / "places.json"
    download.value.save_as(saved)
    (kept,) = json.loads(saved.read_text())["places"]
    assert kept["picture"].startswith("data:image/webp;base64,")
    figure.get_by_role("button", name="Remove mandelbrot").click()
    figure.get_by_text("None yet").wait_for()
    content: list[Any] = [kept, {"link": "javascript:alert(1)", "name": "<b>x</b>"}]
    saved.write_text(json.dumps({"places": content}))
    figure.locator("input[type=file]").set_input_files(saved)
    figure.get_by_text("1 of 2 places are new; 1 were not understood").wait_for()
    figure.get_by_role("button", name="mandelbrot, 0.02 wide", exact=True).click()
    visitor.settled(x="-0.7445", width="0.02")
    before = visitor.link()
    page.keyboard.press("r")
    visitor.moved(before)


def shows_the_code_of_its_address(visitor: Watched) -> bool:
    """Whether the panel's code is that of the address bar, square by square."""
    code, address = visitor.figure().locator(".phone .code"), visitor.page.url
    if code.get_attribute("data-address") != address:
        return False
    shot = io.BytesIO(code.locator("svg").screenshot())
    dark = np.asarray(Image.open(shot).convert("L")) < 128
    squares = segno.make(address, error="m", micro=False).matrix
    size = len(dark) / (len(squares) + 8)  # four on each side stay white
    middle = [int((i + 4.5) * size) for i in range(len(squares))]
    return np.array_equal(dark[np.ix_(middle, middle)], np.array(squares, bool))


BURST = 1300  # milliseconds; views that follow each other faster are one step of the way


def test_the_way_back_and_forth_outlives_a_reload(visitor: Watched) -> None:
    page = visitor.page
    entries = page.evaluate("history.length")
    links = [visitor.link()]
    for number, key in enumerate(("+", "ArrowRight"), 1):
        page.wait_for_timeout(BURST)
        page.keyboard.press(key)
        links.append(visitor.moved(links[-1]))
        length = entries + number
        page.wait_for_function("length => history.length === length", arg=length)
    assert len({(link["x"], link["width"]) for link in links}) == 3

    def at(number: int) -> None:
        visitor.settled(**{name: links[number][name] for name in ("x", "y", "width")})
        visitor.in_place()

    page.go_back()
    at(1)
    page.reload()
    page.locator(".about").get_by_text(" pixels, ").first.wait_for()
    at(1)
    page.keyboard.press("Control+z")
    at(0)
    assert visitor.figure().get_by_role("button", name="Back to the view before").is_disabled()
    visitor.press("Forward again")
    at(1)
    page.keyboard.press("Control+y")
    at(2)
    assert page.evaluate("history.length") == entries + 2
