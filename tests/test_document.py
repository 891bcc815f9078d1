"""A page's document is touched by the event loop alone, and no more once its visitor has left."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from bokeh.document import Document
from bokeh.io.doc import curdoc, patch_curdoc
from panel.io.state import set_curdoc

from dashboard.document import InDocument


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
