"""A place for others: what it is called, and what is seen of its link before it is opened."""

from __future__ import annotations

import html
import http.client
import io
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from dashboard.places.gallery import PLACES, Place
from dashboard.sharing.naming import EXPLORER, description, name_of, title
from dashboard.sharing.page_saving import PageSaving
from dashboard.sharing.phone_code import MOST_CHARACTERS, PhoneCodes
from dashboard.sharing.preview import COLUMNS, MOST_ITERATIONS, ROWS, as_drawn, preview, task
from dashboard.state import HOME, State, home
from dashboard.subject import Subject
from dashboard.view.browser_calls import Calls
from dashboard.view.link import encode
from mandel_core import FORMULAS, Cancelled, Viewport
from mandel_core.model.control import NO_CONTROL
from mandel_core.worker import file_tasks


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_place_of_the_gallery_has_its_name(place: Place) -> None:
    state = place.state()
    assert name_of(state) == place.title
    near = replace(state, width=state.width * Decimal("1.5"), x=state.x + state.width / 10)
    assert name_of(near) == place.title
    far = replace(state, x=state.x + 3 * state.width, width=state.width / 2)
    assert name_of(far) != place.title


def test_elsewhere_a_place_is_called_by_its_coordinates() -> None:
    state = replace(HOME, x=Decimal("-0.12345678"), y=Decimal("-0.9"), width=Decimal("0.007"))
    assert name_of(state) == "Mandelbrot at −0.12346 − 0.90000i, zoom 500"
    assert title(state) == f"{name_of(state)} - {EXPLORER}"
    assert title(HOME) == EXPLORER
    assert title(replace(HOME, palette="hot", stage="numpy")) == EXPLORER
    assert name_of(home("julia")) == "Julia set, c = −0.8000 + 0.1560i"
    for name in FORMULAS.names:
        deep = replace(home(name), width=Decimal("1e-12"), x=Decimal("0.123"))
        assert len(name_of(deep)) < 90
        assert "zoom" in description(deep)


@pytest.mark.parametrize(
    ("path", "root", "folder"),
    [
        ("/dashboard", "/", ""),
        ("/fractal/dashboard", "/", "/fractal"),
        ("/fractal/dashboard", "/fractal/", "/fractal"),
        ("/dashboard", "/shown/elsewhere/", "/shown/elsewhere"),
    ],
)
def test_addresses_are_those_that_others_see(path: str, root: str, folder: str) -> None:
    asked = SimpleNamespace(protocol="https", host="f.example.org:8443", path=path)
    seen = preview(PLACES[0].state(), asked, root)
    link = encode(PLACES[0].state())
    assert seen.page == f"https://f.example.org:8443{folder}/dashboard{link}"
    assert seen.picture == f"https://f.example.org:8443{folder}/preview.jpg{link}"
    for host in ('x"><script>', "a b", "", "example.org/path", "user@example.org"):
        nowhere = preview(HOME, SimpleNamespace(protocol="http", host=host, path=path))
        assert (nowhere.page, nowhere.picture) == ("", "")


def test_a_preview_costs_little_whatever_its_link_says() -> None:
    dear = replace(HOME, stage="numpy", device="cuda", maxiter=1_000_000, automatic=False)
    drawn = task(as_drawn(dear))
    assert (drawn.settings.stage, drawn.settings.device) == ("fast", "cpu")
    assert drawn.settings.maxiter == MOST_ITERATIONS
    assert drawn.view.height >= FORMULAS["mandelbrot"].home.height, "all of it is seen"


def test_edges_are_smoothed_where_that_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = replace(task(as_drawn(HOME)), view=Viewport.from_screen(-0.75, 0, 3.5, 90, 60))
    plain = replace(drawn, smooth=False).run(NO_CONTROL)
    assert drawn.run(NO_CONTROL) != plain
    monkeypatch.setattr(file_tasks, "SMOOTHING_SECONDS", 0)
    assert drawn.run(NO_CONTROL) == plain


@pytest.fixture(scope="module")
def place() -> State:
    return replace(PLACES[0].state(), palette="hot", antialias=False)


@pytest.fixture(scope="module")
def page(address: str, place: State) -> Iterator[str]:
    with urllib.request.urlopen(address + encode(place), timeout=60) as answer:
        yield answer.read().decode()


