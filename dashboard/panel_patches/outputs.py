"""What Panel knows of a notebook's outputs, which has no public name.

Read on any version: where Panel does not have it, the answer is as if there were no outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import panel as pn


def scripts_are_loaded() -> bool:
    """Whether Panel has sent its scripts to a page of this kernel."""
    return bool(getattr(pn.extension, "_loaded", False))


def is_shown(pane: Any) -> bool:
    """Whether a pane has a Bokeh model in some output."""
    return bool(getattr(pane, "_models", {}))


def roots_of(documents: Iterable[Any]) -> list[str]:
    """The ids of the roots that were shown of these Bokeh documents."""
    wanted = list(documents)
    views = tuple(getattr(pn.state, "_views", {}).items())
    return [root for root, (_, _, document, _) in views if document in wanted]


def on_removal() -> tuple[Callable[[str], None], ...]:
    """What Panel calls with the id of a root whose output was removed."""
    return tuple(getattr(pn.extension, "_delete_actions", ()))
