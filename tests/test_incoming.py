"""What a page may ask of its document, and that nothing it sends leaves a document broken."""

from __future__ import annotations

from typing import Any

import panel as pn
import pytest
from bokeh.document import Document
from bokeh.document.events import ColumnDataChangedEvent, DocumentPatchedEvent, ModelChangedEvent
from bokeh.models import ColumnDataSource
from bokeh.server import server as bokeh_server
from bokeh.server.session import ServerSession

from dashboard.server.incoming import (
    KINDS,
    LARGEST_MESSAGE,
    limit_messages,
    restrict_patches,
)

NO_MODELS: tuple[dict[str, Any], ...] = (
    {"type": "map"},
    {"type": "slice", "start": 0, "stop": 1, "step": None},
    {"type": "number", "value": "nan"},
    {"type": "object", "name": "Div", "id": "d1"},
)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> tuple[Document, pn.Column]:
    """A page's document, and what its code changes."""
    monkeypatch.setattr(DocumentPatchedEvent, "_handlers", dict(DocumentPatchedEvent._handlers))
    monkeypatch.setattr(ServerSession, "push", ServerSession.push)
    for kind in (ModelChangedEvent, ColumnDataChangedEvent):
        monkeypatch.setattr(kind, "_handle_event", staticmethod(kind._handle_event))
    restrict_patches()
    place = pn.Column(pn.widgets.TextInput(label="here"))
    doc = Document()
    place.server_doc(doc)
    return doc, place


@pytest.mark.parametrize("model", NO_MODELS)
@pytest.mark.parametrize(
    "write",
    [
        lambda event: event,
        lambda event: {"type": "map", "entries": [list(pair) for pair in event.items()]},
    ],
    ids=["plainly", "as a map"],
)
@pytest.mark.parametrize("kind", ["RootAdded", "RootRemoved"])
def test_no_message_changes_which_roots_there_are(served, kind, write, model) -> None:
    doc, place = served
    before = list(doc.roots)
    with pytest.raises(Exception, match="unknown patch event"):
        doc.apply_json_patch({"events": [write({"kind": kind, "model": model})]})
    assert doc.roots == before
    # What failed from then on: whatever the page's own code changes.
    place.append(pn.widgets.StaticText(value="more"))
    assert len(before[0].children) == 2


def test_the_title_stays(served) -> None:
    doc, _ = served
    with pytest.raises(RuntimeError, match="unknown patch event"):
        doc.apply_json_patch({"events": [{"kind": "TitleChanged", "title": "mine"}]})
    assert doc.title != "mine"


def changes(model: Any, attr: object, new: Any) -> dict[str, Any]:
    return {"kind": "ModelChanged", "model": {"id": model.id}, "attr": attr, "new": new}


def test_what_is_listened_to_is_taken_and_all_else_is_dropped(served) -> None:
    doc, place = served
    (field,) = doc.roots[0].children
    source = ColumnDataSource({"x": [1, 2]}, name="source")
    doc.add_root(source)
    sent = [
        changes(field, "value", "now"),
        changes(field, "tags", ["x" * 1000]),
        changes(field, "no such property", 1),
        changes(field, 5, 1),
        changes(source, "data", {"type": "map", "entries": [["x", [3]]]}),
        changes(source.selected, "indices", [1]),
    ]
    doc.apply_json_patch({"events": sent})
    assert place[0].value == "now"
    assert field.tags == []
    assert source.data == {"x": [1, 2]}
    assert source.selected.indices == [1], "it is read without being listened to"


def test_nothing_is_added_to_what_is_there(served) -> None:
    doc, _ = served
    source = ColumnDataSource({"x": [1]})
    source.on_change("data", lambda attr, old, new: None)
    doc.add_root(source)
    event = {"kind": "ColumnsStreamed", "model": {"id": source.id}, "attr": "data"}
    with pytest.raises(RuntimeError, match="unknown patch event"):
        doc.apply_json_patch({"events": [{**event, "data": {"x": [2]}, "rollover": None}]})
    assert source.data == {"x": [1]}


def test_bokeh_knows_no_kind_of_patch_that_nobody_has_looked_at() -> None:
    refused = {"RootAdded", "RootRemoved", "TitleChanged", "ColumnsStreamed", "ColumnsPatched"}
    assert set(DocumentPatchedEvent._handlers) | refused == KINDS | refused


@pytest.mark.parametrize(("given", "limit"), [(20 * 2**20, LARGEST_MESSAGE), (5000, 5000)])
def test_messages_have_a_limit_unless_the_operator_sets_one(monkeypatch, given, limit) -> None:
    made: dict[str, Any] = {}
    monkeypatch.setattr(bokeh_server, "BokehTornado", lambda **options: made.update(options))
    limit_messages()
    bokeh_server.BokehTornado(websocket_max_message_size_bytes=given)
    assert made == {"websocket_max_message_size_bytes": limit}
