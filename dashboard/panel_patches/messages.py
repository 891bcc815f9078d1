"""Panel in a notebook, made to send each of Bokeh's messages as one of Jupyter's.

Panel 1.9 sends header, metadata and content by themselves, and then for each array what it is and
its bytes: five messages a picture, seven with what lies around it. Each is signed here, handed on
by Jupyter's server, and taken apart and passed from hand to hand by the notebook. Jupyter's own
messages have room for all of it.

A page says with what it sends that it takes such messages (`view/browser/messages.js`), and only
then do they go to it. Any other way to show an explorer, `pn.ipywidget`, a saved notebook or a page
that has just been loaded again, gets them as Panel sends them. Both go through the same comm, so
that their order is kept.

Upstream, `send` and its `CommManager` in the browser would have to change together; then this
module can go.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable
from functools import wraps
from typing import Any

import panel as pn
from panel.io import notebook as panel_notebook
from panel.viewable import MimeRenderMixin

from dashboard.panel_patches.patch import Patch

# By this key a page says that it takes whole messages, and such a message has its texts.
WHOLE = "whole"

_send = getattr(panel_notebook, "send", None)
_taking: weakref.WeakSet[Any] = weakref.WeakSet()  # the opened comms whose page does


def patches() -> list[Patch]:
    """What is to be replaced."""
    return [
        Patch(panel_notebook, "send", lambda send: send_whole),
        Patch(MimeRenderMixin, "_on_msg", _noticing),
    ]


def send_whole(comm: Any, message: Any) -> None:
    """Send a message of Bokeh's as one, if the page takes it; else as Panel does.

    comm : Panel's, opened.
    """
    if comm._comm not in _taking:
        assert _send is not None
        _send(comm, message)
        return
    texts = [message.header_json, message.metadata_json, message.content_json]
    texts += [json.dumps(buffer.ref) for buffer in message.buffers]
    comm.send({WHOLE: texts}, buffers=[buffer.to_bytes() for buffer in message.buffers])


def _noticing(on_msg: Callable[..., None]) -> Callable[..., None]:
    @wraps(on_msg)
    def noticing(self: Any, ref: str, manager: Any, msg: Any) -> None:
        if msg.get(WHOLE) is True and ref in pn.state._views:
            comm = pn.state._views[ref][3]
            # The page that opens a comm anew has to say so again.
            if comm is not None and comm._comm:
                _taking.add(comm._comm)
        on_msg(self, ref, manager, msg)

    return noticing
