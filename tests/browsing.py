"""Real servers and a real browser for the tests of the page and the notebook."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from dashboard.state import HOME, State, home
from dashboard.view.link import FIELDS, text_of

ROOT = Path(__file__).parent.parent
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# A shared, headless machine: no sandbox as root, and nothing that phones home by itself.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# The picture's figure, its axes and what it shows: for each image columns, rows and edges.
PICTURE = """() => {
    const models = Bokeh.documents.flatMap(doc => [...doc._all_models.values()]);
    const glyph = renderer => renderer.glyph?.type === 'ImageRGBA';
    const figure = models.filter(model => model.type === 'Figure')
        .find(model => model.renderers.some(glyph));
    const { x_range: x, y_range: y, inner_width: columns, inner_height: rows } = figure;
    const source = figure.renderers.find(glyph).data_source;
    const images = [...source.get('image')].map((image, i) => ({
        nx: image.shape[1], ny: image.shape[0], x: source.get('x')[i], y: source.get('y')[i],
        dw: source.get('dw')[i], dh: source.get('dh')[i],
        coarse: source.get_column('coarse')?.[i], final: source.get_column('final')?.[i] }));
    return { left: x.start, right: x.end, bottom: y.start, top: y.end, columns, rows, images };
}"""

# Whether the newest picture is that of where the axes are, to a hundredth of a pixel.
IN_PLACE = f"""() => {{
    const {{ left, right, bottom, top, columns, images }} = ({PICTURE})();
    const last = images.at(-1);
    const rounding = 8 * Number.EPSILON * Math.max(Math.abs(left), Math.abs(top));
    const close = (a, b) => Math.abs(a - b) <= 0.01 * (right - left) / columns + rounding;
    return last.coarse === 1 && last.nx === columns
        && close(last.x, left) && close(last.x + last.dw, right)
        && close(last.y, bottom) && close(last.y + last.dh, top);
}}"""


def spelled_out(state: State) -> dict[str, str]:
    """Every field of a state as a link writes it, by its key."""
    return {key: text_of(getattr(state, field)) for field, key, _ in FIELDS}


# A field of the address bar's link, in a page: what it does not say is as at home.
LINK_FIELD = f"""window.linkField = key =>
    new URLSearchParams(location.search).get(key) ?? ({json.dumps(spelled_out(HOME))})[key];"""

# For servers whose tests have nothing to do with torch: each saves itself its first compile, which
# is most of what a server computes when it starts.
NO_TORCH = {"MANDEL_EXPLORER_STAGES": "fast,numba,numpy"}

# First compiles take tens of seconds on two busy cores.
PATIENCE = 120_000
POLLING = 100


def chromium() -> str:
    """The browser's path; without one the test is skipped, or fails where browsers are required."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        reason = f"no browser found (looked for {', '.join(NAMES)})"
        if os.environ.get("MANDEL_REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@contextmanager
def serving(
    command: list[str],
    path: str,
    cwd: Path,
    scratch: Path,
    environment: dict[str, str] | None = None,
) -> Iterator[str]:
    """Run a server on a free port until the block ends; yields its address once it answers.

    Its log is kept in `scratch`; `environment` is added to this process's own.
    """
    port = free_port()
    address = f"http://localhost:{port}"
    with (scratch / "server.log").open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", *command, f"--port={port}"],
            cwd=cwd,
            env=os.environ | (environment or {}),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until_it_answers(server, address + path)
            yield address
        finally:
            server.terminate()
            server.wait(30)


def wait_until_it_answers(server: subprocess.Popen[bytes], address: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(address, timeout=10).close()
            return
        except OSError:  # it does not listen yet, or not answer in time
            assert server.poll() is None, "the server ended before it answered"
            try:
                server.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
    raise AssertionError("the server did not answer within a minute")


@dataclass
class Watched:
    """A page and what went wrong on it."""

    page: Any
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    origins: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        # Asked at each animation frame, as Playwright does, a page paints all the time.
        self.page.wait_for_function = partial(self.page.wait_for_function, polling=POLLING)
        self.page.add_init_script(LINK_FIELD)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)

    def _console(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _dialog(self, dialog: Any) -> None:
        if dialog.type == "beforeunload":  # a notebook that has not been saved
            dialog.accept()
        else:
            self.errors.append(f"dialog: {dialog.message}")

    def _request(self, request: Any) -> None:
        url = urlsplit(request.url)
        if url.scheme in {"data", "blob", "file"}:
            return
        self.origins.add(f"{url.scheme}://{url.netloc}")
        if url.hostname not in {"localhost", "127.0.0.1"}:
            self.foreign.append(request.url)

    def assert_clean(self) -> None:
        """Nothing went wrong on the page, and it asked nobody but this machine."""
        assert not self.errors, self.errors
        assert not self.foreign, self.foreign

    def another(self) -> Watched:
        """A second page of the same size in the same browser."""
        return Watched(self.page.context.browser.new_page(viewport=self.page.viewport_size))

    def link(self) -> dict[str, str]:
        """The fields of the address bar's link, those at their default included."""
        given = {key: value[0] for key, value in parse_qs(urlsplit(self.page.url).query).items()}
        usual = spelled_out(home(given.get("formula", HOME.formula)))
        given.setdefault("auto", "no" if "iterations" in given else "yes")
        return usual | given

    def settled(self, **fields: str) -> dict[str, str]:
        """Wait until the link has these fields.

        It has them as soon as their picture is there, and before if that takes a moment. A link
        that the page itself has written has a version.
        """
        usual = spelled_out(home(fields.get("formula", HOME.formula)))
        self.page.wait_for_function(
            "([fields, usual]) => { const link = new URLSearchParams(location.search);"
            " return link.has('v') && Object.entries(fields).every("
            " ([key, value]) => (link.get(key) ?? usual[key]) === value); }",
            arg=[fields, usual],
        )
        return self.link()

    def moved(self, before: dict[str, str]) -> dict[str, str]:
        """Wait until the link shows another view than before, and stays at it."""
        self.page.wait_for_function(
            "before => { const width = linkField('width'), x = linkField('x');"
            " const still = window.lastLink === location.search; window.lastLink ="
            " location.search; return linkField('v') && still && (width !== before.width"
            " || x !== before.x); }",
            arg=before,
            polling=700,
        )
        return self.link()

    def figure(self) -> Any:
        """The picture's element."""
        return self.page.locator(".bk-Figure.picture")

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until this holds."""
        for _ in range(PATIENCE // 100):
            if holds():
                return
            self.page.wait_for_timeout(100)
        raise AssertionError("it never came true")

    def in_place(self) -> None:
        """Wait until the picture on screen is that of where the axes are, in full."""
        self.page.wait_for_function(IN_PLACE)

    def final(self) -> None:
        """Wait until no better picture of what is shown will follow."""
        self.page.wait_for_function(f"() => ({PICTURE})().images.at(-1).final === true")

    def pixels(self, final: bool = True) -> Any:
        """What the picture looks like, once it is final or now: (rows, columns, 3)."""
        import io

        from PIL import Image

        if final:
            self.final()
        # Two animation frames later whatever was sent has been drawn.
        self.page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        shot = self.page.screenshot(
            clip=self.figure().bounding_box(),
            animations="disabled",
            style=".overlay, #status { visibility: hidden }.bk-events { outline: none !important }",
        )
        image = Image.open(io.BytesIO(shot))
        return np.asarray(image.convert("RGB"))

    def press(self, name: str) -> None:
        """Press the button over the picture that is called so."""
        self.figure().get_by_role("button", name=name, exact=True).click()

    def centre(self) -> tuple[float, float]:
        """The middle of the picture on the screen."""
        box = self.figure().bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


# The browser that tests share, if one is open, and what ends it.
_open: list[tuple[Any, ExitStack]] = []
# Its contexts that nobody uses at present, by what they were made with. In a context that is kept a
# page takes three quarters of what it takes in a new one: it has been sent the scripts before.
_unused: dict[str, Any] = {}


def _browser() -> Any:
    """The browser that is open, or a new one; starting one takes as much as opening a page."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    if _open and not _open[0][0].is_connected():  # it has crashed
        end_browser()
    if not _open:
        with ExitStack() as stack:  # so that nothing of it stays if it cannot be started
            playwright = stack.enter_context(sync_playwright())
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            stack.callback(browser.close)
            stack.callback(_unused.clear)
            _open.append((browser, stack.pop_all()))
    return _open[0][0]


def end_browser() -> None:
    """End the browser if there is one. As long as it is there, `asyncio.run` does not work."""
    while _open:
        _, stack = _open.pop()
        stack.close()


@contextmanager
def browsing(**context: Any) -> Iterator[Watched]:
    """A new page that shares nothing with others but the browser and what it keeps of scripts.

    It must end without errors and without foreign requests. What is opened from it ends with it.
    """
    browser = _browser()
    others = list(browser.contexts)
    kind = repr(sorted(context.items()))
    used = _unused.pop(kind, None) or browser.new_context(**context)
    watched = Watched(used.new_page())
    try:
        yield watched
        _forget_visits(used, watched)
        _unused[kind] = used
    finally:
        for opened in browser.contexts:
            if opened not in (*others, *_unused.values()):
                opened.close()
    watched.assert_clean()


def _forget_visits(context: Any, watched: Watched) -> None:
    """Close the pages of a context, which keeps nothing of what they have stored."""
    devtools = context.new_cdp_session(watched.page)
    for origin in watched.origins:
        everything = {"origin": origin, "storageTypes": "all"}
        devtools.send("Storage.clearDataForOrigin", everything)
    context.clear_cookies()
    for page in context.pages:
        page.close()
