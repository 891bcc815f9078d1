"""A page's document is touched by the event loop alone, and no more once its visitor has left."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import panel as pn
import pytest
from bokeh.document import Document
from bokeh.io.doc import curdoc, patch_curdoc
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure
from bokeh.protocol import Protocol
from bokeh.server.connection import ServerConnection
from bokeh.server.session import ServerSession
from bokeh.server.views.ws import WSHandler
from panel.io.state import set_curdoc
from tornado.ioloop import IOLoop
from tornado.locks import Lock

from dashboard.document import InDocument, sent_in_order


class Session:
    """What a document that is served refers to."""


@pytest.fixture
def session() -> Session:
    return Session()


def page(doc: Document, session: Session | None) -> InDocument:
    """What a page made in this document has, in this event loop."""
    doc._session_context = lambda: session
    with set_curdoc(doc):
        return InDocument()


async def elsewhere(call: Callable[..., None], *args: Any) -> None:
    """Call from another thread, then let the event loop come to what that left it to do."""
    await asyncio.to_thread(call, *args)
    await asyncio.sleep(0)


def test_what_other_threads_say_reaches_the_document_in_the_event_loop(session: Session) -> None:
    async def run() -> None:
        doc = Document()
        touched: list[threading.Thread] = []
        doc.callbacks.on_change(lambda event: touched.append(threading.current_thread()))
        await elsewhere(page(doc, session), print, "never, as no server runs what was added")
        assert touched == [threading.current_thread()]
        assert len(doc.session_callbacks) == 1

    asyncio.run(run())


def test_another_page_is_not_taken_for_the_one_in_hand(session: Session) -> None:
    """Bokeh's list of documents in hand is one for all threads."""

    async def run() -> None:
        mine, other = Document(), Document()
        in_other = page(other, session)
        with patch_curdoc(mine):
            hold = threading.Event()
            other.callbacks.on_change(lambda event: hold.wait(10))
            thread = threading.Thread(target=in_other, args=(print,))
            thread.start()
            thread.join(0.5)
            assert curdoc() is mine
            hold.set()
            thread.join()

    asyncio.run(run())


def test_nothing_is_called_back_once_the_visitor_has_left(session: Session) -> None:
    async def run() -> None:
        doc = Document()
        in_document = page(doc, session)
        doc.callbacks.on_change_dispatch_to(session)
        doc.destroy(session)
        await elsewhere(in_document, print)

    failures: list[dict[str, Any]] = []

    async def watched() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: failures.append(told))
        await run()

    asyncio.run(watched())
    assert failures == []


def test_after_the_servers_end_nothing_happens(session: Session) -> None:
    async def made() -> InDocument:
        return page(Document(), session)

    asyncio.run(made())(print)


def test_where_nobody_is_served_it_is_called_at_once() -> None:
    called: list[int] = []
    in_document = InDocument()
    assert not in_document.served
    in_document(called.append, 1)
    assert called == [1]


class Socket(WSHandler):  # type: ignore[misc]  # Bokeh does not say what it is
    """What a page's socket is to Bokeh and Panel, but that nobody is at its other end."""

    def __init__(self) -> None:
        self.write_lock = Lock()
        self.ws_connection = self  # type: ignore[assignment]
        self.written: list[str] = []

    def is_closing(self) -> bool:
        return False

    async def send_message(self, message: Any) -> None:
        with await self.write_lock.acquire():
            self.written.append(message.content_json)

    async def write_message(self, message: Any, *_: Any, **__: Any) -> None:
        self.written.append(str(message))


def test_a_new_figures_changes_do_not_overtake_it() -> None:
    """While another message was being written a chart's first points were lost in the browser."""

    async def run() -> list[str]:
        doc, socket = Document(), Socket()
        source = ColumnDataSource({"x": [], "y": []})
        plot = figure()
        plot.scatter("x", "y", source=source)
        column, pane = pn.Column(), pn.pane.Bokeh(plot)
        doc.add_root(column.get_root(doc))
        session = ServerSession("any", doc, IOLoop.current())  # type: ignore[arg-type]
        context = type("Context", (), {"session": session, "request": None, "id": "any"})()
        doc._session_context = lambda: context
        ServerConnection(Protocol(), socket, context, session)
        pn.state._loaded[doc] = pn.state._connected[doc] = True
        pn.state._thread_id_[doc] = threading.get_ident()

        def change() -> None:
            column.append(pane)
            with sent_in_order(pane):
                source.data = {"x": [1], "y": [2]}

        with set_curdoc(doc):
            with await socket.write_lock.acquire():
                changing = asyncio.ensure_future(session.with_document_locked(change))
                await asyncio.sleep(0)
            await changing
        while not all(any(kind in text for text in socket.written) for kind in kinds):
            await asyncio.sleep(0.01)
        return [kind for text in socket.written for kind in kinds if kind in text]

    kinds = ("ModelChanged", "ColumnDataChanged")
    assert asyncio.run(asyncio.wait_for(run(), 10)) == list(kinds)
