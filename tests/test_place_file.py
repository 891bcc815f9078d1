"""A place as a file: a page that shows it from disk, without a server and without a network."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from dashboard import Explorer
from dashboard.__main__ import main
from dashboard.lab import stored
from dashboard.sharing import pyramid
from dashboard.view.link import decode
from mandel_core import Measurement, Settings, Viewport, devices
from mandel_core.model.control import NO_CONTROL
from mandel_core.rendering.antialiasing import antialiased
from tests.browsing import Watched, browsing

SIZE = 700, 420
LIVE = "https://fractals.example.org/dashboard"


@pytest.fixture(scope="module")
def explorer() -> Any:
    explorer = Explorer(
        x="-0.7453", y="0.1127", width="0.0065", stage="chunked", maxiter=300, look="equalised"
    )
    yield explorer
    explorer.close()


@pytest.fixture(scope="module")
def saved(explorer: Explorer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    view = Viewport.from_screen(explorer.x, explorer.y, explorer.width, *SIZE)
    for size in (5, 10, 20):
        settings = explorer.settings(chunksize=size, view=view)
        stored.add(Measurement(view, settings, (0.02, 0.021, 0.03), 0.1, 4.0))
    path = tmp_path_factory.mktemp("saved") / "place.html"
    return explorer.save(path, size=SIZE, address=LIVE, most_pixels=2_000_000)


def test_one_file_has_all_there_is_to_say(saved: Path, explorer: Explorer) -> None:
    text = saved.read_text()
    assert "This file does not compute." in text
    assert "<h1>Seahorse valley</h1>" in text
    (link,) = re.findall(r'<a href="([^"]+)"', text)
    assert link.startswith(LIVE)
    assert decode(link.replace("&amp;", "&")) == (explorer.state, ())
    assert "Drawn by Fast, which differs from Chunked by rounding" in text
    assert "<svg" in text
    assert "Chunked: median run times" in text
    assert "currentColor" in text, "the chart is seen on dark and on light pages"
    # Nothing is fetched: no address but that of the link, and those that are names.
    rest = text.replace(LIVE, "")
    names = {"www.w3.org"}
    assert {urlsplit(one).hostname for one in re.findall(r"https?://[^\s\"'<]+", rest)} <= names
    assert not re.search(r"\bsrc=|@import|url\((?!['\"]?#)", rest)


def test_its_resolutions_are_the_picture_without_a_seam(saved: Path, explorer: Explorer) -> None:
    found = json.loads(re.findall(r'id="levels">(.*?)</script>', saved.read_text(), re.DOTALL)[0])
    levels = found["levels"]
    shapes = [(one["width"], one["columns"], one["rows"]) for one in levels]
    assert shapes == [(4, *SIZE), (2, *SIZE), (1, *SIZE), (1, 2 * SIZE[0], 2 * SIZE[1])]
    _, _, level, finer = (joined(one) for one in levels)
    state = explorer.state
    view = Viewport.from_screen(state.x, state.y, state.width, *SIZE)
    settings = Settings("fast", 300, dtype=view.precision)
    alone = antialiased(view, settings, state.colouring)[::-1, :, :3]
    # What is lost in a JPEG, and pixels whose coordinates are rounded otherwise in a band.
    assert (np.abs(level - alone).max(axis=-1) > 40).mean() < 0.02
    again = finer.reshape(SIZE[1], 2, SIZE[0], 2, 3).mean(axis=(1, 3))
    assert np.abs(again - level).mean() < 25, "the same, finer"


def joined(level: dict[str, Any]) -> Any:
    """A level's tiles side by side, (rows, columns, 3)."""
    rows = [np.concatenate([decoded(tile) for tile in row], axis=1) for row in level["tiles"]]
    whole = np.concatenate(rows).astype(float)
    assert whole.shape == (level["rows"], level["columns"], 3)
    return whole


