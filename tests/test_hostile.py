"""A server on the open internet: addresses and links that once did harm."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path

import pytest

from dashboard.page import query
from dashboard.state import HOME
from dashboard.view.link import decode
from tests.browsing import browsing

pytestmark = pytest.mark.browser


def status(address: str, method: str = "GET") -> int:
    request = urllib.request.Request(address, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize(
    "path",
    [
        "venv.__main__/x/_css/x",  # a module whose import ends the process
        "dashboard.main/x/_css/x",
        "dashboard.code_browser/CodeBrowser/_esm/code_browser.js",
        "mandel_core/x/_resources/css/../../pyproject.toml",
        "x",
    ],
)
def test_no_address_imports_a_module(server: str, path: str) -> None:
    assert status(f"{server}/components/{path}") == 404
    assert status(f"{server}/liveness") == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/extensions/../../../etc/passwd",
        "/static/js/../../../../pyproject.toml",
        "/static/extensions/panel/%2e%2e/%2e%2e/server.py",
        "/static/js/bokeh.min.js/%00",
        "/static/extensions/panel/%00",
        "/dashboard/../main.py",
        "/admin",
        "/shutdown",
    ],
)
def test_no_address_reads_what_is_not_served(server: str, path: str) -> None:
    assert status(server + path) in {403, 404}


def test_metrics_are_off_by_default(server: str) -> None:
    assert status(f"{server}/metrics") == 404


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_the_page_is_not_put_into_a_foreign_one(server: str, method: str) -> None:
    autoload = f"{server}/dashboard/autoload.js?bokeh-autoload-element=1"
    assert status(autoload, method) == 404


@pytest.mark.parametrize("token", ["", "chunked", "1e308", "eyJ4IjoxfQ", "%D9%A1%D9%A2", "%FF"])
def test_a_token_that_is_none_is_refused(server: str, token: str) -> None:
    assert status(f"{server}/dashboard?bokeh-token={token}") in {400, 403}
    assert status(f"{server}/liveness") == 200


# Digits that are none to `int`, more of them than Python converts, lists and dictionaries.
LINKS = (
    "?foo=%C2%B2",
    "?x=%E2%91%A1&width=%D9%A3",
    f"?iterations={'9' * 5000}",
    "?x=[1,2&y={%22a%22:",
    "?x=%ff%fe&stage=%00",
)


def test_any_link_gives_a_page(address: str, server_folder: Path) -> None:
    log = server_folder / "server.log"
    before = len(log.read_text())
    with browsing() as visitor:
        for link in LINKS:
            visitor.page.goto(address + link)
            visitor.page.locator(".about").get_by_text(" pixels, ").first.wait_for()
            visitor.settled(stage="fast")
    assert "Traceback" not in log.read_text()[before:]


def test_what_the_server_took_apart_is_read_as_the_link_was() -> None:
    state, notices = decode(query({"x": [b"-1.25"], "palette": [b"hot", b"gray"], "y": []}))
    assert (str(state.x), state.palette, state.y, notices) == ("-1.25", "hot", HOME.y, ())
    state, notices = decode(query({"x": ["²".encode()], "width": [b"\xff"]}))
    assert state == HOME
    assert len(notices) == 2
