"""The page around the explorer: title, sidebar, picture, and the link in the address bar."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import panel as pn
from panel_material_ui import Page

from dashboard.explorer import Explorer
from dashboard.link import decode, encode
from dashboard.state import State


def page() -> Any:
    """A page for one visitor, at the view of the link it was opened with."""
    pn.extension()
    location = pn.state.location
    state, notices = decode(location.search if location else "")
    explorer = Explorer(notices=notices, **asdict(state))
    if location:

        def keep_link(settled: State) -> None:
            link = encode(settled)
            if location.search != link:
                location.search = link

        explorer.on_settled = keep_link
    pn.state.on_session_destroyed(lambda context: explorer.close())
    return Page(
        title="Mandelbrot explorer",
        sidebar=[explorer.controls()],
        sidebar_width=380,
        main=[explorer.picture()],
    )
