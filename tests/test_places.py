"""The gallery, and places found by chance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from PIL import Image

from dashboard.places.gallery import PLACES, THUMBNAILS, Place
from dashboard.places.guide import Guide
from dashboard.state import HOME, MAX_WIDTH, MIN_WIDTH, State, home
from dashboard.view.link import decode, encode
from dashboard.view.picture import PictureView
from mandel_core import Settings, Viewport, render
from mandel_core.rendering.discovering import discover
from mandel_core.rendering.iteration_limit import automatic_limit


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_place_can_be_shown_and_has_its_picture(place: Place) -> None:
    here = replace(HOME, stage="numba", chunksize=50)
    state = place.state(here)
    assert decode(encode(state)) == (state, ())
    assert (state.stage, state.chunksize, state.automatic) == ("numba", 50, True)
    assert MIN_WIDTH <= state.width <= MAX_WIDTH
    state.colouring.check()
    with Image.open(place.thumbnail) as picture:
        assert (picture.format, picture.size) == ("WEBP", (240, 160))


def test_every_picture_has_a_place() -> None:
    assert len(PLACES) >= 24
    assert len({place.name for place in PLACES}) == len(PLACES)
    assert {path.name for path in THUMBNAILS.iterdir()} == {
        place.thumbnail.name for place in PLACES
    }


@pytest.mark.parametrize("formula", ["mandelbrot", pytest.param("julia", marks=pytest.mark.slow)])
def test_chance_finds_structure(formula: str) -> None:
    whole = home(formula)
    start = Viewport.from_screen(whole.x, whole.y, whole.width, 96, 64)
    settings = Settings("fast", formula=formula)
    x, y, width = discover(start, settings, seed=7)
    assert (x, y, width) == discover(start, settings, seed=7) != discover(start, settings, seed=8)
    assert abs(x - whole.x) < whole.width
    assert MIN_WIDTH < width < whole.width / 10
    view = Viewport.from_screen(x, y, width, 96, 64)
    settings = replace(settings, dtype=view.precision)
    limit = automatic_limit(view, settings)
    counts = render(view, "fast", maxiter=limit, dtype=view.precision, formula=formula).iterations
    assert (counts > 0).mean() > 0.5, "black is nothing to look at"
    assert len(set(counts.ravel().tolist())) > 30, "nor is a plain slope"


def computed(*_: object) -> None:
    raise AssertionError("nothing is computed in these tests")


class Walker:
    """Goes where it is led."""

    session = "walker"

    def __init__(self) -> None:
        self.state = HOME
        self.notices: list[str] = []
        self.in_document: Callable[..., None] = computed

    def go(self, state: State) -> None:
        self.state = state

    def notify(self, text: str) -> None:
        self.notices.append(text)


class Led:
    """A walker, its guide, and what the browser is told."""

    def __init__(self) -> None:
        self.walker = Walker()
        view = PictureView(lambda request: None)
        self.guide = Guide(self.walker, view)
        self.asked, self.answers = view.calls.sources()

    def call(self, **values: object) -> dict[str, object]:
        self.asked.data = {name: [value] for name, value in values.items()}
        return {name: column[0] for name, column in self.answers.data.items()}


def test_calls_of_a_browser_lead_somewhere_or_say_why_not() -> None:
    led = Led()
    assert led.call(kind="find", text="-1+0.25i, width 0.01")["wrong"] == ""
    assert led.walker.state == replace(
        HOME, x=Decimal(-1), y=Decimal("0.25"), width=Decimal("0.01")
    )
    there = led.walker.state
    assert "not understood" in str(led.call(kind="find", text="nowhere")["wrong"])
    assert led.walker.state == there
    led.call(kind="place", name="sun")
    assert led.walker.state.width == Decimal("0.00003")
    led.call(kind="walk", link=encode(HOME) + "&palette=none", steps=1)
    assert led.walker.state == HOME
    shown = led.call(kind="places")
    assert shown["names"] == [place.name for place in PLACES]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"kind": "nothing"},
        {"kind": "find"},
        {"kind": "find", "text": 3},
        {"kind": "walk", "link": None, "steps": 1},
        {"kind": "walk", "link": "?x=1", "steps": "1"},
        {"kind": "place", "name": "../../etc/passwd"},
        {"kind": "place", "name": ["sun"]},
    ],
)
def test_nonsense_leads_nowhere(values: dict[str, object]) -> None:
    led = Led()
    led.call(**values)
    assert led.walker.state == HOME
