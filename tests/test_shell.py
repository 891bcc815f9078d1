"""The page around the explorer in a real browser: themes, drawer, keyboard; nothing of Material."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from dashboard.lab import first_start, stored
from dashboard.page import lean
from dashboard.state import HOME
from mandel_core import FORMULAS
from tests.browsing import PICTURE, Watched, browsing

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
        controls = page.locator("#controls")
        # Until they have come up: a click meets what is there by then.
        controls.evaluate("e => Promise.all(e.getAnimations().map(each => each.finished))")
        assert 0.4 * 844 < controls.bounding_box()["y"] < 844
        page.get_by_role("radio", name="dusk").check(force=True)
        visitor.settled(palette="dusk")
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
        page.get_by_label("Chunk sizes to measure").wait_for()
        page.get_by_role("tab", name="Chunk size", selected=True).wait_for()
        page.keyboard.press("ArrowLeft")
        page.get_by_role("tab", name="Picture", selected=True).wait_for()
        page.mouse.move(5, 5)
        assert (visitor.pixels() == picture).all()


def opened(visitor: Watched, address: str) -> Any:
    visitor.page.goto(address)
    visitor.page.locator(".about").get_by_text(" pixels, ").first.wait_for(state="attached")
    visitor.in_place()
    return visitor.page


# Nothing but what is asked for: axe takes twice as long to tell what is right.
ASKED: dict[str, Any] = {"resultTypes": ["violations"], "iframes": False, "preload": False}
# All but the contrast is the same in the other theme.
RULES: dict[Any, dict[str, Any]] = {"dark": {"runOnly": ["color-contrast"]}, "light": {}}


def violations(page: Any) -> list[str]:
    """What axe finds in either theme."""
    told = []
    for theme, only in RULES.items():
        page.emulate_media(color_scheme=theme)
        found = Axe().run(page, options=ASKED | only).response["violations"]
        told += [
            f"{theme}, {one['id']}: {one['help']} {one['nodes'][0]['html']}"
            for one in found
            if one["impact"] != "minor"
        ]
    return told


def test_axe_finds_nothing_serious(address: str) -> None:
    """Neither beside the picture nor over it, in the lab, or in a phone's drawer."""
    size = {"width": 1400, "height": 900}
    with browsing(viewport=size, color_scheme="light") as visitor:
        page = opened(visitor, address + "?x=-1.757&y=0.003&width=0.12")
        figure = visitor.figure()
        for button, words in (
            ("Keys and gestures", "Move the picture"),
            ("Places", "Seahorse valley"),
            ("Go to coordinates or a link", "Copy coordinates"),
            ("QR code for a phone", "leads to this computer alone"),
        ):
            visitor.press(button)
            figure.get_by_text(words).first.wait_for()
            assert violations(page) == [], button
            page.keyboard.press("Escape")
        page.mouse.click(*visitor.centre())
        page.keyboard.press("j")
        page.keyboard.press("o")
        figure.get_by_role("img", name=re.compile("Julia set of c")).wait_for()
        figure.get_by_role("button", name="Zoom to it").wait_for()
        figure.locator(".minimap").wait_for()
        assert violations(page) == []
        page.keyboard.press("Enter")
        visitor.settled(formula="julia")
        figure.locator(".back").wait_for()
        assert violations(page) == []
        page.get_by_label("own", exact=True).focus()
        page.keyboard.press("Space")
        page.get_by_label("own", exact=True).and_(page.locator(":checked")).wait_for()
        page.get_by_label("Colour", exact=True).select_option(label="Hill-shaded")
        page.get_by_label("at, in %").first.wait_for()
        # Widgets that come later are named a moment after they are built.
        unnamed = page.locator(".bk-spin-btn:not([aria-hidden])")
        visitor.until(lambda: unnamed.count() == 0)
        assert violations(page) == []
        for tab, words in (
            ("Chunk size", "Chunk sizes to measure"),
            ("Stages", "Each stage on this view"),
            ("Threads", "by chunk size and threads"),
            ("Where orbits go", "are followed until they escape"),
            ("Is it right?", "Rounding"),
        ):
            open_tab(page, tab, words)
            assert violations(page) == [], tab
        page.get_by_role("tab", name="Picture").click()
        field = page.get_by_label("Iterations").first
        with late(visitor):
            assert violations(page) == [], "what is said of the picture before"
        field.fill("9999999999")
        field.press("Enter")
        page.get_by_text("must be a whole number").wait_for()
        assert violations(page) == []
        page.get_by_role("button", name="Dismiss").click()
        page.get_by_text("must be a whole number").wait_for(state="hidden")
        page.set_viewport_size({"width": 390, "height": 844})
        page.get_by_role("button", name="Controls").click()
        assert violations(page) == []
        page.keyboard.press("Escape")
        page.set_viewport_size(size)
        # Last, since whatever axe does takes three times as long once this text is there.
        open_tab(page, "Compiler", "Step of Fast")
        assert violations(page) == [], "Compiler"


def open_tab(page: Any, tab: str, words: str) -> None:
    page.get_by_role("tab", name=tab).click()
    page.get_by_text(words).first.wait_for()


