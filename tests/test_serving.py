"""The explorer as strangers meet it: behind a proxy, under a prefix, by TLS, with a password."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from dashboard.bench.wire import TOKEN
from tests.browsing import NO_TORCH, ROOT, Watched, browsing, free_port, serving
from tests.proxying import DEPLOY, Certificate, Proxy, caddy, edited, nginx, program, unchecked

pytestmark = pytest.mark.browser

SECURITY = ROOT / "SECURITY.md"
SERVING = ROOT / "docs" / "serving.md"
PREFIX = "/fractal"
PAGE = f"{PREFIX}/dashboard"
PASSWORD = "open sesame"


@dataclass(frozen=True)
class Served:
    """An explorer, and the ports that proxies in front of it may take."""

    port: int
    ports: dict[str, int]
    certificate: Certificate
    scratch: Path

    @contextmanager
    def behind(self, proxy: Proxy, more: str = "") -> Iterator[str]:
        """The address of the explorer's folder behind this proxy, with more in its file."""
        port, folder = self.ports[proxy.__name__], self.scratch / proxy.__name__
        with proxy(folder, port, self.port, self.certificate, more):
            yield f"https://localhost:{port}{PREFIX}"


@contextmanager
def explorer(scratch: Path, *options: str) -> Iterator[Served]:
    ports = {proxy.__name__: free_port() for proxy in (nginx, caddy)}
    origins = [f"--allow-websocket-origin=localhost:{port}" for port in ports.values()]
    command = ["panel", "serve", "dashboard", "--address=127.0.0.1", "--use-xheaders"]
    # As the unit does.
    command += [f"--prefix={PREFIX}", f"--root-path={PREFIX}/", *origins, *options]
    command.append("--websocket-max-message-size=1048576")
    certificate = Certificate.make(scratch)
    with serving(command, f"{PREFIX}/static/js/bokeh.min.js", ROOT, scratch, NO_TORCH) as address:
        port = urlsplit(address).port
        assert port
        yield Served(port, ports, certificate, scratch)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with explorer(tmp_path_factory.mktemp("served")) as found:
        yield found


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    options = (f"--basic-auth={PASSWORD}", "--cookie-secret=of the tests")
    forms = (f"--basic-login-template={DEPLOY / 'login.html'}",)
    with explorer(tmp_path_factory.mktemp("guarded"), *options, *forms) as found:
        yield found


@dataclass(frozen=True)
class Visitor:
    """A browser's page, and what it asked for in vain."""

    watched: Watched
    refused: list[str]
    sockets: list[str]

    def sees(self, address: str) -> None:
        """Open this and wait until the picture is there, in full."""
        self.watched.page.goto(address)
        self.watched.page.locator(".about").get_by_text(" pixels, ").first.wait_for()
        self.has_the_picture()

    def has_the_picture(self) -> None:
        self.watched.in_place()
        assert self.watched.pixels().std() > 20, "one colour is no picture"

    def assert_undisturbed(self) -> None:
        self.watched.assert_clean()
        assert self.refused == []


@contextmanager
def visiting() -> Iterator[Visitor]:
    with browsing(ignore_https_errors=True, viewport={"width": 900, "height": 700}) as watched:
        visitor = Visitor(watched, [], [])
        page = watched.page
        page.on("requestfailed", lambda request: visitor.refused.append(request.url))
        page.on("websocket", lambda opened: visitor.sockets.append(opened.url))
        page.on(
            "response",
            lambda answer: (
                visitor.refused.append(f"{answer.status} {answer.url}")
                if answer.status >= 400
                else None
            ),
        )
        yield visitor


def ask(
    address: str,
    method: str = "GET",
    body: bytes | None = None,
    source: str | None = None,
    password: str = "",
) -> tuple[int, str, bytes]:
    """Status, redirection and body of one request; redirections are not followed."""
    url = urlsplit(address)
    assert url.hostname
    kind: Any = http.client.HTTPConnection
    more: dict[str, Any] = {}
    if url.scheme == "https":
        kind, more = http.client.HTTPSConnection, {"context": unchecked()}
    connection = kind(url.hostname, url.port, timeout=60, **more)
    connection.source_address = (source, 0) if source else None
    try:
        path = f"{url.path}?{url.query}" if url.query else url.path
        known = {"Authorization": password} if password else {}
        connection.request(method, path, body, {"Host": url.netloc, **known})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location", ""), answer.read()
    finally:
        connection.close()


