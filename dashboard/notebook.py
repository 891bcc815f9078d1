"""What a notebook needs: Panel's scripts in the page, and messages to it that arrive whole."""

from __future__ import annotations

import threading
from typing import Any

import panel as pn
from panel.io import notebook as panel_notebook

_sending = threading.Lock()
_send_parts = panel_notebook.send


def _send_whole(comm: Any, message: Any) -> None:
    """Panel sends a message in parts; those of two threads must not mix, or the page reads neither.

    A notebook has at least three: the cells' own, the one that hears the page, and the worker's.
    """
    with _sending:
        _send_parts(comm, message)


def prepare() -> None:
    """Make the notebook ready to show an explorer, without anything fetched from elsewhere."""
    panel_notebook.send = _send_whole
    # Without Panel's scripts in the page nothing would show.
    if not (pn.extension._loaded and pn.config.inline):
        pn.extension(inline=True)
