"""What a page in a notebook says of data, read as Panel reads it and without its search."""

from __future__ import annotations

import copy
from typing import Any

from bokeh.document import Document
from bokeh.models import ColumnDataSource, Div
from bokeh.models.layouts import Column
from panel.io.model import patch_cds_msg

from dashboard.panel_lookup import patch_data


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
