"""The picture's scripts and style sheets for the browser: one file per concern, joined to a module.

An overlay, anything that lies over the picture, is a file in `browser/` and its name here; the
contract is at the top of `browser/overlay.js`.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "browser"

_CORE = (
    "camera.js",
    "travel.js",
    "hand.js",
    "frames.js",
    "painting.js",
    "requests.js",
    "calls.js",
    "kernel.js",
    "messages.js",
    "walk.js",
    "bookmarks.js",
    "overlay.js",
)

# In the order of their buttons within a group, and of their keys in the list of keys.
OVERLAYS = (
    "ease.js",
    "moving.js",
    "whereabouts.js",
    "phone.js",
    "places.js",
    "minimap.js",
    "cursor.js",
    "readout.js",
    "julia.js",
    "orbit.js",
    "save.js",
    "screen.js",
    "help.js",
    "stale.js",
    "smoothing.js",
    "title.js",
    "gone.js",
    "cell.js",
)

STYLES = ("overlay.css", "places.css", "stale.css", "smoothing.css", "cursor.css", "phone.css")


@cache
def code() -> str:
    """The module that a figure runs in the browser."""
    styles = "\n".join(map(_read, STYLES))
    scripts = (*_CORE, *OVERLAYS, "picture.js")
    return "\n".join([f"const STYLES = {json.dumps(styles)};", *map(_read, scripts)])


def _read(name: str) -> str:
    return (_FOLDER / name).read_text()
