"""Colours on the page: recoloured at once, kept in the link, and with smooth edges at rest."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests.browsing import PICTURE, Watched, browsing

pytestmark = pytest.mark.browser

VIEW = "?x=-0.7445&y=0.1235&width=0.02&auto=yes"


@pytest.fixture(scope="module")
def visitor() -> Iterator[Watched]:
    with browsing(viewport={"width": 1000, "height": 700}) as watched:
        yield watched


def shown(watched: Watched, address: str, query: str) -> None:
    watched.page.goto(address + query)
    watched.page.locator(".about").get_by_text(" pixels").first.wait_for()
    watched.in_place()
    watched.final()


# Of the picture four times as large, drawn before any other comes: the share of neighbours in a row
# that are equal. Of squares it is three quarters at least.
EQUAL_NEIGHBOURS = """() => {
    const models = Bokeh.documents.flatMap(doc => [...doc._all_models.values()]);
    const figure = models.find(model => model.type === 'Figure'
        && model.renderers.some(({ glyph }) => glyph?.type === 'ImageRGBA'));
    const view = Bokeh.index.find_one_by_id(figure.id);
    const ranges = [figure.x_range, figure.y_range];
    const before = ranges.map(({ start, end }) => ({ start, end }));
    for (const range of ranges) {
        const [middle, side] = [(range.start + range.end) / 2, (range.end - range.start) / 8];
        range.setv({ start: middle - side, end: middle + side });
    }
    view._actual_paint();
    const { canvas } = view.canvas_view.primary;
    const [wide, high] = [canvas.width >> 1, canvas.height >> 1];
    const { data } = canvas.getContext('2d').getImageData(wide >> 1, high >> 1, wide, high);
    ranges.forEach((range, i) => range.setv(before[i]));
    const pixels = new Uint32Array(data.buffer);
    return pixels.filter((colour, i) => colour === pixels[i + 1]).length / pixels.length;
}"""


def test_edges_are_smooth_at_rest_and_the_same_in_every_window(
    visitor: Watched, address: str
) -> None:
    shown(visitor, address, VIEW + "&smooth=no")
    plain = visitor.pixels().astype(int)
    assert visitor.page.evaluate(EQUAL_NEIGHBOURS) < 0.6
    np.testing.assert_array_equal(visitor.pixels(), plain)
    shown(visitor, address, VIEW)
    smooth = visitor.pixels()
    # As bright as it was, without the speckles: neighbours differ less.
    rough, even = (np.abs(np.diff(each.astype(int), axis=1)).mean() for each in (plain, smooth))
    assert even < 0.8 * rough
    assert np.abs(plain.mean(axis=(0, 1)) - smooth.mean(axis=(0, 1))).max() < 12
    other = visitor.another()
    shown(other, address, visitor.page.evaluate("location.search"))
    np.testing.assert_array_equal(other.pixels(), smooth)
    other.page.close()
    visitor.assert_clean()


def test_equalised_colours_come_softly_once_the_picture_rests(
    visitor: Watched, address: str
) -> None:
    shown(visitor, address, VIEW + "&colour=equalised")
    visitor.figure().locator("canvas.before").evaluate(
        """canvas => { window.seen = new Set();
            const look = () => {
                if (!canvas.hidden) seen.add(getComputedStyle(canvas).opacity);
                requestAnimationFrame(look);
            };
            look(); }"""
    )
    visitor.page.mouse.move(*visitor.centre())
    visitor.page.mouse.wheel(0, -300)
    visitor.in_place()
    visitor.page.wait_for_function("() => [...seen].some(each => each > 0 && each < 1)")
    visitor.figure().locator("canvas.before").wait_for(state="hidden")
    visitor.assert_clean()


def test_a_picture_in_motion_is_not_final(visitor: Watched, address: str) -> None:
    shown(visitor, address, VIEW)
    visitor.figure().locator(".smoothing").evaluate(
        """words => { window.said = [];
            new MutationObserver(() => said.push(!words.hidden)).observe(words, {attributes: true});
        }"""
    )
    x, y = visitor.centre()
    visitor.page.mouse.move(x, y)
    visitor.page.mouse.wheel(0, -300)
    visitor.page.wait_for_function(
        f"() => {{ const last = ({PICTURE})().images.at(-1); return last.final !== true; }}"
    )
    visitor.in_place()
    visitor.final()
    visitor.page.wait_for_function("() => !said.at(-1)")
    assert visitor.page.evaluate("said") == [True, False], "that more is to come, until it is there"
    visitor.assert_clean()
