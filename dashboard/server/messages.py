"""What a page may ask of its document: to change the models that are there, and no more.

Bokeh takes from a page whatever a server may send to one: a whole new document, further roots, a
new title. It puts a root into the document before it looks whether it is a model. From one that is
none everything else in this session fails, also what the page's own code does later on.
Upstream `Document.add_root` would have to look first.
"""

from __future__ import annotations

from typing import Any

from bokeh.document.events import DocumentPatchedEvent
from bokeh.protocol.exceptions import ProtocolError
from bokeh.server.session import ServerSession

# What BokehJS sends of models, and of events on the page.
KINDS = frozenset(
    {"ModelChanged", "ColumnDataChanged", "ColumnsStreamed", "ColumnsPatched", "MessageSent"}
)


def take_only_changes_of_models() -> None:
    """See that from now on this server takes no other patches, and no new documents.

    In Bokeh's own table: a patch can be written in many ways that all come to the same.
    """
    for kind in DocumentPatchedEvent._handlers.keys() - KINDS:
        del DocumentPatchedEvent._handlers[kind]

    def refuse(cls: Any, message: Any, connection: Any) -> Any:
        raise ProtocolError("a new document is not for a server")

    ServerSession.push = classmethod(refuse)