def told(page: str, key: str) -> str:
    (content,) = re.findall(rf'<meta property="og:{key}" content="([^"]*)">', page)
    return html.unescape(content)


def fetched(address: str, tries: int = 6) -> Any:
    """The answer; a server that has just started may say that it has no time yet."""
    try:
        return urllib.request.urlopen(address, timeout=60)
    except urllib.error.HTTPError as error:
        if tries == 1 or error.code != 503 or "Retry-After" not in error.headers:
            raise
        return fetched(address, tries - 1)


def test_a_link_is_shown_by_its_place_and_its_picture(
    page: str, address: str, place: State
) -> None:
    name = f"Seahorse valley - {EXPLORER}"
    assert re.findall("<title>(.*?)</title>", page) == [name]
    assert f"<h1>{EXPLORER}</h1>" in page
    assert told(page, "title") == told(page, "image:alt") == name
    assert told(page, "description") == description(place)
    assert told(page, "url") == address + encode(place)
    files = []
    for _ in range(2):
        with fetched(told(page, "image")) as answer:
            assert answer.headers["Content-Type"] == "image/jpeg"
            assert "max-age" in answer.headers["Cache-Control"]
            files.append(answer.read())
    assert files[0] == files[1], "the second time it is there already"
    picture = np.asarray(Image.open(io.BytesIO(files[0])).convert("RGB")).astype(int)
    assert picture.shape == (ROWS, COLUMNS, 3)
    expected = Image.open(io.BytesIO(task(as_drawn(place)).run(NO_CONTROL)))
    # JPEG is decoded alike everywhere here; some pixels of another process differ by rounding.
    assert (np.abs(picture - np.asarray(expected)).max(axis=-1) > 24).mean() < 0.01


def test_a_forged_host_is_in_no_page(address: str) -> None:
    url = urlsplit(address)
    line = http.client.HTTPConnection(url.hostname or "", url.port, timeout=60)
    line.request("GET", url.path + "?x=%22%3E%3Cscript%3E", headers={"Host": 'a"><script>alert(1)'})
    body = line.getresponse().read().decode()
    line.close()
    assert "script>alert(1)" not in body


def test_a_page_is_saved_for_one_address_and_given_up_with_its_visitor() -> None:
    calls = Calls(lambda: None)
    asked, answers = calls.sources()
    view = Viewport.from_screen(HOME.x, HOME.y, HOME.width, 20, 10)
    told = threading.Event()

    def in_document(callback: Callable[..., None], *given: object) -> None:
        callback(*given)
        told.set()

    host = SimpleNamespace(
        session="test",
        in_document=in_document,
        subject=lambda: Subject(view, HOME, 1),
    )
    saving = PageSaving(host, calls)
    for nonsense in ("javascript:alert(1)", 3, None, "x" * 1000):
        asked.data = {"kind": ["save page"], "page": [nonsense]}
        assert not saving._pending.busy
    asked.data = {"kind": ["save page"], "page": ["https://e.example/dashboard"]}
    assert told.wait(60)
    assert not saving._pending.busy
    assert "64 to 4096 pixels" in answers.data["words"][0]
    saving.close()
    with pytest.raises(Cancelled):
        saving._do(task(as_drawn(HOME)))


def test_only_an_address_becomes_a_code_and_none_that_is_too_long() -> None:
    calls = Calls(lambda: None)
    asked, answers = calls.sources()
    told = threading.Event()

    def in_document(callback: Callable[..., None], *given: object) -> None:
        callback(*given)
        told.set()

    PhoneCodes(calls, in_document)
    for nonsense in ("javascript:alert(1)", "", 3, None, "http://[::1"):
        asked.data = {"kind": ["phone"], "address": [nonsense]}
        assert answers.data["kind"] == [""]
    asked.data = {"kind": ["phone"], "address": ["http://e.example/?x=" + "1" * MOST_CHARACTERS]}
    assert f"{MOST_CHARACTERS} characters" in answers.data["words"][0]
    asked.data = {"kind": ["phone"], "address": ["http://e.example/?x=<script>"]}
    assert told.wait(60)
    assert answers.data["svg"][0].startswith("<svg")
    assert "script" not in answers.data["svg"][0]
