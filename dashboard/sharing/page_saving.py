"""A place as a file, wished for by the page's own button."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import numpy as np

from dashboard.compute import workers
from dashboard.compute.pending import Pending
from dashboard.sharing.place_file import ADDRESS, content
from dashboard.subject import Subject
from dashboard.view.browser_calls import Calls
from dashboard.view.saving import file_name
from mandel_core import Cancelled, StageFailure
from mandel_core.worker.tasks import TaskOfStage

T = TypeVar("T")

# The size of the finest picture, the seconds after which no finer one is begun, and those to wait
# for one picture while others have their turn.
MOST_PIXELS = 4_000_000
MOST_SECONDS = 30.0
PATIENCE_SECONDS = 90.0
_MAX_ADDRESS = 512

# Each waits for the workers, not for the processor. Visitors wait for a place here.
_writers = ThreadPoolExecutor(4, thread_name_prefix="place-file")


class PlaceHost(Protocol):
    """Whose place it is."""

    session: str
    in_document: Callable[..., None]

    def subject(self) -> Subject:
        """The view at rest and how it is computed."""


class PageSaving:
    """Answers the browser's wish for a page that needs no server; one at a time."""

    def __init__(self, host: PlaceHost, calls: Calls) -> None:
        self._host, self._calls = host, calls
        self._stopped = threading.Event()
        self._pending: Pending[bytes] = Pending(host.in_document)
        calls.on("save page", self._on_message)

    def close(self) -> None:
        """Give up what is under way."""
        self._stopped.set()
        self._pending.cancel()

    def _on_message(self, values: Mapping[str, Any]) -> None:
        page = values["page"]
        if not isinstance(page, str) or len(page) > _MAX_ADDRESS:
            raise ValueError("no address of a page")
        if page and urlsplit(page).scheme not in {"http", "https"}:
            raise ValueError("no address of a page")
        if self._pending.busy:
            return
        subject = self._host.subject()
        limits = MOST_PIXELS, MOST_SECONDS
        address = page or ADDRESS
        name = file_name(subject.state).removesuffix(".png") + ".html"
        self._pending.submit(
            lambda _: _writers.submit(content, ".html", subject, self._do, address, *limits),
            on_result=lambda data: self._calls.send(
                "saved page", name=name, data=np.frombuffer(data, np.uint8)
            ),
            on_error=self._on_error,
        )

    def _do(self, task: TaskOfStage[T], /) -> T:
        """In a thread of its own: wait for the workers."""
        if self._stopped.is_set():
            raise Cancelled
        future = workers.draw_file(task, session=f"{self._host.session}/save")
        try:
            outcome = future.result(PATIENCE_SECONDS)
        except TimeoutError:
            future.cancel()
            raise
        if isinstance(outcome, StageFailure):
            raise outcome
        return outcome

    def _on_error(self, error: BaseException) -> None:
        reason = error.reason if isinstance(error, StageFailure) else str(error)
        words = f"The file could not be made. {reason if reason else 'Others go first just now.'}"
        self._calls.send("saved page", words=words)
