"""How many pages there may be, and how fast they may come.

Making a page takes the event loop a tenth of a second, during which no request is answered. So
pages that come at once are made one after another with as much time between them as each took,
which leaves half of the loop to those who are there already; and beyond a limit a page is
refused, which costs next to nothing.
"""

from __future__ import annotations

import asyncio
import html
import time
import weakref
from typing import Any

from bokeh.protocol.exceptions import ProtocolError
from bokeh.server.contexts import ApplicationContext
from panel.io.server import DocHandler
from tornado.web import HTTPError, RequestHandler

from dashboard.server_settings import ServerSettings

# At most so many visitors wait for their page to be made.
MOST_WAITING = 100
RETRY_SECONDS = 15
# A page's HTML and its document are written after its session was made, which takes about as long.
WHOLE_PAGE = 2.0

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Mandelbrot explorer</title>
<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="{retry}">
<style>body {{ background: #111; color: #ddd; font: 1.1rem/1.5 system-ui, sans-serif;
display: grid; place-items: center; min-height: 90vh; margin: 0 1.5rem }}</style></head>
<body><p>{text} This page tries again every {retry} seconds.</p></body></html>
"""


class ServerFull(HTTPError, ProtocolError):
    """A page cannot be had now; says why. Bokeh knows it by either base as a refusal."""

    def __init__(self, text: str) -> None:
        super().__init__(503, reason="Service Unavailable")
        self.text = text

    def __str__(self) -> str:
        return self.text


class Admission:
    """Lets pages be made one after another, with pauses, and not too many of them."""

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._free_at = 0.0

    async def make(self, context: Any, session_id: str, *details: Any) -> Any:
        """Have `context` make the session, if it has to and may. Raises ServerFull."""
        _contexts.add(context)
        known = session_id in context._sessions or session_id in context._pending_sessions
        if known:
            return await _create(context, session_id, *details)
        if sessions() + self._waiting >= self._settings.max_sessions:
            most = self._settings.max_sessions
            raise ServerFull(f"This server has {most} visitors, and that is as many as it takes.")
        if self._waiting >= MOST_WAITING:
            raise ServerFull("More visitors come to this server at once than it can welcome.")
        self._waiting += 1
        try:
            async with self._turn:
                await asyncio.sleep(max(0.0, self._free_at - time.monotonic()))
                started = time.monotonic()
                session = await _create(context, session_id, *details)
                took = WHOLE_PAGE * (time.monotonic() - started)
                pause = max(took, 1 / self._settings.new_pages_per_second)
                self._free_at = time.monotonic() + pause
                return session
        finally:
            self._waiting -= 1


def sessions() -> int:
    """How many sessions there are."""
    return sum(len(context._sessions) for context in _contexts)


_contexts: weakref.WeakSet[Any] = weakref.WeakSet()
_create = ApplicationContext.create_session_if_needed


def limit_pages(settings: ServerSettings) -> None:
    """From now on have every new session of this server admitted first."""
    admission = Admission(settings)

    async def create_if_admitted(
        context: Any, session_id: str, request: Any = None, token: str | None = None
    ) -> Any:
        return await admission.make(context, session_id, request, token)

    def write_error(handler: Any, status_code: int, **details: Any) -> None:
        error = details.get("exc_info", (None, None))[1]
        if isinstance(error, ServerFull):
            handler.set_header("Retry-After", str(RETRY_SECONDS))
            handler.finish(_PAGE.format(text=html.escape(error.text), retry=RETRY_SECONDS))
        else:
            RequestHandler.write_error(handler, status_code, **details)

    ApplicationContext.create_session_if_needed = create_if_admitted
    DocHandler.write_error = write_error
