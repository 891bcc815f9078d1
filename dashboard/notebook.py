"""What a notebook needs: Panel's scripts in the page, and changed models sent there."""

from __future__ import annotations

from typing import Any

import panel as pn

from dashboard.panel_threads import changing, patch_panel

__all__ = ["changing", "prepare", "push"]


def prepare() -> None:
    """Make the notebook ready to show an explorer, without anything fetched from elsewhere."""
    patch_panel()
    # Without Panel's scripts in the page nothing would show.
    if not (pn.extension._loaded and pn.config.inline):
        pn.extension(inline=True)


def push(pane: Any) -> None:
    """Send a pane's changed Bokeh models to the notebook that shows it; a server does so itself."""
    if pn.state.curdoc is None and pane._models:
        pn.io.push_notebook(pane)