@contextmanager
def late(visitor: Watched) -> Iterator[None]:
    """While a picture is on its way, and what is said is of the one before."""
    page = visitor.page
    page.get_by_label("Iterations").first.fill("900000")
    page.get_by_label("Iterations").first.press("Enter")
    page.get_by_label("Stage").first.select_option(label="0 · NumPy listing")
    page.locator(".stale").get_by_text("Still the picture by Fast").wait_for()
    assert slant(page) == "italic"
    yield
    page.get_by_label("Stage").first.select_option(label="14 · Fast")
    visitor.settled(stage="fast")
    visitor.until(lambda: slant(page) == "normal")


def slant(page: Any) -> Any:
    """How what is said of the picture is set: it slants while it is of the one before."""
    said = page.locator(".about").get_by_text(" pixels, ").first
    return said.evaluate("element => getComputedStyle(element).fontStyle")


def test_at_every_width_all_of_the_set_lies_edge_to_edge(address: str) -> None:
    home = FORMULAS[HOME.formula].home
    with browsing(viewport={"width": 1400, "height": 900}) as visitor:
        page = opened(visitor, address)
        for width, height in ((2560, 1300), (1920, 1080), (1024, 700), (800, 1000), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            visitor.until(partial(reaches, visitor, height))
            visitor.in_place()
            assert page.evaluate("document.documentElement.scrollWidth") == width
            box = visitor.figure().bounding_box()
            assert box["x"] + box["width"] == width
            assert box["x"] == (372 if width > 800 else 0)
            seen = page.evaluate(PICTURE)
            assert seen["right"] - seen["left"] >= float(home.width) - 1e-9
            assert seen["top"] - seen["bottom"] >= float(home.height) - 1e-9
            tabs = page.get_by_role("tab").all()
            assert len(tabs) == 7
            if width > 800:  # in sight, all of them, beside the open controls
                last = tabs[-1].bounding_box()
                assert last["x"] + last["width"] <= width - 48


def corner(visitor: Watched) -> tuple[float, float]:
    box = visitor.figure().bounding_box()
    return box["x"], box["y"]


def reaches(visitor: Watched, height: int) -> bool:
    box = visitor.figure().bounding_box()
    return bool(box["y"] + box["height"] == height)


def test_the_picture_can_be_alone_on_the_screen_and_saved(address: str) -> None:
    with browsing(viewport={"width": 1000, "height": 700}) as visitor:
        page = opened(visitor, address)
        page.mouse.click(*visitor.centre(), button="right")  # which is no error
        page.keyboard.press("f")
        visitor.until(lambda: corner(visitor) == (0, 0))
        visitor.final()
        with page.expect_download() as download:
            visitor.press("Save the picture")
        link = visitor.link()
        name = f"mandelbrot_-0.75_0_{float(link['width']):.6g}.png"
        assert download.value.suggested_filename == name
        image = Image.open(io.BytesIO(download.value.path().read_bytes()))
        seen = page.evaluate(PICTURE)
        assert image.size == (seen["columns"], seen["rows"])
        assert image.info["Source"] == page.url
        assert image.info["Title"] == "Mandelbrot"
        shown = visitor.pixels()
        assert (abs(shown.astype(int) - image) <= 1).all(axis=-1).mean() > 0.99
        with page.expect_download() as download:
            page.keyboard.press("S")
        assert download.value.suggested_filename == name.replace(".png", ".html")
        alone = download.value.path().read_text()
        assert "This file does not compute." in alone
        assert html.escape(page.url) in alone
        page.keyboard.press("f")
        visitor.until(lambda: visitor.figure().bounding_box()["x"] == 372)


def test_a_group_of_controls_folds_and_says_so(address: str) -> None:
    with browsing(viewport={"width": 1000, "height": 700}) as visitor:
        page = opened(visitor, address)
        heading = page.get_by_role("button", name="How it is computed", expanded=True)
        heading.focus()
        page.keyboard.press("Enter")
        folded = page.get_by_role("button", name="How it is computed", expanded=False)
        folded.wait_for()
        page.get_by_label("Stage").first.wait_for(state="hidden")
        opened(visitor, address)
        folded.wait_for()
        page.get_by_role("button", name="Where", expanded=True).wait_for()
        folded.focus()
        page.keyboard.press("Enter")
        page.get_by_label("Stage").first.wait_for()
        page.keyboard.press("Tab")
        page.wait_for_function(  # the next stop is the group's first menu
            "() => { let at = document.activeElement;"
            " while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;"
            " return at.closest('select') !== null; }"
        )


def test_while_the_server_starts_the_page_says_what_it_waits_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first: Future[Any] = Future()
    known: dict[str, float] = {}
    monkeypatch.setattr(
        stored, "compile_seconds", lambda settings: known.get(f"{settings.stage} {settings.dtype}")
    )
    assert first_start.words(first) == "First start: compiling Fast, which takes some seconds."
    known["fast float32"] = 7.96
    assert "took about 7.96 s the last time" in first_start.words(first)
    first.set_result(None)
    assert first_start.words(first) == first_start.words(None) == "Loading…"
