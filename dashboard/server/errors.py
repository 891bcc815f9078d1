"""What goes wrong on the server, in one sentence for the page and with everything in the log.

Bokeh sends a browser the traceback of whatever a message from it has led to, with the paths and the
lines of code in it, and puts an exception's words into the reason for which it closes a connection.
A page gets a sentence here, and a number; the log has the traceback beside the same number.
Upstream `bokeh.protocol.messages.error.error.create` would have to leave out the traceback unless
the server was started for development, and `WSHandler` to close with words of its own.
"""

from __future__ import annotations

import logging
import secrets
import weakref
from typing import Any

from bokeh.protocol.exceptions import ProtocolError
from bokeh.protocol.messages.error import Error, error
from bokeh.server.protocol_handler import ProtocolHandler
from bokeh.server.views.ws import WSHandler
from tornado.web import HTTPError, RequestHandler

from dashboard.server.leaving import has_left

_log = logging.getLogger(__name__)

# At most so many characters of what a visitor has sent are written to the log.
MOST_WORDS = 200
# Messages that fail before a connection is closed.
MOST_FAILED = 20


def sentence(number: str) -> str:
    """What a page is told."""
    return f"Something went wrong on the server, whose log has it under the number {number}."


def logged(what: str, error: BaseException | None = None) -> str:
    """Write to the log what happened, with its traceback; the sentence for the page."""
    number = secrets.token_hex(4)
    _log.error("[%s] %s", number, what, exc_info=error)
    return sentence(number)


def hide_tracebacks() -> None:
    """See that from now on no answer of this server has a traceback in it."""
    replaced: tuple[tuple[Any, str, Any], ...] = (
        (error, "create", classmethod(_create)),  # no traceback in the message
        (ProtocolHandler, "handle", _handle),
        (WSHandler, "_receive", _receive),
        (WSHandler, "_internal_error", _internal_error),
        (WSHandler, "_protocol_error", _protocol_error),
        (RequestHandler, "log_exception", _log_exception),
        (RequestHandler, "write_error", _write_error),
    )
    for kind, name, own in replaced:
        setattr(kind, name, own)


def _create(cls: Any, /, request_id: Any, text: str, **metadata: Any) -> Any:
    return cls(cls.create_header(request_id=request_id), metadata, Error(text=text, traceback=None))


async def _handle(self: Any, message: Any, connection: Any) -> Any:
    """As Bokeh's, which also writes the whole message to the log, pictures and all."""
    handler = self._handlers.get(message.msgtype)
    if handler is None:
        raise ProtocolError(f"{message.msgtype} is not for a server")
    if has_left(connection):
        return None
    try:
        return await handler(message, connection)
    except ProtocolError:  # the connection is closed, with these words in the log
        raise
    except Exception as reason:
        told = logged(f"A {message.msgtype} message failed", reason)
    # A page of ours sends none that fails; the log is not filled by one that sends nothing else.
    _failed[connection] = _failed.get(connection, 0) + 1
    if _failed[connection] >= MOST_FAILED:
        connection._socket.close(1008, f"{MOST_FAILED} messages could not be understood.")
        return None
    return connection.error(message, told)


_failed: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()


async def _receive(self: Any, fragment: Any) -> Any:
    """As Bokeh's, which takes what is no message, or comes too early, for an error of its own."""
    try:
        if self.receiver is None:
            raise ProtocolError("a message before the connection was open")
        return await self.receiver.consume(fragment)
    except Exception as reason:
        self._protocol_error(f"{type(reason).__name__}: {reason}")
        return None


def _internal_error(self: Any, message: str) -> None:
    self.close(1011, logged(f"A connection is closed: {message[:MOST_WORDS]!r}"))


def _protocol_error(self: Any, message: str) -> None:
    self.close(1002, logged(f"A connection is closed, for what came: {message[:MOST_WORDS]!r}"))


_log_plainly, _write_plainly = RequestHandler.log_exception, RequestHandler.write_error


def _log_exception(self: Any, kind: Any, value: BaseException | None, trace: Any) -> None:
    if isinstance(value, ProtocolError):  # a page that comes back after its time, for one
        _log.info("A connection is refused: %s", value)
    elif isinstance(value, HTTPError) or value is None:
        _log_plainly(self, kind, value, trace)
    else:
        self._mishap = logged(f"Uncaught exception {self._request_summary()}", value)


def _write_error(self: Any, status: int, **known: Any) -> None:
    told = getattr(self, "_mishap", "")
    if told and not self.settings.get("serve_traceback"):
        self.finish(f"<!doctype html><title>{status}</title><p>{told}</p>")
    else:
        _write_plainly(self, status, **known)
