"""An explorer in a notebook's cell, or in any layout: the picture, and beneath it the rest."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import panel as pn
from bokeh.models import UIElement
from panel.io.notebook import patch_inline_stylesheets

_HERE = Path(__file__).parent


class Cell(pn.Column):
    """The picture by the cell's width, what is said of one in the making, and the controls.

    main : the picture, alone or with the lab. status : lies over it.
    controls : a column of groups, folded to begin with; None for none.
    """

    def __init__(self, main: Any, status: pn.Column, controls: pn.Column | None) -> None:
        parts = [pn.Column(main, status, css_classes=["stage"])]
        if controls is not None:
            for card in controls.select(pn.Card):
                card.collapsed = True
            controls.css_classes = ["controls"]
            parts.append(controls)
        for part in (*parts, status):
            part.stylesheets = [_style()]
        super().__init__(*parts, css_classes=["explorer"], stylesheets=[_style()])

    def _compute_sizing_mode(self, children: Any, props: Any) -> dict[str, Any]:
        """As wide as there is room for, and as high as it is.

        Panel would take the picture's mode, so that a row or column around it had its height to
        share out, and a least width for each.
        """
        return {"sizing_mode": "stretch_width"}

    def get_root(self, doc: Any = None, comm: Any = None, preprocess: bool = True) -> Any:
        """The Bokeh model; where nobody serves Panel's style sheets it has them within."""
        root = super().get_root(doc, comm, preprocess)
        if pn.state.curdoc is None:
            for model in root.select({"type": UIElement}):
                patch_inline_stylesheets(model)
        return root


@cache
def parts_style() -> str:
    """What each widget and figure of an explorer in a cell is to adopt."""
    return "\n".join((_HERE / name).read_text() for name in ("shell/shadow.css", "cell_parts.css"))


@cache
def _style() -> str:
    return (_HERE / "cell.css").read_text()
