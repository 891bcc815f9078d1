"""What a page may do to its document: change what the server listens to, and nothing else.

Bokeh takes from a page whatever a server may send to one: a new document, further roots, any value
of any model. What is sent stays until the visitor leaves, so that a program can fill the server's
memory with what nobody ever looks at. And Bokeh puts a root into the document before it looks
whether it is a model: from one that is none everything else in this session fails, also what the
page's own code does later on.

Upstream would have to let an application say which properties its pages may change.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from bokeh.document.events import ColumnDataChangedEvent, DocumentPatchedEvent, ModelChangedEvent
from bokeh.protocol.exceptions import ProtocolError
from bokeh.server import server as bokeh_server
from bokeh.server.session import ServerSession
from bokeh.server.tornado import DEFAULT_WEBSOCKET_MAX_MESSAGE_SIZE_BYTES as USUAL_LARGEST

# What a page of ours sends. ColumnsStreamed and ColumnsPatched would add to what is there.
KINDS = frozenset({"ModelChanged", "ColumnDataChanged", "MessageSent"})
# By type and property: what is read here without listening to it.
READ = frozenset({("Selection", "indices")})
LARGEST_MESSAGE = 2**20  # bytes; a page's own have some hundreds


def restrict_patches() -> None:
    """See that from now on pages change only the properties that Python code listens to.

    In Bokeh's own table of patches: one can be written in many ways that all come to the same.
    """
    handlers = DocumentPatchedEvent._handlers
    for kind in handlers.keys() - KINDS:
        del handlers[kind]
    for event in (ModelChangedEvent, ColumnDataChangedEvent):
        event._handle_event = staticmethod(_if_heard(event._handle_event))

    def refuse(cls: Any, message: Any, connection: Any) -> Any:
        raise ProtocolError("a new document is not for a server")

    ServerSession.push = classmethod(refuse)


def _if_heard(change: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    @functools.wraps(change)
    def if_heard(doc: Any, event: Any) -> None:
        if is_heard(event.model, event.attr):
            change(doc, event)

    return if_heard


def is_heard(model: object, attr: object) -> bool:
    """Whether anything here would notice if this property of this model changed."""
    if not isinstance(attr, str):
        return False
    heard = bool(getattr(model, "_callbacks", {}).get(attr))
    return heard or (type(model).__name__, attr) in READ


def limit_messages() -> None:
    """Refuse longer messages than any page sends, unless the command line sets a limit.

    Must be called before the server is made.
    """
    make = bokeh_server.BokehTornado
    name = "websocket_max_message_size_bytes"

    @functools.wraps(make)
    def limited(*args: Any, **kwargs: Any) -> Any:
        if kwargs.get(name, USUAL_LARGEST) == USUAL_LARGEST:
            kwargs[name] = LARGEST_MESSAGE
        return make(*args, **kwargs)

    bokeh_server.BokehTornado = limited
