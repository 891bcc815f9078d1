"""Panel in a notebook, made to find the model a page's message is about without a search.

Panel 1.9 looks in `patch_cds_msg` for each changed ColumnDataSource through all models of the
output: 10 ms for an explorer, several times with each notch of the wheel, while nothing else of the
kernel runs. The document knows its models by their numbers.

Upstream would have to ask the document as well; then this module can go.
"""

from __future__ import annotations

from typing import Any

from bokeh.models import ColumnDataSource
from panel import viewable

from dashboard.panel_patches.patch import Patch


def patches() -> list[Patch]:
    """What is to be replaced."""
    return [Patch(viewable, "patch_cds_msg", lambda search: patch_data)]


def patch_data(root: Any, message: dict[str, Any]) -> None:
    """Make lists of a data source's columns that came as objects with the indices as keys.

    root : a model of the document that the message is about.
    message : as `patch_cds_msg` has it; changed in place.
    """
    for event in message.get("content", {}).get("events", []):
        if event.get("kind") != "ModelChanged" or event.get("attr") != "data":
            continue
        if not isinstance(root.document.get_model_by_id(event["model"]["id"]), ColumnDataSource):
            continue
        columns = event.get("new", {})
        for name, values in columns.items():
            if isinstance(values, dict):
                columns[name] = [value for _, value in sorted(values.items())]