def shake_hands(
    address: str, token: str, cookie: str = "", origin: str = "", password: str = ""
) -> tuple[int, bytes]:
    """Ask for a websocket as a page from there would; the status and what then comes first."""
    url = urlsplit(address)
    plain: Any = socket.create_connection(("127.0.0.1", url.port or 0), timeout=60)
    with plain, tls(plain) if url.scheme == "https" else plain as line:
        head = [
            f"GET {url.path}/ws HTTP/1.1",
            *(f"Host: {url.netloc}", "Upgrade: websocket", "Connection: Upgrade"),
            f"Origin: {origin or f'{url.scheme}://{url.netloc}'}",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
            f"Sec-WebSocket-Protocol: bokeh, {token}",
            *([f"Cookie: {cookie}"] if cookie else []),
            *([f"Authorization: {password}"] if password else []),
        ]
        line.sendall("\r\n".join([*head, "", ""]).encode())
        with line.makefile("rb") as answers:
            status = int(answers.readline().split()[1])
            while answers.readline().strip():
                pass
            return status, answers.read(2) if status == 101 else b""


def tls(plain: socket.socket) -> ssl.SSLSocket:
    return unchecked().wrap_socket(plain, server_hostname="localhost")


def forged(**payload: Any) -> str:
    """A token as Bokeh would take it if it did not look at signatures."""
    content = {"session_id": "x" * 44, "session_expiry": int(time.time()) + 300, **payload}
    return packed(json.dumps(content).encode())


def packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


TEXT, CLOSE = b"\x81", b"\x88"  # how a message begins, and how a goodbye


@pytest.mark.parametrize("proxy", [nginx, caddy])
def test_the_picture_comes_through_a_proxy(served: Served, proxy: Proxy) -> None:
    with served.behind(proxy) as address, visiting() as visitor:
        visitor.sees(f"{address}/?palette=hot")
        assert visitor.watched.settled(palette="hot")
        visitor.watched.page.mouse.move(*visitor.watched.centre())
        before = visitor.watched.link()
        visitor.watched.page.mouse.wheel(0, -400)
        visitor.watched.moved(before)
        visitor.has_the_picture()
        (opened,) = visitor.sockets
        assert opened.startswith(f"{address.replace('https', 'wss')}/dashboard/ws")
        visitor.assert_undisturbed()
        shown = visitor.watched.page.locator('meta[property="og:image"]').get_attribute("content")
        assert shown.startswith(f"{address}/preview.jpg?palette=hot")
        assert ask(shown)[2][:3] == b"\xff\xd8\xff", "a JPEG file"
        # Nothing else has an address.
        for path in ("/dashboard/metadata", "/components/a/b/c/d", "/metrics2", "/../etc/passwd"):
            assert ask(address + path)[0] == 404
        assert ask(f"{address}/dashboard/autoload.js?bokeh-autoload-element=1")[0] == 404
        # Caddy 2.6 says 502 where it means 413.
        assert ask(f"{address}/login", "POST", bytes(20_000))[0] in {400, 413, 502}


@pytest.mark.skipif(sys.platform != "linux", reason="only there each 127.x.x.x is this machine")
def test_who_asks_too_often_is_refused_and_nobody_else(served: Served) -> None:
    with served.behind(nginx) as address, visiting() as visitor:
        visitor.sees(f"{address}/dashboard")
        statuses: list[int] = []
        while not statuses or (statuses[-1] != 429 and len(statuses) < 2000):
            # A websocket that is none: it costs the explorer nothing, and counts like one.
            statuses.append(ask(f"{address}/dashboard/ws", source="127.0.0.2")[0])
        assert statuses[-1] == 429
        assert len(statuses) > 20, "a few visits at once are nobody's attack"
        before = visitor.watched.link()
        visitor.watched.page.mouse.move(*visitor.watched.centre())
        visitor.watched.page.mouse.wheel(0, -400)
        visitor.watched.moved(before)
        visitor.has_the_picture()
        visitor.sees(f"{address}/dashboard?palette=hot")  # and may come again
        visitor.assert_undisturbed()


def asking_nginx(folder: Path) -> str:
    """What the guide says to add, for one visitor with PASSWORD."""
    command = [program("openssl"), "passwd", "-apr1", PASSWORD]
    kept = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    (folder / "passwords").write_text(f"ada:{kept}")
    return f'auth_basic "explorer"; auth_basic_user_file {folder / "passwords"};'


