"""Panel in a notebook, made to stand changes from several threads; served pages do without this.

Panel 1.9 takes it that one thread changes a notebook's models. Here there are the cells' own, the
one that receives from the page, and the worker's. Three things go wrong; four patches mend them:

- `panel.io.notebook.push` empties the document's list of changes without a lock: a change made
  meanwhile is lost, and what later refers to it fails with "reference isn't known". `push`,
  `Syncable._apply_update` and `Comm._handle_msg` take turns instead.
- `push` drops what is to be sent before the page listens, in any thread but the first. Here it
  stays with the document and is sent once the page listens.
- `MimeRenderMixin._on_msg` drops what waits to be sent when a message arrives, and what is changed
  in answer to it: what one of two explorers in an output tells the other. Here it is sent.

Upstream would have to hold a lock per document in these places, and to keep what cannot be sent
yet; then this module can go.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import panel as pn
from panel.io import notebook as panel_notebook
from panel.reactive import Syncable
from panel.viewable import MimeRenderMixin
from pyviz_comms import Comm

from dashboard.panel_patches.lock import changing
from dashboard.panel_patches.patch import Patch

RETRY_SECONDS, MOST_RETRIES = 0.1, 600

_push = getattr(panel_notebook, "push", None)
_retrying: set[Any] = set()  # the documents whose changes wait for the page to listen


def patches() -> list[Patch]:
    """What is to be replaced."""
    return [
        Patch(Syncable, "_apply_update", _in_turn),
        Patch(Comm, "_handle_msg", _in_turn),
        Patch(MimeRenderMixin, "_on_msg", lambda on_msg: _in_turn(_keeping_changes(on_msg))),
        *(Patch(module, "push", lambda push: _push_once_acknowledged) for module in _importers()),
    ]


def _importers() -> list[Any]:
    """The modules of Panel's that have `push`, which most import by its name."""
    if _push is None:
        return [panel_notebook]
    return [one for one in list(sys.modules.values()) if getattr(one, "push", None) is _push]


def _in_turn(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def in_turn(*args: Any, **kwargs: Any) -> Any:
        with changing:
            return function(*args, **kwargs)

    return in_turn


def _keeping_changes(on_msg: Callable[..., None]) -> Callable[..., None]:
    """Panel lifts its hold on the document at the end, and only then are callbacks called."""

    @wraps(on_msg)
    def keeping(self: Any, ref: str, manager: Any, msg: Any) -> None:
        _, _, doc, comm = pn.state._views[ref]
        changes: list[Any] = []

        def on_change(event: Any) -> None:
            if comm is None or event.setter != comm.id:  # else it came from the page
                event.callback_invoker = None  # it has been called
                changes.append(event)

        doc.on_change(on_change)
        try:
            on_msg(self, ref, manager, msg)
        finally:
            doc.remove_on_change(on_change)
            if comm is not None:
                doc.callbacks._held_events.extend(changes)
                panel_notebook.push(doc, comm)

    return keeping


@_in_turn
def _push_once_acknowledged(
    doc: Any, comm: Any, binary: bool = True, msg: Any = None, retries: int = MOST_RETRIES
) -> None:
    """Send what has changed, once the page listens."""
    if msg is not None or comm._comm:
        assert _push is not None
        _push(doc, comm, binary, msg)
    elif doc not in _retrying and retries:
        _retrying.add(doc)
        again = threading.Timer(RETRY_SECONDS, partial(_push_again, doc, comm, binary, retries - 1))
        again.daemon = True
        again.start()


@_in_turn
def _push_again(doc: Any, comm: Any, binary: bool, retries: int) -> None:
    _retrying.discard(doc)
    _push_once_acknowledged(doc, comm, binary, None, retries)
