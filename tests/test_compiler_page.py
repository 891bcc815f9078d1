"""The tab "Compiler" in a real browser, used as a visitor would."""

from __future__ import annotations

import pytest

from tests.browsing import browsing

pytestmark = pytest.mark.browser


def test_the_code_can_be_read_searched_and_copied(address: str) -> None:
    with browsing(
        viewport={"width": 1300, "height": 800},
        permissions=["clipboard-read", "clipboard-write"],
    ) as visitor:
        page = visitor.page
        page.goto(f"{address}?stage=planes&iterations=20")
        page.locator(".about").get_by_text(" pixels, ").first.wait_for()
        page.get_by_role("tab", name="Compiler").click()
        code = page.get_by_label("Generated code")
        code.get_by_text("#pragma omp for").first.wait_for()
        source = page.get_by_label("Source of the step")
        assert "def step(" in source.inner_text()
        boxes = [box for box in (source.bounding_box(), code.bounding_box()) if box]
        assert boxes[0]["x"] + boxes[0]["width"] < boxes[1]["x"], "side by side"
        for words in ("Kernels", "Vectors", "Graph breaks", "Recompiles", "Cache on disk"):
            assert page.get_by_text(words, exact=True).is_visible()

        search = page.get_by_label("Search the code")
        search.fill("LOADU")
        page.locator(".count", has_text="1 of").wait_for()
        total = page.locator(".bar .count").inner_text().removeprefix("1 of ")
        search.press("Shift+Enter")
        page.locator(".count", has_text=f"{total} of {total}").wait_for()
        page.get_by_role("button", name="Copy").click()
        page.get_by_role("button", name="Copied").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith("#include")
        assert copied.lower().count("loadu") == int(total)

        page.get_by_label("Listing").select_option(index=1)
        code.get_by_text("async_compile.wait").wait_for()

        page.get_by_label("Stage").first.select_option(label="5 · Default device")
        source.get_by_text("It fails here.").wait_for()
        assert "**" in source.locator(".row.failure").inner_text()
        page.set_viewport_size({"width": 480, "height": 900})
        page.wait_for_function(
            "([a, b]) => a.getBoundingClientRect().bottom < b.getBoundingClientRect().top",
            arg=[source.element_handle(), code.element_handle()],
        )