def asking_caddy(folder: Path) -> str:
    """The same for Caddy."""
    command = [program("caddy"), "hash-password", "--plaintext", PASSWORD]
    kept = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    return f"\tbasicauth {{\n\t\tada {kept}\n\t}}"


@pytest.mark.parametrize(("proxy", "asking"), [(nginx, asking_nginx), (caddy, asking_caddy)])
def test_a_proxy_may_ask_for_a_password(
    served: Served, proxy: Proxy, asking: Callable[[Path], str]
) -> None:
    known = "Basic " + base64.b64encode(f"ada:{PASSWORD}".encode()).decode()
    wrong = "Basic " + base64.b64encode(b"ada:guess").decode()
    with served.behind(proxy, asking(served.scratch)) as address:
        page = f"{address}/dashboard"
        for given in ("", wrong):
            assert ask(page, password=given)[0] == 401
            assert ask(f"{address}/static/js/bokeh.min.js", password=given)[0] == 401
        status, _, body = ask(page, password=known)
        assert status == 200
        token = TOKEN.search(body.decode())
        assert token
        # Nobody opens a websocket without, though the token is good.
        assert shake_hands(page, token[1])[0] == 401
        assert shake_hands(page, token[1], password=wrong)[0] == 401
        status, first = shake_hands(page, token[1], password=known)
        assert (status, first[:1]) == (101, TEXT)


def test_nobody_enters_without_the_password(guarded: Served) -> None:
    with guarded.behind(nginx) as address:
        page = f"{address}/dashboard"
        for entrance in (page, f"http://localhost:{guarded.port}{PAGE}"):
            status, where, body = ask(entrance)
            assert (status, urlsplit(where).path) == (302, "./login")
            assert not TOKEN.search(body.decode())
        for cookie in ("", "user=me", 'user="2|1:0|10:1795490361|4:user|4:bWU=|00"; is_guest=1'):
            assert shake_hands(page, forged(), cookie)[0] == 403
        inside = f"http://localhost:{guarded.port}{PREFIX}"
        assert ask(f"{inside}/dashboard/metadata")[0] == 302
        assert ask(f"{inside}/preview.jpg?v=2")[0] == 404
        # Closed to everybody, with or without the password.
        assert ask(f"{inside}/dashboard/autoload.js?bokeh-autoload-element=1")[0] == 404
        with visiting() as visitor:
            browser = visitor.watched.page
            for password in ("wrong", PASSWORD):
                browser.goto(f"{page}?palette=hot")
                browser.get_by_label("Name").fill("anybody")
                browser.get_by_label("Password").fill(password)
                browser.get_by_role("button", name="Log in").click()
                if password == "wrong":
                    browser.get_by_role("alert").wait_for()
            browser.locator(".about").get_by_text(" pixels, ").first.wait_for()
            visitor.watched.settled(palette="hot")
            visitor.has_the_picture()
            assert all(cookie["secure"] for cookie in browser.context.cookies())
            visitor.assert_undisturbed()


def test_only_tokens_of_this_server_open_a_websocket(served: Served) -> None:
    """What is in another is not even looked at: small ones unpack to what stops a server."""
    page = f"http://localhost:{served.port}{PAGE}"
    lists = b'{"arguments": [' + b"[]," * 1_000_000 + b"0]}"
    bomb = forged(__bk__zlib_=packed(zlib.compress(lists, 9)))
    origin = f"https://localhost:{served.ports['nginx']}{PAGE}"
    with served.behind(nginx):
        for token in (forged(), bomb):
            status, first = shake_hands(origin, token)
            assert (status, first[:1]) == (101, CLOSE)
        found = TOKEN.search(ask(origin)[2].decode())
        assert found
        status, first = shake_hands(origin, found[1])
        assert (status, first[:1]) == (101, TEXT)
    # Nor can a page be asked for under somebody else's name.
    assert ask(f"{page}?bokeh-session-id={'x' * 44}")[0] == 403
    assert ask(f"{page}?bokeh-token={bomb}")[0] == 403


def test_no_foreign_page_opens_a_websocket(served: Served) -> None:
    page = f"http://localhost:{served.port}{PAGE}"
    found = TOKEN.search(ask(page)[2].decode())
    assert found
    for origin in ("https://example.org", "http://localhost:1", "null", "http://[::1"):
        assert shake_hands(page, found[1], origin=origin)[0] == 403, origin


