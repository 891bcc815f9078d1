"""The page around the explorer: title, sidebar, picture, and the link in the address bar."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Any

import panel as pn
from panel_material_ui import Page

from dashboard.explorer import Explorer
from dashboard.link import decode, encode


def page() -> Any:
    """A page for one visitor, at the view of the link it was opened with."""
    pn.extension()
    # Panel makes ints of a link's digits before we see them, and fails at Python's limit of 4300;
    # the server takes no more than 64 KiB of link, whose conversion takes milliseconds.
    sys.set_int_max_str_digits(100_000)
    location = pn.state.location
    state, notices = decode(location.search if location else "")
    explorer = Explorer(notices=notices, **asdict(state))
    if location:
        explorer.keep_address(encode)
    pn.state.on_session_destroyed(lambda context: explorer.close())
    return Page(
        title="Mandelbrot explorer",
        sidebar=[explorer.controls()],
        sidebar_width=380,
        main=[explorer.main()],
    )
