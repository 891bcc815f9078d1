"""Visitors who leave in the midst of something, which is nothing to write a traceback about.

Whoever closes a page while it loads, or while a picture is on its way, makes Bokeh stumble: it
opens a session's connection for a socket that is closed by then, and finds out by a ping half a
minute later; it tells a session of the end of a connection that this ping has taken away already;
it warns once for each message that had been on its way; and Tornado forgets the failure of a
message that it was about to write. And a page that comes back while the server is full is refused
in the log, and then by an exception that nobody catches. Upstream `WSHandler._async_open` would
have to look whether the socket is still open and not to raise what it has told, and `on_close`
to look whether there still is a session.
"""

from __future__ import annotations

import logging
from typing import Any

from bokeh.protocol.exceptions import ProtocolError
from bokeh.server.views.ws import WSHandler
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError

# By Bokeh's logger of this name, for each message; that a connection was closed has its own line.
_LOGGER, _LOST = "bokeh.server.views.ws", "Failed sending message as connection was closed"


def has_left(connection: Any) -> bool:
    """Whether the visitor at the other end of a Bokeh server's connection is gone."""
    return connection is None or connection._session is None


def tolerate_disconnects() -> None:
    """See that from now on visitors may leave at any time."""
    WSHandler.on_close = _on_close
    WSHandler._async_open = _async_open
    for name in (_LOGGER, "asyncio"):
        logging.getLogger(name).addFilter(is_news)


def is_news(record: logging.LogRecord) -> bool:
    """Whether a line of the log says more than that somebody has left."""
    # Tornado writes in a task of its own, whose failure asyncio tells when it is forgotten.
    failed = record.exc_info[1] if record.exc_info else None
    return record.msg != _LOST and not isinstance(failed, WebSocketClosedError | StreamClosedError)


_close, _open = WSHandler.on_close, WSHandler._async_open


def _on_close(self: Any) -> None:
    if self.connection is None or not has_left(self.connection):
        _close(self)


async def _async_open(self: Any, token: str) -> None:
    try:
        await _open(self, token)
    except ProtocolError:  # which Bokeh has written to the log, and closed the connection
        return
    if self.ws_connection is None:
        self.on_close()