def test_nobody_posts_more_than_a_form(served: Served) -> None:
    for path in ("/static/x", PAGE, f"{PREFIX}/static/js/bokeh.min.js"):
        address = f"http://localhost:{served.port}{path}"
        line = socket.create_connection(("127.0.0.1", served.port), timeout=60)
        with line, line.makefile("rb") as answers:
            # As much as Tornado would take by itself; it need not be sent to be refused.
            head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000000\r\n\r\n"
            line.sendall(head.encode())
            assert answers.readline().split()[1] == b"400"
        assert ask(address, "POST", b"x")[0] in {403, 404, 405}


# A server that says which addresses it has, instead of serving them.
LISTING = """
import json, os, sys
from bokeh.server.tornado import BokehTornado
from panel.command import main

def start(self):
    found = [rule for router in self.default_router.rules
             for rule in getattr(router.target, "rules", [])]
    print("ROUTES", json.dumps([rule.matcher.regex.pattern for rule in found]), flush=True)
    os._exit(0)

BokehTornado.start = start
sys.argv = ["panel", "serve", "dashboard", *sys.argv[1:]]
main()
"""


def test_every_address_that_is_served_is_known() -> None:
    """A new Panel that serves something more must be looked at before it is."""
    answer = subprocess.run(
        [sys.executable, "-c", LISTING, f"--port={free_port()}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    (line,) = (line for line in answer.stdout.splitlines() if line.startswith("ROUTES"))
    routes = [route.removesuffix("$") for route in json.loads(line.removeprefix("ROUTES"))]
    _, _, rest = SECURITY.read_text().partition("<!-- routes -->")
    table, _, _ = rest.partition("<!-- /routes -->")
    known = re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)
    assert sorted(routes) == sorted(known)


def options(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))


def test_the_documents_know_what_panel_serves_with() -> None:
    """Each option in a `panel serve` of the unit, the image and the guide is one of Panel's."""
    command = [sys.executable, "-m", "panel", "serve", "--help"]
    known = options(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    unit = re.findall(r"^ExecStart=((?:.*\\\n)*.*)$", unit_file(), re.MULTILINE)
    image = re.findall(r"^(?:ENTRYPOINT|CMD) (.*(?:\\\n.*)*)$", dockerfile(), re.MULTILINE)
    guide = re.findall(r"^panel serve (?:.*\\\n)*.*$", SERVING.read_text(), re.MULTILINE)
    table = re.findall(r"^\| `(--[a-z-]+)[^`]*` \|", SERVING.read_text(), re.MULTILINE)
    assert unit
    assert image
    assert guide
    assert table
    for served_with in (*unit, *image, *guide, *table):
        ours = {"--args"} | set(re.findall(r"--args (--[a-z-]+)", served_with))
        assert options(served_with) - known - ours == set()


def unit_file() -> str:
    return (DEPLOY / "mandel-explorer.service").read_text()


def dockerfile() -> str:
    return (DEPLOY / "Dockerfile").read_text()


def test_unit_image_and_proxies_agree() -> None:
    site, caddyfile = (DEPLOY / "nginx.conf").read_text(), (DEPLOY / "Caddyfile").read_text()
    assert "127.0.0.1:5006" in site
    assert "127.0.0.1:5006" in caddyfile
    assert "--port=5006" in unit_file()
    assert "--port=5006" in dockerfile()
    assert "EXPOSE 5006" in dockerfile()
    assert f"--prefix={PREFIX} " in unit_file()
    for name in ("MANDEL_EXPLORER_DATA", "NUMBA_CACHE_DIR", "TORCHINDUCTOR_CACHE_DIR"):
        for text in (unit_file(), dockerfile(), SERVING.read_text()):
            assert name in text
    policies = [
        re.findall(r'Content-Security-Policy\s+"([^"]+)"', text) for text in (site, caddyfile)
    ]
    assert len(policies[0]) == 1
    assert policies[0] == policies[1]


def test_what_the_guide_names_is_there() -> None:
    text = SERVING.read_text() + SECURITY.read_text()
    named = set(re.findall(r"\bdeploy/[\w.-]*\w", text))
    assert len(named) > 4
    assert {name for name in named if not (ROOT / name).exists()} == set()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "mandel-explorer.service"
    # Where the explorer is installed is nothing that this machine would know.
    installed = "ExecStart=/opt/mandel-explorer/.venv/bin/panel"
    unit.write_text(edited(unit_file(), {installed: "ExecStart=/bin/true"}))
    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True,
        text=True,
        env=os.environ | {"SYSTEMD_LOG_LEVEL": "warning"},
        check=False,
    )
    assert [line for line in found.stderr.splitlines() if unit.name in line] == []
