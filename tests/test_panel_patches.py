"""What is mended of Panel in a notebook, the versions it is done for, and how it is without."""

from __future__ import annotations

import copy
import logging
import threading
from collections.abc import Iterator
from typing import Any

import panel as pn
import pytest
from bokeh.document import Document
from bokeh.models import ColumnDataSource, Div
from bokeh.models.layouts import Column
from panel.io import notebook as panel_notebook
from panel.io.model import patch_cds_msg
from panel.viewable import MimeRenderMixin

from dashboard import notebook, panel_patches
from dashboard.panel_patches import lookup, messages, threads, versions
from dashboard.panel_patches.lock import changing
from dashboard.panel_patches.lookup import patch_data
from dashboard.panel_patches.patch import Patch

WAIT_SECONDS = 30


@pytest.fixture
def patches(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Patch]]:
    """All patches there are; what they replace is put back at the end."""
    found = [*threads.patches(), *lookup.patches(), *messages.patches()]
    for one in found:
        monkeypatch.setattr(one.owner, one.name, getattr(one.owner, one.name))
    panel_patches.apply.cache_clear()
    yield found
    panel_patches.apply.cache_clear()


def in_place(patches: list[Patch]) -> list[Any]:
    return [getattr(one.owner, one.name) for one in patches]


def test_these_versions_are_patched_once(
    patches: list[Patch], caplog: pytest.LogCaptureFixture
) -> None:
    before = in_place(patches)
    panel_patches.apply()
    patched = in_place(patches)
    assert all(old is not new for old, new in zip(before, patched, strict=True))
    panel_patches.apply()
    assert in_place(patches) == patched
    assert not caplog.records


@pytest.mark.parametrize(
    ("package", "version"),
    [("panel", "1.10.0"), ("panel", "2.0rc1"), ("bokeh", "3.10.1"), ("pyviz_comms", "4.0")],
)
def test_another_version_is_left_alone(
    patches: list[Patch],
    package: str,
    version: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    installed = versions._installed
    monkeypatch.setattr(
        versions, "_installed", lambda name: version if name == package else installed(name)
    )
    monkeypatch.setattr(pn, "extension", lambda **given: None)
    before = in_place(patches)
    notebook.prepare()
    notebook.prepare()
    assert in_place(patches) == before
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert f"{package} {version}" in record.getMessage()
    # What has no public name may be missing as well.
    monkeypatch.setattr(pn, "state", type("State", (), {"curdoc": None}))
    notebook.push_models(ColumnDataSource({}))
    notebook.push(object())
    told: list[str] = []
    monkeypatch.setitem(notebook._outputs, "cell", {"root": told.append})
    notebook.let_go("cell")
    assert told == ["root"]


def test_nothing_is_patched_where_something_is_missing(
    patches: list[Patch], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delattr(MimeRenderMixin, "_on_msg")
    there = [one for one in patches if not one.is_missing]
    before = in_place(there)
    panel_patches.apply()
    assert in_place(there) == before
    [record] = caplog.records
    assert "MimeRenderMixin._on_msg" in record.getMessage()


class Comm:
    """Panel's, which is opened later."""

    id = "comm"

    def __init__(self) -> None:
        self._comm: object | None = None


def test_changes_wait_until_the_page_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    arrived = threading.Event()

    def push(doc: Any, comm: Any, *_: Any) -> None:
        sent.append(doc)
        arrived.set()

    monkeypatch.setattr(threads, "_push", push)
    monkeypatch.setattr(threads, "RETRY_SECONDS", 0.001)
    doc, comm = Document(), Comm()
    threads._push_once_acknowledged(doc, comm)
    threads._push_once_acknowledged(doc, comm)
    assert not sent
    comm._comm = object()
    assert arrived.wait(WAIT_SECONDS)
    assert sent == [doc]  # both changes in one message


def test_what_is_changed_in_answer_to_a_message_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    doc, comm = Document(), Comm()
    asked, answer = Div(), Div()
    for model in (asked, answer):
        doc.add_root(model)
    asked.on_change("text", lambda attr, old, new: answer.update(text=f"{new}!"))
    monkeypatch.setitem(pn.state._views, "ref", (None, asked, doc, comm))
    sent: list[Any] = []

    def push(doc: Any, comm: Any) -> None:
        sent.extend((event.model, event.new) for event in doc.callbacks._held_events)
        doc.callbacks._held_events.clear()

    monkeypatch.setattr(panel_notebook, "push", push)

    class Message:
        """Of the page, as Panel's manager makes it."""

        @staticmethod
        def apply_to_document(doc: Any, setter: Any) -> None:
            asked.set_from_json("text", "yes", setter=setter)

    class Manager:
        @staticmethod
        def assemble(msg: Any) -> Any:
            return Message

    kept = threads._keeping_changes(MimeRenderMixin._on_msg)
    kept(MimeRenderMixin(), "ref", Manager, {})
    assert sent == [(answer, "yes!")]  # and not what the page itself has said


def test_threads_take_turns() -> None:
    free: list[bool] = []

    def work() -> None:
        other = threading.Thread(target=lambda: free.append(changing.acquire(blocking=False)))
        other.start()
        other.join()

    threads._in_turn(work)()
    assert free == [False]


def changed(model: str, attr: str, new: Any) -> dict[str, Any]:
    return {"kind": "ModelChanged", "model": {"id": model}, "attr": attr, "new": new}


def test_messages_become_what_panel_makes_of_them() -> None:
    source, words = ColumnDataSource(tags=["here"]), Div()
    words.tags = [source]
    root = Column(children=[words])
    document = Document()
    document.add_root(root)
    columns = {"x": {"1": 5, "0": 4}, "y": [1, 2]}
    events = [
        changed(source.id, "data", columns),
        changed(words.id, "data", columns),  # no data source
        changed(source.id, "selected", columns),
        changed("p0", "data", columns),  # which the document has not
        {"kind": "MessageSent"},
    ]
    ours = {"content": {"events": copy.deepcopy(events)}}
    panels = copy.deepcopy(ours)
    patch_data(root, ours)
    patch_cds_msg(root, panels)
    assert ours == panels
    assert ours["content"]["events"][0]["new"] == {"x": [4, 5], "y": [1, 2]}
    patch_data(root, {"content": {}})
