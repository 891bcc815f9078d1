"""What others see of a link before they open it: words, and a picture made when it is asked for."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, replace
from typing import Any, Protocol

from bokeh.server.auth_provider import NullAuth
from tornado.web import HTTPError, RequestHandler

from dashboard import server_settings
from dashboard.compute import workers
from dashboard.sharing import naming
from dashboard.state import State, home
from dashboard.subject import Subject
from dashboard.view.link import decode, encode
from mandel_core import StageFailure, Viewport
from mandel_core.model.link import query_of
from mandel_core.runtime.recent import Recent
from mandel_core.runtime.threads import cores
from mandel_core.worker.file_tasks import DrawJPEG

ADDRESS = "/preview.jpg"
COLUMNS, ROWS = 1200, 630  # what those who show previews ask for

# Limits of one preview: seconds, waiting for its turn included, and iterations. The programs that
# show previews do not wait longer either.
MOST_SECONDS = 20.0
MOST_ITERATIONS = 20_000
MOST_WAITING = 16
RETRY_SECONDS = 30
KEPT, KEPT_BYTES = 256, 2**24
DAY = 24 * 3600

_HOST = re.compile(r"[\w.-]+(:\d+)?|\[[0-9a-fA-F:.]+\](:\d+)?", re.ASCII)


class PageRequest(Protocol):
    """The part of a request that says under which address a page was asked for."""

    protocol: str
    host: str
    path: str


@dataclass(frozen=True)
class Preview:
    """What stands in a page for those who show a link: whole addresses, and words.

    page, picture : addresses; "" where the page's own is not known.
    """

    title: str
    description: str
    page: str
    picture: str
    columns: int = COLUMNS
    rows: int = ROWS


def preview(state: State, asked: PageRequest | None, root: str = "/") -> Preview:
    """The words for a state, and the addresses as they are seen from outside.

    root : the folder of the page's address where a proxy shows it in another one; "/" for none.
    """
    words = naming.title(state), naming.description(state)
    if asked is None or not _HOST.fullmatch(asked.host):
        return Preview(*words, "", "")
    folder, _, page = asked.path.rpartition("/")
    base = f"{asked.protocol}://{asked.host}{root.rstrip('/') or folder}"
    link = encode(state)
    return Preview(*words, f"{base}/{page}{link}", f"{base}{ADDRESS}{link}")


class Previews:
    """Makes pictures one after another, and keeps the last ones."""

    def __init__(self, pictures_per_second: float) -> None:
        self._pause = 1 / pictures_per_second
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._kept: Recent[State, bytes] = Recent(KEPT, KEPT_BYTES)

    async def picture(self, state: State) -> bytes | None:
        """A JPEG file; None if there are too many to be made, or this one takes too long."""
        state = as_drawn(state)
        known = self._kept.get(state)
        if known is not None or self._waiting >= MOST_WAITING:
            return known
        self._waiting += 1
        try:
            async with asyncio.timeout(MOST_SECONDS), self._turn:
                known = self._kept.get(state)  # made while this one waited
                return known if known is not None else await self._made(state)
        except TimeoutError:
            return None
        finally:
            self._waiting -= 1

    async def _made(self, state: State) -> bytes | None:
        started = time.monotonic()
        # One session for all of them, which pays for them as one visitor does.
        drawn = workers.draw_file(task(state), session="preview/picture")
        try:
            outcome = await asyncio.wrap_future(drawn)
        except asyncio.CancelledError:
            drawn.cancel()
            raise
        await asyncio.sleep(max(0.0, started + self._pause - time.monotonic()))
        if isinstance(outcome, StageFailure):
            return None
        self._kept.keep(state, outcome, len(outcome))
        return outcome


def as_drawn(state: State) -> State:
    """The state with what makes no difference to its preview, or would cost too much, as usual."""
    usual = home(state.formula)
    seen = replace(
        state,
        stage=usual.stage,
        chunksize=usual.chunksize,
        device=usual.device,
        maxiter=min(state.maxiter, MOST_ITERATIONS),
    )
    # Home is wider in a window as wide as this.
    if (seen.x, seen.y, seen.width) == (usual.x, usual.y, usual.width):
        seen = replace(seen, width=home(state.formula, (COLUMNS, ROWS)).width)
    return seen


def task(state: State) -> DrawJPEG:
    """What has to be drawn for a state of `as_drawn`."""
    view = Viewport.from_screen(state.x, state.y, state.width, COLUMNS, ROWS)
    settings = Subject(view, state, cores()).settings()
    return DrawJPEG(view, settings, state.colouring, state.automatic, state.antialias)


class PreviewHandler(RequestHandler):
    """The picture of the link in its own query, 1200 x 630 as a JPEG file.

    503 while there are too many to be made, or where this one takes too long. 404 where the page
    itself wants a password.
    """

    async def get(self) -> None:
        """Answer."""
        server: Any = self.application  # Bokeh's
        if not isinstance(server.auth_provider, NullAuth):
            raise HTTPError(404)
        state, _ = decode(query_of(self.request.uri or ""))
        picture = await _previews().picture(state)
        if picture is None:
            self.set_status(503)
            self.set_header("Retry-After", str(RETRY_SECONDS))
            self.finish("There is no preview of this place just now.\n")
            return
        self.set_header("Content-Type", "image/jpeg")
        self.set_header("Cache-Control", f"public, max-age={DAY}")
        self.finish(picture)

    head = get


_made: list[Previews] = []


def _previews() -> Previews:
    if not _made:
        _made.append(Previews(server_settings.current().new_pages_per_second))
    return _made[0]
