"""The point under the cursor in a real browser: readout, nucleus, orbit, Julia set, and orbits."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.browsing import Watched, browsing

pytestmark = pytest.mark.browser

# Around the largest island on the antenna, whose nucleus has period 3.
ISLAND, NUCLEUS = "?x=-1.76&y=0.01&width=0.12", -1.7548776662466927


@pytest.fixture(scope="module")
def visitor(address: str) -> Iterator[Watched]:
    with browsing(viewport={"width": 1100, "height": 760}) as watched:
        watched.page.goto(address)
        yield watched


@pytest.fixture
def opened(visitor: Watched, address: str) -> Watched:
    visitor.page.goto(address + ISLAND)
    visitor.page.locator(".about").get_by_text(" pixels, ").first.wait_for()
    visitor.in_place()
    return visitor


def screen(visitor: Watched, x: float, y: float) -> tuple[float, float]:
    """Where a point of the plane is on the page."""
    edges = visitor.page.evaluate(
        """() => {
        const figure = Bokeh.documents.flatMap(doc => [...doc._all_models.values()])
            .find(model => model.type === 'Figure' && model.renderers.some(
                renderer => renderer.glyph?.type === 'ImageRGBA'));
        const { x_range: x, y_range: y } = figure;
        return [x.start, x.end, y.start, y.end]; }"""
    )
    left, right, bottom, top = edges
    box = visitor.figure().bounding_box()
    return (
        box["x"] + box["width"] * (x - left) / (right - left),
        box["y"] + box["height"] * (top - y) / (top - bottom),
    )


def point_at(visitor: Watched, x: float, y: float, has: str) -> str:
    """Move the mouse there, and wait until what is said of that very point has these words."""
    across, down = screen(visitor, x, y)
    visitor.page.mouse.move(across - 30, down)
    visitor.page.mouse.move(across, down)
    said = visitor.page.locator(".readout:not(.old)", has_text=has)
    said.wait_for()
    return str(said.inner_text())


def address_has(visitor: Watched, field: str) -> str:
    """A field of the link in the address bar, as the page has it in this moment."""
    value: str = visitor.page.evaluate(
        "field => new URLSearchParams(location.search).get(field)", field
    )
    return value


def painted(visitor: Watched, canvas: str) -> int:
    """How many pixels of a canvas over the picture are not transparent."""
    count: int = visitor.page.locator(canvas).evaluate(
        """canvas => { const data = canvas.getContext('2d')
            .getImageData(0, 0, canvas.width, canvas.height).data;
            let painted = 0;
            for (let i = 3; i < data.length; i += 4) painted += data[i] > 0;
            return painted; }"""
    )
    return count


def test_the_readout_follows_the_mouse(opened: Watched) -> None:
    inside = point_at(opened, -1.757, 0.002, has="period 3")
    assert re.search(r"−1\.757\d* \+ 0\.00[12]\d* i", inside)
    assert "Inside, period 3" in inside
    assert "Boundary about" in inside
    outside = point_at(opened, -1.75, 0.03, has="smooth count")
    assert re.search(r"(\d+) iterations?, smooth count \d+\.\d\d\n", outside)
    opened.page.mouse.move(5, 400)
    opened.page.locator(".readout").wait_for(state="hidden")


def test_a_key_and_a_button_centre_on_the_nucleus(opened: Watched) -> None:
    point_at(opened, -1.757, 0.003, has="Nucleus of period 3")
    opened.page.keyboard.press("n")
    opened.page.wait_for_function(
        "x => Math.abs(new URLSearchParams(location.search).get('x') - x) < 1e-12", arg=NUCLEUS
    )
    opened.in_place()
    opened.settled(width="0.12")
    # The click keeps the point, so that the mouse can leave it for the button.
    opened.page.mouse.click(*screen(opened, -1.7551, 0.001))
    zoom = opened.page.get_by_role("button", name="Zoom to it")
    zoom.click()
    opened.page.wait_for_function(
        "() => new URLSearchParams(location.search).get('width') < 0.1", arg=None
    )
    opened.in_place()
    x, width = (float(address_has(opened, field)) for field in ("x", "width"))
    assert x == pytest.approx(NUCLEUS, abs=1e-12)
    # All of the island, whose own width is some 2.5 times its size.
    assert 0.06 < width < 0.09


def test_the_middle_is_read_from_the_keyboard(opened: Watched) -> None:
    opened.page.mouse.move(5, 400)
    opened.page.keyboard.press("i")
    readout = opened.page.get_by_role("group", name="Point under the cursor")
    readout.get_by_text("−1.7600 + 0.0100 i").wait_for()
    readout.get_by_text(re.compile("smooth count|Inside")).wait_for()
    assert readout.get_attribute("aria-live") == "polite"
    opened.page.keyboard.press("Escape")
    readout.wait_for(state="hidden")
    opened.page.keyboard.press("i")
    readout.wait_for()
    for _ in range(3):  # a fifth of the window each
        opened.page.keyboard.press("ArrowRight")
    readout.wait_for(state="hidden")


def test_the_orbit_is_drawn_and_goes(opened: Watched) -> None:
    assert painted(opened, "canvas.orbit") == 0
    point_at(opened, -1.757, 0.002, has="period 3")
    opened.page.keyboard.press("o")
    opened.until(lambda: painted(opened, "canvas.orbit") > 100)
    opened.page.mouse.move(5, 400)
    opened.until(lambda: painted(opened, "canvas.orbit") == 0)
    opened.page.keyboard.press("j")
    point_at(opened, -1.757, 0.003, has="period 3")
    julia = opened.page.get_by_role("img", name=re.compile("Julia set of c"))
    julia.wait_for()
    opened.until(lambda: painted(opened, "canvas.orbit") > 100)
    opened.page.keyboard.press("Escape")
    julia.wait_for(state="hidden")
    opened.until(lambda: painted(opened, "canvas.orbit") == 0)
    assert opened.page.locator(".overlay [aria-label^=Orbit][aria-pressed=false]").count() == 1


def test_the_julia_set_is_shown_and_made_the_picture(opened: Watched) -> None:
    page = opened.page
    point_at(opened, -1.757, 0.002, has="period 3")
    page.keyboard.press("j")
    point_at(opened, -1.75, 0.02, has="smooth count")
    small = page.get_by_role("img", name=re.compile(r"Julia set of c = −1\.7[45]\d* \+ 0\.0"))
    small.wait_for()
    seen = small.evaluate(
        """canvas => new Set(new Uint32Array(canvas.getContext('2d')
            .getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size"""
    )
    assert seen > 50
    page.keyboard.press("Enter")
    opened.settled(formula="julia")
    opened.until(lambda: "c=" in page.evaluate("location.search"))
    opened.in_place()
    real, imaginary = opened.link()["c"].split(",")
    assert float(real) == pytest.approx(-1.75, abs=1e-3)
    assert float(imaginary) == pytest.approx(0.02, abs=1e-3)
    page.get_by_role("button", name="Back to the Mandelbrot set").last.click()
    opened.settled(formula="mandelbrot", x="-1.76", y="0.01", width="0.12")
    opened.in_place()


def test_nothing_is_asked_while_the_hand_holds_the_picture(opened: Watched) -> None:
    page = opened.page
    point_at(opened, -1.757, 0.002, has="period 3")
    page.evaluate(
        """() => {
        const models = Bokeh.documents.flatMap(doc => [...doc._all_models.values()]);
        const source = name => models.find(model => model.name === name);
        const request = source('request'), asked = source('asked');
        window.order = [];
        request.properties.data.change.connect(() =>
            order.push(request.get_column('rest')[0] ? 'rest' : 'moving'));
        asked.properties.data.change.connect(() => order.push(asked.get_column('kind')[0])); }"""
    )
    across, down = screen(opened, -1.757, 0.002)
    page.mouse.down()
    page.mouse.move(across + 80, down + 20, steps=6)
    page.wait_for_function("() => order.includes('rest')")
    page.wait_for_timeout(400)  # longer than the picture has to stand still otherwise
    assert "point" not in page.evaluate("() => order")
    page.mouse.up()
    page.wait_for_function("() => order.includes('point')")


def test_where_orbits_go(opened: Watched) -> None:
    page = opened.page
    page.get_by_role("tab", name="Where orbits go").click()
    page.get_by_role("button", name="Follow the orbits").click()
    page.get_by_role("progressbar", name="Orbits followed").wait_for()
    picture = page.get_by_role("img", name="Density of the escaping orbits of Mandelbrot")
    picture.wait_for()
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_text(re.compile(r"Cancelled\. [\d,]+ orbits with [\d,]+ points\.")).wait_for()
    bright: int = picture.evaluate(
        """async image => { await image.decode();
            const canvas = document.createElement('canvas');
            [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
            const context = canvas.getContext('2d');
            context.drawImage(image, 0, 0);
            return context.getImageData(0, 0, canvas.width, canvas.height).data
                .filter((value, i) => i % 4 === 0 && value > 100).length; }"""
    )
    assert bright > 50
    page.get_by_role("button", name="Follow more of them").wait_for()
