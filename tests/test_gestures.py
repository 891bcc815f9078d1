"""Wheel, drag, pinch, boxes and windows that change size, in a real browser and by its axes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from dashboard.state import HOME, MIN_WIDTH
from tests.browsing import PICTURE, Watched, browsing

pytestmark = pytest.mark.browser

VIEW = "?x=-0.7445&y=0.1235&width=0.02"


@pytest.fixture
def visitor() -> Iterator[Watched]:
    with browsing(viewport={"width": 1000, "height": 700}, has_touch=True) as watched:
        yield watched


def look(visitor: Watched) -> dict[str, Any]:
    seen: dict[str, Any] = visitor.page.evaluate(PICTURE)
    return seen


def at_rest(visitor: Watched) -> dict[str, Any]:
    """Wait until the picture is the exact one of where the axes are, and the address says so."""
    visitor.in_place()
    visitor.page.wait_for_function(
        f"""() => {{
            const {{ left, right, columns }} = ({PICTURE})();
            const close = (a, b) =>
                Math.abs(a - b) <= 0.01 * (right - left) / columns + 1e-14;
            return close(Number(linkField('x')), (left + right) / 2)
                && close(Number(linkField('width')), right - left);
        }}"""
    )
    return look(visitor)


def open_at(visitor: Watched, address: str, query: str = VIEW) -> dict[str, Any]:
    visitor.page.goto(address + query)
    visitor.page.locator(".about").get_by_text(" pixels, ").first.wait_for()
    return at_rest(visitor)


def place(visitor: Watched, across: float = 0.2, up: float = 0.1) -> tuple[float, float]:
    x, y = visitor.centre()
    box = visitor.figure().bounding_box()
    return x + across * box["width"], y - up * box["height"]


def view_of(visitor: Watched) -> tuple[str, str, str]:
    link = visitor.link()
    return link["x"], link["y"], link["width"]


def test_in_and_out_again_is_where_one_was(visitor: Watched, address: str) -> None:
    open_at(visitor, address)
    before = view_of(visitor)
    visitor.page.mouse.move(*place(visitor))
    for direction in (-1, -1, -1, 1, 1, 1):
        visitor.page.mouse.wheel(0, 100 * direction)
        closer = at_rest(visitor)
    assert view_of(visitor) == before
    assert closer["right"] - closer["left"] == pytest.approx(0.02, rel=1e-12)


def test_the_address_says_what_is_seen_after_every_notch(visitor: Watched, address: str) -> None:
    """No input follows a notch: what is not sent by itself would never come."""
    open_at(visitor, address)
    visitor.page.mouse.move(*place(visitor))
    widths = []
    for _ in range(8):
        before = visitor.link()["width"]
        visitor.page.mouse.wheel(0, -100)
        visitor.page.wait_for_function("before => linkField('width') !== before", arg=before)
        at_rest(visitor)
        widths.append(Decimal(visitor.link()["width"]))
    ratios = [float(a / b) for a, b in itertools.pairwise(widths)]
    assert ratios == pytest.approx([1.2] * len(ratios), rel=1e-9)


def test_at_the_limit_nothing_creeps(visitor: Watched, address: str) -> None:
    open_at(visitor, address, "?x=-1.7687788&y=0.0017389&width=1.1e-12&iterations=50")
    visitor.page.mouse.move(*place(visitor))
    visitor.page.mouse.wheel(0, -100)
    visitor.page.get_by_text("Closer is not possible").wait_for()
    limit = at_rest(visitor)
    assert Decimal(visitor.link()["width"]) == MIN_WIDTH
    for _ in range(5):
        visitor.page.mouse.wheel(0, -100)
    edges = ("left", "right", "bottom", "top")
    after = at_rest(visitor)
    assert [after[edge] for edge in edges] == [limit[edge] for edge in edges]


def test_a_box_is_shown_whole_and_centred(visitor: Watched, address: str) -> None:
    before = open_at(visitor, address)
    visitor.press("Zoom to a box")
    box, (x, y) = visitor.figure().bounding_box(), place(visitor)
    visitor.page.mouse.move(x - 40, y - 90)
    visitor.page.mouse.down()
    visitor.page.mouse.move(x + 40, y + 90, steps=4)
    visitor.page.mouse.up()
    visitor.page.wait_for_function("before => linkField('width') !== before", arg="0.02")
    after = at_rest(visitor)
    pixel = (before["right"] - before["left"]) / before["columns"]
    x0 = box["x"] + (box["width"] - before["columns"]) / 2
    middle = (after["left"] + after["right"]) / 2
    assert middle == pytest.approx(before["left"] + (x - x0) * pixel, abs=2 * pixel)
    assert after["top"] - after["bottom"] == pytest.approx(180 * pixel, rel=0.03)


def test_the_way_home_shows_nothing_black(visitor: Watched, address: str) -> None:
    open_at(visitor, address)
    visitor.page.evaluate(
        f"""() => {{
            window.shown = [];
            const frame = () => {{
                const {{ left, right, images }} = ({PICTURE})();
                const covers = ({{ x, dw }}) => x <= left && x + dw >= right - 1e-9;
                window.shown.push([right - left, images.some(covers)]);
                requestAnimationFrame(frame);
            }};
            frame();
        }}"""
    )
    visitor.press("The whole set")
    visitor.settled(x="-0.75", y="0", width="3.5")
    at_rest(visitor)
    leap = visitor.page.evaluate("window.shown.filter(([wide]) => wide > 1)")
    assert all(covered for _, covered in leap), "nothing was black for want of a picture"


def test_a_drag_moves_what_is_under_the_hand_and_shows_nothing_white(
    visitor: Watched, address: str
) -> None:
    before = open_at(visitor, address, f"{VIEW}&palette=inferno")
    visitor.page.wait_for_function(f"() => ({PICTURE})().images.length === 2")
    x, y = place(visitor)
    visitor.page.mouse.move(x, y)
    visitor.page.mouse.down()
    for step in range(1, 9):
        visitor.page.mouse.move(x - 30 * step, y + 10 * step)
        rows, columns = before["rows"] - 40, before["columns"]
        shown = visitor.pixels(final=False)[-rows:-10, 20 : columns - 20]
        assert not (shown > 250).all(axis=-1).any(), "white beside the picture"
    visitor.page.mouse.up()
    pixel = (before["right"] - before["left"]) / before["columns"]
    visitor.page.wait_for_function("before => linkField('x') !== before", arg="-0.7445")
    after = at_rest(visitor)
    assert after["left"] - before["left"] == pytest.approx(240 * pixel, rel=1e-6)
    assert after["top"] - before["top"] == pytest.approx(80 * pixel, rel=1e-6)
    assert Decimal(visitor.link()["width"]) == Decimal("0.02")


def test_two_fingers_zoom(visitor: Watched, address: str) -> None:
    open_at(visitor, address)
    x, y = place(visitor, 0, 0)
    session = visitor.page.context.new_cdp_session(visitor.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        fingers = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    touch("touchStart", (x - 50, y))
    touch("touchStart", (x - 50, y), (x + 50, y))
    for step in range(1, 6):
        touch("touchMove", (x - 50 - 10 * step, y), (x + 50 + 10 * step, y))
    visitor.page.wait_for_function(
        f"() => {{ const {{ left, right }} = ({PICTURE})(); return right - left < 0.0101; }}"
    )
    pinched = look(visitor)
    assert pinched["right"] - pinched["left"] == pytest.approx(0.01, rel=0.01)
    touch("touchEnd")
    visitor.page.wait_for_function("() => Number(linkField('width')) < 0.015")
    at_rest(visitor)


def test_a_window_that_changes_its_size_never_shows_a_stretched_picture(
    visitor: Watched, address: str
) -> None:
    open_at(visitor, address)
    before = view_of(visitor)
    visitor.page.evaluate(
        f"""() => {{
            window.worst = 0;
            const frame = () => {{
                const {{ left, right, bottom, top, columns, rows }} = ({PICTURE})();
                const shape = (right - left) / columns / ((top - bottom) / rows);
                window.worst = Math.max(window.worst, Math.abs(shape - 1));
                requestAnimationFrame(frame);
            }};
            frame();
        }}"""
    )
    for width, height in ((900, 500), (700, 900), (1000, 700)):
        visitor.page.set_viewport_size({"width": width, "height": height})
        visitor.page.wait_for_function(f"([width]) => ({PICTURE})().columns <= width", arg=[width])
        at_rest(visitor)
    assert visitor.page.evaluate("window.worst") < 1e-9
    assert view_of(visitor) == before


def test_the_axes_stay_where_the_hand_left_them(visitor: Watched, address: str) -> None:
    """What the server says of a view must not move it, not by a fraction of a pixel."""
    open_at(visitor, address, f"{VIEW}&iterations=300")  # quick on any machine, and so timed again
    visitor.page.mouse.move(*place(visitor, 0.31, -0.17))
    for delta in (-100, -60, -100):
        visitor.page.mouse.wheel(0, delta)
    left = look(visitor)
    rested = at_rest(visitor)
    visitor.page.locator(".about").get_by_text("median of").wait_for()
    for edge in ("left", "right", "bottom", "top"):
        assert look(visitor)[edge] == rested[edge] == left[edge]


def test_another_palette_is_the_same_view(visitor: Watched, address: str) -> None:
    open_at(visitor, address)
    shown, before = visitor.pixels(), view_of(visitor)
    visitor.page.get_by_label("viridis", exact=True).check(force=True)
    visitor.settled(palette="viridis")
    visitor.until(lambda: (visitor.pixels() != shown).any(axis=-1).mean() > 0.5)
    visitor.page.get_by_label(HOME.palette, exact=True).check(force=True)
    visitor.settled(palette=HOME.palette)
    visitor.until(lambda: np.array_equal(visitor.pixels(), shown))
    assert view_of(visitor) == before


def test_inside_the_set_the_page_says_so_and_leads_back(visitor: Watched, address: str) -> None:
    open_at(visitor, address)
    before = view_of(visitor)
    other = visitor.another()
    open_at(other, address, "?x=-0.1&y=0&width=0.05")
    other.page.get_by_text("No point of this view escapes").wait_for()
    other.page.get_by_role("button", name="Back to where there was more to see").click()
    other.settled(width="3.5")
    other.page.get_by_text("No point of this view escapes").wait_for(state="hidden")
    other.assert_clean()
    assert view_of(visitor) == before


def test_a_heavy_view_comes_coarse_to_fine_and_is_left_at_once(
    visitor: Watched, address: str
) -> None:
    """Seconds of NumPy: something is seen at once, and nobody has to wait for the end."""
    open_at(visitor, address, f"{VIEW}&iterations=20000")
    visitor.page.get_by_label("Stage").first.select_option(label="0 · NumPy listing")
    visitor.page.get_by_text("Computing · NumPy listing").wait_for()
    before = look(visitor)
    visitor.page.evaluate(
        f"""() => {{
            window.seen = [];
            const frame = () => {{
                const {{ columns, images }} = ({PICTURE})();
                window.seen.push([images.at(-1).dw, images.at(-1).nx / columns]);
                requestAnimationFrame(frame);
            }};
            frame();
        }}"""
    )
    visitor.page.mouse.move(*place(visitor))
    visitor.page.mouse.wheel(0, -100)
    closer = (before["right"] - before["left"]) / 1.2
    visitor.page.wait_for_function(
        "wide => window.seen.some(([dw, fine]) => Math.abs(dw / wide - 1) < 0.02 && fine < 0.7)",
        arg=closer,
    )
    visitor.page.get_by_role("button", name="Cancel picture").wait_for()
    visitor.page.get_by_label("Stage").first.select_option(label="14 · Fast")
    visitor.settled(stage="fast")
    at_rest(visitor)
