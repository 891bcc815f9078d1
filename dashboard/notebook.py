"""What a notebook needs: Panel's scripts in the page, and changes to it one thread at a time."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import panel as pn
from panel.io import notebook as panel_notebook
from panel.reactive import Syncable
from pyviz_comms import Comm

RETRY_SECONDS, MOST_RETRIES = 0.1, 600

# Held while models are changed, or what has changed is made a message and sent. Panel knows of one
# thread; here are the cells' own, the one that hears the page, and the worker's. Unless they take
# turns, a change made while another thread empties the list of changes is lost, and parts of two
# messages mix.
changing = threading.RLock()

_push = panel_notebook.push
_retrying: set[Any] = set()  # the documents whose changes wait for the page to listen


def _in_turn(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def in_turn(*args: Any, **kwargs: Any) -> Any:
        with changing:
            return function(*args, **kwargs)

    return in_turn


@_in_turn
def _push_once_heard(
    doc: Any, comm: Any, binary: bool = True, msg: Any = None, retries: int = MOST_RETRIES
) -> None:
    """Send what has changed, once the page listens.

    Until then it stays with the document; Panel would drop it in any thread but the first.
    """
    if msg is not None or comm._comm:
        _push(doc, comm, binary, msg)
    elif doc not in _retrying and retries:
        _retrying.add(doc)
        again = threading.Timer(RETRY_SECONDS, partial(_push_again, doc, comm, binary, retries - 1))
        again.daemon = True
        again.start()


@_in_turn
def _push_again(doc: Any, comm: Any, binary: bool, retries: int) -> None:
    _retrying.discard(doc)
    _push_once_heard(doc, comm, binary, None, retries)


def prepare() -> None:
    """Make the notebook ready to show an explorer, without anything fetched from elsewhere."""
    if panel_notebook.push is _push:
        Syncable._apply_update = _in_turn(Syncable._apply_update)
        Comm._handle_msg = _in_turn(Comm._handle_msg)
        for module in list(sys.modules.values()):  # Panel's modules import it by its name
            if getattr(module, "push", None) is _push:
                module.push = _push_once_heard  # type: ignore[attr-defined]
    # Without Panel's scripts in the page nothing would show.
    if not (pn.extension._loaded and pn.config.inline):
        pn.extension(inline=True)
