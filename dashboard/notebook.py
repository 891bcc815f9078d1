"""What a notebook needs: Panel's scripts, changed models sent to the page, old ones let go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import panel as pn
from panel.io.notebook import load_notebook, push_on_root

from dashboard import panel_patches
from dashboard.panel_patches import changing, outputs

__all__ = ["changing", "prepare", "push", "push_models", "shown"]

# Session ids of pages that have Panel's scripts.
_pages: set[str] = set()
# Live outputs by cell: root id → callback on removal.
_outputs: dict[str, dict[str, Callable[[str], None]]] = {}


def prepare() -> None:
    """Make the notebook ready to show an explorer, without anything fetched from elsewhere."""
    panel_patches.apply()
    _watch_cells()
    page = _message().get("header", {}).get("session", "")
    loaded = outputs.scripts_are_loaded() and pn.config.inline
    if not loaded:
        pn.extension(inline=True)
    elif _pages and page not in _pages:
        # The page was loaded again, or another one runs this cell: it has nothing of the first.
        load_notebook(inline=True)
    _pages.add(page)


def push(pane: Any) -> None:
    """Send a pane's changed Bokeh models to the notebook that shows it; a server does so itself."""
    if pn.state.curdoc is None and outputs.is_shown(pane):
        pn.io.push_notebook(pane)


def push_models(*models: Any) -> None:
    """Send what has changed in the outputs that these Bokeh models are part of."""
    if pn.state.curdoc is None:
        for root in outputs.roots_of({model.document for model in models}):
            push_on_root(root)


def shown(bundle: Any, on_gone: Callable[[str], None]) -> Any:
    """Have what is to be shown go with the output of the cell that runs; returns it.

    bundle : as Panel's `_repr_mimebundle_` returns it.
    on_gone : called with the number of its root once that output is no more.
    """
    cell = _message().get("metadata", {}).get("cellId")
    metadata = bundle[1] if isinstance(bundle, tuple) else {}
    for of_kind in metadata.values():
        if cell is not None and isinstance(of_kind, Mapping) and "id" in of_kind:
            _outputs.setdefault(cell, {})[of_kind["id"]] = on_gone
    return bundle


def let_go(*cells: str) -> None:
    """Give up what belongs to the outputs of these cells, which no longer exist."""
    for cell in cells:
        for root, on_gone in _outputs.pop(cell, {}).items():
            with changing:
                on_gone(root)
                for action in outputs.on_removal():
                    action(root)


def _watch_cells() -> None:
    """Learn of cells that run again or were deleted: JupyterLab says so with each that runs."""
    shell = _shell()
    if shell is not None and _on_cell not in shell.events.callbacks["pre_run_cell"]:
        shell.events.register("pre_run_cell", _on_cell)


def _on_cell(info: Any) -> None:
    metadata = _message().get("metadata", {})
    let_go(info.cell_id or metadata.get("cellId"), *metadata.get("deletedCells", ()))


def _message() -> Mapping[str, Any]:
    """The message by which the page had the cell run that is running; empty without a notebook."""
    shell = _shell()
    message: Mapping[str, Any] = getattr(shell, "parent_header", None) or {}
    return message


def _shell() -> Any:
    """IPython's, None where no notebook runs."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return None
    shell = get_ipython()
    return shell if hasattr(shell, "kernel") else None
