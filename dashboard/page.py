"""The page around the explorer: title, sidebar, picture, and the link in the address bar."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import jinja2
import panel as pn
from bokeh.core.templates import FILE
from bokeh.models import CustomJS
from panel.io.resources import _env, get_dist_path
from panel.theme.base import Design

from dashboard.compute import workers
from dashboard.explorer import Explorer
from dashboard.lab import first_start
from dashboard.server.errors import logged
from dashboard.sharing.naming import EXPLORER
from dashboard.sharing.preview import Preview, preview
from dashboard.state import State
from dashboard.view.link import decode

_SHELL = Path(__file__).parent / "shell"
_SCRIPTS = ("drawer.js", "alone.js", "names.js", "waiting.js", "room.js")
_ICON = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>"
    "<rect width='32' height='32' rx='7' fill='#10243e'/><g fill='#f5a623'>"
    "<path d='M26 16c0-5-3.5-7.500-7-7.500S13 12 13 16s2.500 7.500 6 7.500 7-2.500 7-7.500z'/>"
    "<circle cx='9.500' cy='16' r='3.600'/><circle cx='4.800' cy='16' r='1.300'/></g></svg>"
)
# What of a link says where one looks.
_VIEW = frozenset({"x", "y", "width"})
# Bokeh serves these with every page; nothing here draws with WebGL.
_UNUSED = ("bokeh-gl",)


def page() -> None:
    """Make a page for one visitor, at the view of the link it was opened with."""
    try:
        _make()
    except Exception as error:
        told = logged("A page could not be made", error)
        if (doc := pn.state.curdoc) is not None:
            doc.clear()
            doc.template = FILE
        pn.widgets.StaticText(value=told).servable(title=EXPLORER, location=False)


def _make() -> None:
    # The plain design brings no style sheets: those of the page reach every widget by themselves.
    pn.extension(design=Design, apply_signatures=False)
    state, notices = decode(query(pn.state.session_args))
    given = asdict(state)
    if _VIEW.isdisjoint(pn.state.session_args):  # home then, which depends on the window's shape
        given = {name: value for name, value in given.items() if name not in _VIEW}
    explorer = Explorer(notices=notices, **given)
    explorer.keep_address()
    pn.state.on_session_destroyed(lambda context: explorer.close())
    first = first_start.words(workers.pool().first)
    parts = {"controls": explorer.controls(), "main": explorer.main(), "status": explorer.status()}
    _show(first, _preview(state), **parts)


def query(arguments: Mapping[str, Sequence[bytes]]) -> str:
    """The query of the address a page was opened with, as the server has taken it apart.

    Not by way of Panel's `Location`, which makes numbers of what looks like some: it fails at a
    Unicode digit, and at more digits than Python makes an int of.
    """
    return urlencode({key: values[0] for key, values in arguments.items() if values})


def _preview(state: State) -> Preview:
    """What the page says of itself to those who show its link elsewhere."""
    doc = pn.state.curdoc
    context = doc.session_context if doc is not None else None
    return preview(state, context.request if context is not None else None, pn.state.base_url)


def _show(first: str, seen: Preview, **parts: Any) -> None:
    """Put each part in its place of the page; `first` is said there until there is a picture.

    seen : the place, for those who have only the link.

    Not a template of Panel's: with each part it adds, it writes out all that it holds as text, and
    it goes through all models of the page several times.
    """
    doc = pn.state.curdoc
    if doc is None:
        return  # no page is being served: `python dashboard/main.py`
    doc.template = template()
    # Panel sets `dist_url` with the HTML, so not for a session that a websocket makes because the
    # page's own has expired; until it is set, style sheets come from a CDN.
    doc.template_variables.update(first=first, seen=seen, dist_url=get_dist_path())
    pn.config.browser_info = False  # not used here
    for event, lost in (("connection_lost", "true"), ("client_reconnected", "false")):
        doc.js_on_event(event, CustomJS(code=f"window.connectionLost({lost})"))
    for place, part in parts.items():
        number = len(doc.roots)
        part.servable(title=seen.title, location=False)
        doc.roots[number].name = place


@cache
def template() -> jinja2.Template:
    """The page's HTML, with its style sheets and scripts in it; compiled once for all visitors."""
    read = {path.name: path.read_text() for path in _SHELL.iterdir()}
    theme = read["theme.js"].replace("SHADOW_CSS", json.dumps(read["shadow.css"]))
    env = _env.overlay()
    env.filters = env.filters | {"lean": lean}
    made: jinja2.Template = env.from_string(
        read["page.html"],
        globals={
            "explorer": EXPLORER,
            "icon": quote(_ICON),
            "page_css": read["page.css"],
            "page_js": "\n".join(read[name] for name in _SCRIPTS),
            "theme_js": theme,
        },
    )
    return made


def lean(scripts: str) -> str:
    """The scripts' tags, without those of what nothing here needs."""
    unused = "|".join(_UNUSED)
    return re.sub(rf'<script[^>]*src="[^"]*({unused})[^"]*"></script>\s*', "", scripts)
