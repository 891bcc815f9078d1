"""A browser, told what to do over its debugging port; nothing of what it receives is copied here.

Playwright would have every websocket frame sent to it, which costs more than what is measured.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import psutil
from tornado.websocket import WebSocketClientConnection, websocket_connect

NAMES = ("chromium", "chromium-browser", "google-chrome")
# A shared, headless machine: no sandbox as root, and nothing that phones home by itself.
FLAGS = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--hide-scrollbars",
)
WATCH = Path(__file__).with_name("watch.js")
START_SECONDS, ANSWER_SECONDS = 30.0, 60.0


class Browser:
    """A running browser."""

    def __init__(self, process: subprocess.Popen[bytes], socket: WebSocketClientConnection) -> None:
        self.process, self._socket = process, socket
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        while (text := await self._socket.read_message()) is not None:
            message = json.loads(text)
            future = self._waiting.pop(message.get("id", 0), None)
            if future is not None and not future.done():
                future.set_result(message)

    def send(self, method: str, session: str | None = None, **values: Any) -> asyncio.Future[Any]:
        """Send a command at once; the future has its answer."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": values}
        if session:
            message["sessionId"] = session
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._socket.write_message(json.dumps(message))
        return future

    async def call(self, method: str, session: str | None = None, **values: Any) -> dict[str, Any]:
        """Send a command and wait for what it returns."""
        answer = await asyncio.wait_for(self.send(method, session, **values), ANSWER_SECONDS)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    async def version(self) -> str:
        """The product's name and number."""
        return str((await self.call("Browser.getVersion"))["product"]).replace("/", " ")

    @asynccontextmanager
    async def tab(self, width: int, height: int) -> AsyncIterator[Tab]:
        """A page in a context of its own, so with nothing in its cache."""
        context = (await self.call("Target.createBrowserContext"))["browserContextId"]
        target = await self.call("Target.createTarget", url="about:blank", browserContextId=context)
        attached = await self.call(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        tab = Tab(self, attached["sessionId"])
        await tab.call("Page.enable")
        await tab.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH.read_text("utf-8"))
        await tab.resize(width, height)
        yield tab
        await self.call("Target.disposeBrowserContext", browserContextId=context)


class Tab:
    """A page of the browser."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser, self._session = browser, session

    async def call(self, method: str, **values: Any) -> dict[str, Any]:
        """Send a command to this page."""
        return await self._browser.call(method, self._session, **values)

    async def resize(self, width: int, height: int) -> None:
        """Set the size of the window's inside."""
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    async def run(self, code: str) -> Any:
        """The value of an expression, awaited if it is a promise."""
        answer = await self.call(
            "Runtime.evaluate", expression=code, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{code}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def mouse(self, kind: str, x: float, y: float, **values: Any) -> None:
        """Dispatch an event of the mouse, without waiting until the page has taken it."""
        future = self._browser.send(
            "Input.dispatchMouseEvent", self._session, type=kind, x=x, y=y, **values
        )
        future.add_done_callback(lambda done: None if done.cancelled() else done.exception())


def find() -> str:
    """The path of a browser that is installed."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise OSError(f"no browser found (looked for {', '.join(NAMES)})")
    return found


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """A new browser with a new profile, until the block ends."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(
            [find(), *FLAGS, f"--user-data-dir={folder}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            address = await _address(process, Path(folder, "DevToolsActivePort"))
            socket = await websocket_connect(address, max_message_size=2**28)
            browser = Browser(process, socket)
            yield browser
            with suppress(RuntimeError, TimeoutError):
                await asyncio.wait_for(browser.call("Browser.close"), 5)
        finally:
            _end(process)


async def _address(process: subprocess.Popen[bytes], file: Path) -> str:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        lines = file.read_text().split() if file.exists() else []
        if len(lines) == 2:
            return f"ws://localhost:{lines[0]}{lines[1]}"
        await asyncio.sleep(0.05)
    raise OSError("the browser did not start")


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                child.kill()
    process.kill()
    process.wait(10)