def decoded(tile: str) -> Any:
    data = base64.b64decode(tile.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_limits_and_endings_are_told_in_a_sentence(explorer: Explorer, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"saved as \.html or \.png, not as '\.gif'"):
        explorer.save(tmp_path / "place.gif")
    with pytest.raises(ValueError, match="64 to 4096 pixels a side, not 9000 x 10"):
        explorer.save(tmp_path / "place.html", size=(9000, 10))
    assert not list(tmp_path.iterdir())


def test_no_finer_level_is_begun_once_the_time_is_spent(explorer: Explorer) -> None:
    drawn = pyramid.draw(explorer.state, (80, 64), lambda task: task.run(NO_CONTROL), 10**9, 1e-9)
    assert [level.view.nx for level in drawn.levels] == [80, 80, 80]


def test_the_command_line_makes_a_picture_of_a_link(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = next(name for name in ("cuda", "mps") if name not in devices())
    link = f"https://e.example/dashboard?x=-1.25&width=0.5&device={missing}&stage=none&v=2"
    picture = tmp_path / "place.png"
    assert main(["picture", link, "-o", str(picture), "--size", "320x200"]) == 0
    told = capsys.readouterr().err
    assert f"This machine has no {missing} device" in told
    assert "link's stage “none” was replaced by fast" in told
    with Image.open(picture) as image:
        assert image.size == (320, 200)
        assert image.text["Source"] == "https://e.example/dashboard?x=-1.25&width=0.5&v=2"  # type: ignore[attr-defined]
    (tmp_path / "folder.png").mkdir()
    for bad, said in (
        (["-o", "x.gif"], "saved as .html or .png"),
        (["-o", "x.png", "--size", "big"], "not as 'big'"),
        (["-o", "/nowhere/x.png"], "x.png cannot be written: there is no folder /nowhere."),
        (["-o", f"{tmp_path}/folder.png"], "folder.png cannot be written: Is a directory."),
    ):
        assert main(["picture", "?v=2", "--size", "64x64", *bad]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("python -m dashboard: ")
        assert said in line
    with pytest.raises(SystemExit):
        main(["picture", "--help"])
    assert "Exit status: 0 if the file is written" in capsys.readouterr().out


@pytest.mark.browser
def test_it_opens_from_disk_offline_and_is_browsed(saved: Path) -> None:
    window = {"width": 900, "height": 700}
    with browsing(viewport=window, offline=True, color_scheme="dark", has_touch=True) as watched:
        page = watched.page
        page.goto(saved.as_uri())
        picture = page.locator("canvas")

        def zoom() -> float:
            return float(picture.get_attribute("data-zoom") or 0)

        watched.until(lambda: zoom() == 1 and seen(watched).std() > 30)
        assert page.title() == "Seahorse valley - Mandelbrot explorer"
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
        whole = seen(watched)
        box = picture.bounding_box()
        x, y = box["x"] + box["width"] / 3, box["y"] + box["height"] / 3
        page.mouse.move(x, y)
        page.mouse.wheel(0, -300)
        watched.until(lambda: zoom() > 1.5)
        watched.until(lambda: seen(watched).std() > 20)
        closer = seen(watched)
        assert np.abs(closer - whole).mean() > 10
        page.mouse.down()
        page.mouse.move(x + 120, y + 60, steps=3)
        page.mouse.up()
        watched.until(lambda: bool(np.abs(seen(watched) - closer).mean() > 10))
        for _ in range(30):
            page.get_by_role("button", name="Zoom in").click()
        end = page.get_by_text("larger pixels only, no closer")
        end.wait_for()
        # In a narrower window the same part of the picture is as wide as the window again.
        before = zoom()
        page.set_viewport_size({"width": 450, "height": 700})
        end.wait_for(state="hidden")
        assert zoom() == pytest.approx(before)
        page.set_viewport_size(window)
        end.wait_for()
        picture.focus()
        page.keyboard.press("0")
        watched.until(lambda: zoom() == 1)
        page.keyboard.press("-")
        page.keyboard.press("ArrowRight")
        watched.until(lambda: zoom() < 1)
        pinch(watched, x, y)
        watched.until(lambda: zoom() > 1.5)
        page.get_by_role("button", name="The view that was saved").click()
        watched.until(lambda: zoom() == 1)
        for _ in range(5):
            page.get_by_role("button", name="Zoom out").click()
        page.get_by_text("0.25 ×, there is no more around it").wait_for()
        page.emulate_media(color_scheme="light")
        page.wait_for_function(
            "dark => getComputedStyle(document.body).backgroundColor !== dark", arg=dark
        )


def seen(watched: Watched) -> Any:
    shot = watched.page.locator("canvas").screenshot(
        style="[role=toolbar], output { visibility: hidden }"
    )
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(float)


def pinch(watched: Watched, x: float, y: float) -> None:
    """Two fingers that part."""
    devtools = watched.page.context.new_cdp_session(watched.page)
    for kind, apart in (("touchStart", 20), ("touchMove", 60), ("touchMove", 120), ("touchEnd", 0)):
        points = [{"x": x + sign * apart, "y": y, "id": sign + 1} for sign in (-1, 1)]
        touches = [] if kind == "touchEnd" else points
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})
