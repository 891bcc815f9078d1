"""The served page in a real browser, used as a visitor would."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from dashboard.state import DEVICES, HOME, MIN_WIDTH
from mandel_core import devices
from mandel_core.model.decimals import plain
from tests.browsing import PICTURE, Watched, browsing

pytestmark = pytest.mark.browser

SIZE = {"width": 1000, "height": 700}


@pytest.fixture
def visitor() -> Iterator[Watched]:
    with browsing(viewport=SIZE) as watched:
        yield watched


def open_page(visitor: Watched, address: str, query: str = "") -> None:
    visitor.page.goto(address + query)
    visitor.settled(iterations=visitor.link().get("iterations", "200"))
    visitor.page.locator(".about").get_by_text(" pixels, ").first.wait_for()


def choose(visitor: Watched, label: str, option: str) -> None:
    visitor.page.get_by_label(label, exact=False).first.select_option(label=option)


def wheel(visitor: Watched, ticks: int = 3, direction: int = -1) -> None:
    visitor.page.mouse.move(*visitor.centre())
    for _ in range(ticks):
        visitor.page.mouse.wheel(0, direction * 200)
        visitor.page.wait_for_timeout(50)


# The axes of the picture, which is the widest figure.
AXES = """() => {
    const models = Bokeh.documents.flatMap(doc => [...doc._all_models.values()]);
    const figures = models.filter(model => model.type === 'Figure');
    const figure = figures.reduce((a, b) => a.inner_width > b.inner_width ? a : b);
    const {x_range: x, y_range: y, inner_width, inner_height} = figure;
    return [x.end - x.start, y.end - y.start, inner_width, inner_height];
}"""


def pixel_sizes(visitor: Watched) -> tuple[float, float]:
    """How much of the plane one screen pixel shows, across and up."""
    wide, high, columns, rows = visitor.page.evaluate(AXES)
    return wide / columns, high / rows


def test_the_page_shows_the_set_and_its_link(visitor: Watched, address: str) -> None:
    open_page(visitor, address)
    colours = np.unique(visitor.pixels().reshape(-1, 3), axis=0)
    assert len(colours) > 200, "a smooth picture has hundreds of colours"
    link = visitor.link()
    assert link["stage"] == HOME.stage
    assert (Decimal(link["x"]), Decimal(link["width"])) == (Decimal("-0.75"), Decimal("3.5"))
    for label in ("Stage", "Chunk size", "Device", "Iterations", "Colour"):
        assert visitor.page.get_by_label(label).first.is_visible()


def test_a_wheel_zoom_is_a_link_that_shows_the_same_pixels(visitor: Watched, address: str) -> None:
    open_page(visitor, address)
    home, before = visitor.pixels(), visitor.link()
    wheel(visitor)
    after = visitor.moved(before)
    visitor.in_place()
    assert Decimal(after["width"]) < Decimal(before["width"])
    zoomed = visitor.pixels()
    assert (zoomed != home).any()
    other = visitor.another()
    open_page(other, visitor.page.url)
    other.in_place()
    np.testing.assert_array_equal(other.pixels(), zoomed)
    # In a window of another size and shape it is the same region.
    other.page.set_viewport_size({"width": 820, "height": 720})
    open_page(other, visitor.page.url)
    other.in_place()
    there, here = (one.page.evaluate(PICTURE) for one in (other, visitor))
    assert there["columns"] != here["columns"]
    for low, high in (("left", "right"), ("bottom", "top")):
        middles = [(one[low] + one[high]) / 2 for one in (there, here)]
        assert middles[0] == pytest.approx(middles[1], rel=1e-12)
    assert there["right"] - there["left"] == pytest.approx(here["right"] - here["left"], rel=1e-9)
    other.assert_clean()


def test_pixels_stay_square(visitor: Watched, address: str) -> None:
    open_page(visitor, address)
    for width in (900, SIZE["width"]):
        visitor.page.set_viewport_size({"width": width, "height": SIZE["height"]})
        visitor.page.locator(".about").get_by_text(f"{width - 372} × ").wait_for()
        across, up = pixel_sizes(visitor)
        assert across == pytest.approx(up, rel=1e-3)
    before = visitor.link()
    visitor.press("Zoom to a box")
    x, y = visitor.centre()
    visitor.page.mouse.move(x - 150, y - 20)
    visitor.page.mouse.down()
    visitor.page.mouse.move(x + 150, y + 20, steps=4)
    visitor.page.mouse.up()
    visitor.moved(before)
    across, up = pixel_sizes(visitor)
    assert across == pytest.approx(up, rel=1e-3)
    before = visitor.link()
    visitor.press("The whole set")
    assert Decimal(visitor.moved(before)["width"]) == Decimal("3.5")


def test_every_kind_of_stage_can_be_chosen(visitor: Watched, address: str) -> None:
    open_page(visitor, address)
    chunk = visitor.page.get_by_label("Chunk size").first
    assert chunk.is_disabled()
    choose(visitor, "Stage", "0 · NumPy listing")
    visitor.settled(stage="numpy")
    visitor.page.locator(".about").get_by_text("what the other stages are compared with").wait_for()
    picture = visitor.pixels()
    choose(visitor, "Stage", "4 · Chunked")
    visitor.settled(stage="chunked")
    visitor.until(chunk.is_enabled)
    visitor.page.locator(".about").get_by_text(re.compile("× NumPy|slower than NumPy")).wait_for()
    # Rounding re-rolls some pixels near the boundary; equalised colours shift a little with them.
    assert (np.abs(visitor.pixels().astype(int) - picture) > 16).any(axis=-1).mean() < 0.02
    kept = visitor.pixels()
    choose(visitor, "Stage", "5 · Default device")
    visitor.page.get_by_text("Default device cannot run here").wait_for()
    visitor.page.get_by_text("The compiler's own words").wait_for()
    np.testing.assert_array_equal(visitor.pixels(), kept)
    choose(visitor, "Stage", "14 · Fast")
    visitor.settled(stage="fast")
    visitor.page.get_by_text("cannot run here").wait_for(state="hidden")


def test_the_page_answers_while_a_stage_compiles(visitor: Watched, address: str) -> None:
    """Round trips of the visitor's browser to the server's event loop, in mid-compile.

    The median of 20, since a single one also tells how busy the two cores are with compiling.
    """
    open_page(visitor, address, "?stage=numba&chunk=60")
    choose(visitor, "Stage", "4 · Chunked")
    visitor.page.get_by_text("Compiling · Chunked").wait_for()
    answers = visitor.page.evaluate(
        """async () => {
            const times = [];
            for (let i = 0; i < 20; i++) {
                const asked = performance.now();
                await fetch('/liveness');
                times.push(performance.now() - asked);
                await new Promise(done => setTimeout(done, 50));
            }
            return times;
        }"""
    )
    assert visitor.page.get_by_text("Compiling · Chunked").is_visible(), (
        "it has to be in mid-compile"
    )
    assert float(np.median(answers)) < 200
    visitor.page.get_by_role("button", name="Cancel picture").click()
    visitor.page.get_by_text("Cancelled; the picture shows").wait_for()
    choose(visitor, "Stage", "0 · NumPy listing")
    visitor.settled(stage="numpy")


def test_a_number_out_of_bounds_is_answered_with_words(visitor: Watched, address: str) -> None:
    open_page(visitor, address)
    field = visitor.page.get_by_label("Iterations").first
    field.fill("9999999999")
    field.press("Enter")
    visitor.page.get_by_text("Iterations must be a whole number from 1 to 1,000,000").wait_for()
    visitor.page.wait_for_function("field => field.value === '200'", arg=field.element_handle())
    field.fill("300")
    field.press("Enter")
    visitor.settled(iterations="300")


def test_a_device_that_is_not_here_is_answered_with_words(visitor: Watched, address: str) -> None:
    missing = next(name for name in DEVICES if name not in devices())
    visitor.page.goto(f"{address}?device={missing}&iterations=50")
    visitor.page.get_by_text(f"This machine has no {missing} device").wait_for()
    visitor.settled(iterations="50", device="cpu")


def test_a_hostile_link_is_answered_with_words(visitor: Watched, address: str) -> None:
    bad = "%3Cimg%20src=x%20onerror=alert(1)%3E"
    query = f"?x=nan&width=1e999&iterations=1000000000&chunk=-1&stage={bad}&colour=![](http://e.example/)"
    visitor.page.goto(address + query)
    notice: Any = visitor.page.get_by_role("listitem").filter(has_text="was replaced by")
    notice.first.wait_for()
    assert notice.count() == 6, "a line a value"
    text = " ".join(notice.all_inner_texts())
    for key in ("x", "width", "iterations", "chunk", "stage", "colour"):
        assert f"link's {key} " in text
    assert "<img src=x onerror=alert(1)>" in text
    assert visitor.settled(stage=HOME.stage)["iterations"] == "200"


def test_a_link_of_thousands_of_digits_is_answered_with_words(
    visitor: Watched, address: str
) -> None:
    visitor.page.goto(f"{address}?x={'1' * 5000}")
    visitor.page.get_by_text("longer than 4096 characters").wait_for()
    visitor.settled(x="-0.75")


def test_zooming_ends_with_a_word_where_numbers_end(visitor: Watched, address: str) -> None:
    view = "?x=-1.7687788&y=0.0017389&iterations=50"
    open_page(visitor, address, f"{view}&width=2e-12")
    wheel(visitor, ticks=6)
    visitor.page.get_by_text("Closer is not possible").wait_for()
    width = Decimal(visitor.settled(width=plain(MIN_WIDTH))["width"])
    assert width == MIN_WIDTH
    # The server's last word on the gesture may come late and undo what was begun meanwhile; whoever
    # sees nothing happen turns the wheel again.
    before = visitor.link()
    for _ in range(20):
        wheel(visitor, direction=1)
        visitor.page.wait_for_timeout(700)
        if visitor.link() != before:
            break
    assert Decimal(visitor.moved(before)["width"]) > MIN_WIDTH


def test_the_lab_says_whether_a_stage_is_right(visitor: Watched, address: str) -> None:
    open_page(visitor, address, "?iterations=100")
    visitor.page.get_by_role("tab", name="Is it right?").click()
    visitor.page.get_by_text("Rounding:").wait_for()
    visitor.page.get_by_text("Fast, float32, against NumPy listing, float64").wait_for()
    marks = visitor.page.wait_for_function(  # they may come after the words
        """() => Bokeh.documents.flatMap(doc => [...doc._all_models.values()])
            .filter(model => model.type === 'ColumnDataSource' && model.data.marks?.length)
            .map(model => [model.data.marks[0].dtype, ...model.data.marks[0].shape])[0]"""
    )
    dtype, rows, columns = marks.json_value()
    assert dtype == "uint8"
    visitor.page.get_by_text(f"{columns} × {rows} pixels").first.wait_for()
    choose(visitor, "Precision", "float64")
    choose(visitor, "Stage", "0 · NumPy listing")
    visitor.page.get_by_text("The same, bit for bit").wait_for()
