"""Two panes of code beside each other, the second with a choice of listings, search and copy."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import param
from panel.custom import JSComponent

_HERE = Path(__file__).parent


class CodeBrowser(JSComponent):
    """A step's source and the code that was made of it; needs nothing but what it brings.

    What it is given as HTML is shown as such: it has to be escaped.
    """

    title = param.String(doc="What the source is, as text.")
    source = param.List(item_type=str, doc="The source's lines, as HTML.")
    notes = param.List(
        item_type=dict, doc="Remarks on lines of the source: line (from 1), kind and text."
    )
    names = param.List(item_type=str, doc="What there is to choose from, as text.")
    selected = param.Integer(default=0, doc="Which of them is shown; the page sets it.")
    code = param.List(item_type=str, doc="The lines of that listing, as HTML.")
    start = param.Integer(default=1, doc="The line of it to be seen first; set before `code`.")
    busy = param.Boolean(default=False, doc="Whether a listing is on its way.")
    empty = param.String(doc="What is said in place of a listing while there is none, as text.")

    _esm = _HERE / "code_browser.js"
    _stylesheets: ClassVar[list[str]] = [(_HERE / "code_browser.css").read_text()]
