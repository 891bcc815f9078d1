"""What a page may ask of its document, and that nothing it sends leaves a document broken."""

from __future__ import annotations

from typing import Any

import panel as pn
import pytest
from bokeh.document import Document
from bokeh.document.events import DocumentPatchedEvent
from bokeh.server.session import ServerSession

from dashboard.server.messages import KINDS, take_only_changes_of_models

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
    take_only_changes_of_models()
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


def test_what_a_page_sends_of_its_models_is_taken(served) -> None:
    doc, place = served
    (field,) = doc.roots[0].children
    change = {"kind": "ModelChanged", "model": {"id": field.id}, "attr": "value", "new": "now"}
    doc.apply_json_patch({"events": [change]})
    assert place[0].value == "now"


def test_bokeh_knows_these_kinds_and_no_others_that_nobody_has_looked_at() -> None:
    known = set(DocumentPatchedEvent._handlers) | {"RootAdded", "RootRemoved", "TitleChanged"}
    assert known == {*KINDS, "RootAdded", "RootRemoved", "TitleChanged"}
