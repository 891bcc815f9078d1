"""The lab in a real browser: measured points, what is kept of them, stages, threads."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mandel_core.measurement.records import Records
from tests.browsing import Watched, browsing

pytestmark = pytest.mark.browser

VIEW = "?chunk=2&iterations=20&stage=chunked"


def marks(visitor: Watched) -> tuple[list[int], list[int], list[int]]:
    """Chunk sizes shown as measured here, drawn here and measured elsewhere."""
    found: dict[str, Any] = visitor.page.evaluate(
        """() => { const found = {};
        for (const doc of Bokeh.documents) for (const model of doc._all_models.values())
            if (model.type === 'Scatter' && model.tags) for (const tag of model.tags) {
                const owner = [...doc._all_models.values()].find(
                    other => other.type === 'GlyphRenderer' && other.glyph === model);
                found[tag] = [...owner.data_source.data.chunksize].sort((a, b) => a - b);
            }
        return found; }"""
    )
    here, drawn, elsewhere = (found.get(tag, []) for tag in ("here", "drawn", "elsewhere"))
    return here, drawn, elsewhere


def until_shown(visitor: Watched, here: list[int]) -> None:
    for _ in range(600):
        if marks(visitor)[0] == here:
            return
        visitor.page.wait_for_timeout(100)
    raise AssertionError(f"{marks(visitor)} instead of {here}")


def test_points_are_measured_and_kept(address: str) -> None:
    # By a stage that no other test measures, since all of this server's points are on show.
    view = VIEW.replace("chunked", "trampoline")
    with browsing(viewport={"width": 1300, "height": 1100}) as visitor:
        page = visitor.page
        page.goto(address + view)
        page.get_by_text(" pixels, 20 iterations").first.wait_for()
        page.get_by_role("tab", name="Chunk size").click()
        sizes = page.get_by_label("Chunk sizes to measure")
        sizes.fill("2, many")
        sizes.press("Enter")
        page.get_by_text("“many” is no chunk size").wait_for()
        sizes.fill("1, 2, 200")
        sizes.press("Enter")
        page.get_by_role("button", name="Measure", exact=True).click()
        page.get_by_text("5 measured in").wait_for()
        until_shown(visitor, [1, 2])  # there are 20 iterations, so no chunks of 200
        visitor.until(lambda: marks(visitor)[1] == [2])  # the picture was drawn with chunks, too
        page.locator(".about").get_by_text(re.compile("× NumPy|slower than NumPy")).wait_for()
        page.get_by_text("Show the tutorial's Table I").click()
        page.get_by_text("The tutorial's ratios, times NumPy's run time here.").wait_for()

        # A click on a point takes its chunk size.
        find = """() => { for (const view of Object.values(Bokeh.index).flatMap(
                    root => [...root.owner.query(view => view.model.type === 'Figure')])) {
                const glyph = view.model.renderers.find(
                    renderer => renderer.glyph?.y?.field === 'run'
                        && renderer.glyph.tags.includes('here'));
                if (!glyph) continue;
                const data = glyph.data_source.data, at = [...data.chunksize].indexOf(1);
                const frame = view.frame, box = view.canvas_view.el.getBoundingClientRect();
                return [box.x + frame.x_scale.compute(1),
                        box.y + frame.y_scale.compute(data.run[at])];
            } }"""
        place = None
        while place != (place := page.evaluate(find)):  # the chart makes room for its legend
            page.wait_for_timeout(300)
        page.mouse.click(*place)
        visitor.settled(chunk="1")

        page.goto("about:blank")
        page.goto(address + view)
        page.get_by_text(" pixels, 20 iterations").first.wait_for()
        where = visitor.link()
        page.get_by_role("tab", name="Chunk size").click()
        until_shown(visitor, [1, 2])
        visitor.page.get_by_role("tab", name="Picture").click()
        visitor.page.mouse.move(*visitor.centre())
        visitor.page.mouse.wheel(0, -400)
        visitor.moved(where)
        visitor.page.get_by_role("tab", name="Chunk size").click()
        until_shown(visitor, [])
        visitor.page.get_by_text("Grey, elsewhere: measured for another view").wait_for()
        visitor.until(lambda: set(marks(visitor)[2]) == {1, 2})  # each set of marks comes by itself

        def kept() -> set[int | None]:
            found = [record.measurement for record in Records.open().find()]
            return {one.chunksize for one in found if one.stage == "trampoline"}

        visitor.until(lambda: kept() >= {1, 2})


def test_stages_and_threads_are_compared(address: str) -> None:
    with browsing(viewport={"width": 1300, "height": 1100}) as visitor:
        page = visitor.page
        page.goto(address + VIEW)
        page.get_by_text(" pixels, 20 iterations").first.wait_for()
        page.get_by_role("tab", name="Stages").click()
        page.get_by_role("button", name="Run all").click()
        page.get_by_text("gave up at its recompile limit").wait_for()
        # What was measured stays on show when the picture moves on, and leads back.
        where = visitor.link()
        page.get_by_role("tab", name="Picture").click()
        page.mouse.move(*visitor.centre())
        page.mouse.wheel(0, -300)
        visitor.moved(where)
        page.get_by_role("tab", name="Stages").click()
        page.get_by_text("easur", exact=False).filter(has_text="on another view").first.wait_for()
        page.get_by_text("gave up at its recompile limit").wait_for()
        page.get_by_role("button", name="Cancel", exact=True).first.click()
        page.get_by_text("Cancelled; ").first.wait_for()
        # A stage that failed there is not known to fail here.
        page.get_by_text("Measured on another view than the one on screen: ").first.wait_for()
        page.get_by_role("button", name="Back to that view").last.click()
        visitor.settled(x=where["x"], width=where["width"])
        page.get_by_role("tab", name="Threads").click()
        page.get_by_role("button", name="Run", exact=True).click()
        page.get_by_text("1 of ").first.wait_for()
        page.get_by_role("button", name="Cancel", exact=True).first.click()
        with page.expect_download() as download:
            page.get_by_text("Download CSV").click()
        assert download.value.path().read_text().startswith("stage,device,dtype")
