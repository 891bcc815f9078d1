"""Bokeh's messages in a notebook: one of Jupyter's each, for a page that takes them."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import panel as pn
import pytest
from bokeh.document import Document
from bokeh.models import ColumnDataSource
from bokeh.protocol import Protocol
from bokeh.protocol.receiver import Receiver
from panel.io.model import diff
from panel.viewable import MimeRenderMixin

from dashboard import notebook
from dashboard.panel_patches import messages
from dashboard.panel_patches.messages import WHOLE, send_whole


class Opened:
    """Jupyter's comm."""


class Comm:
    """Panel's, which keeps what is sent."""

    def __init__(self) -> None:
        self._comm = Opened()
        self.sent: list[tuple[Any, list[bytes]]] = []

    def send(self, data: Any = None, buffers: tuple[bytes, ...] = ()) -> None:
        self.sent.append((data, list(buffers)))


def message() -> Any:
    """A change with two arrays, as Panel would send it."""
    doc, source = Document(), ColumnDataSource({})
    doc.add_root(source)
    doc.hold()
    source.data = {"a": np.arange(5, dtype=np.uint8), "b": np.arange(5, 10, dtype=np.uint8)}
    return diff(doc)


async def assembled(fragments: list[str | bytes]) -> Any:
    """What Bokeh makes of the fragments of a message."""
    receiver = Receiver(Protocol())
    whole = None
    for fragment in fragments:
        whole = await receiver.consume(fragment)
    return whole


def test_a_page_that_has_said_nothing_gets_it_in_pieces() -> None:
    comm = Comm()
    send_whole(comm, message())
    assert len(comm.sent) == 7


def test_a_page_that_takes_whole_messages_gets_one(monkeypatch: pytest.MonkeyPatch) -> None:
    comm, sent = Comm(), message()
    monkeypatch.setitem(pn.state._views, "ref", (None, None, None, comm))
    heard: list[Any] = []
    on_msg = messages._noticing(lambda self, ref, manager, msg: heard.append(msg))
    on_msg(MimeRenderMixin(), "ref", None, {"header": {}, WHOLE: True})
    assert len(heard) == 1
    send_whole(comm, sent)
    [(data, buffers)] = comm.sent
    header, metadata, content, *refs = data[WHOLE]
    fragments = [header, metadata, content]
    for ref, buffer in zip(refs, buffers, strict=True):
        fragments += [ref, buffer]
    got = asyncio.run(assembled(fragments))
    assert got.header == sent.header
    assert [buffer.data for buffer in got.buffers] == [*map(bytes, (range(5), range(5, 10)))]

    comm._comm = Opened()  # another page opens the same output
    send_whole(comm, message())
    assert len(comm.sent) == 8


def test_what_changed_goes_to_every_output_it_is_part_of(monkeypatch: pytest.MonkeyPatch) -> None:
    pushed: list[str] = []
    monkeypatch.setattr(notebook, "push_on_root", pushed.append)
    shown, other = ColumnDataSource({}), ColumnDataSource({})
    for ref, source in (("shown", shown), ("other", other)):
        doc = Document()
        doc.add_root(source)
        monkeypatch.setitem(pn.state._views, ref, (None, source, doc, None))
    notebook.push_models(shown)
    assert pushed == ["shown"]
