"""The widgets beside the picture, in groups: where one looks, how it is computed, how coloured."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import panel as pn

from dashboard.controls.coloured import coloured
from dashboard.controls.computed import computed
from dashboard.controls.where import where
from dashboard.params import Params

__all__ = ["controls"]


def controls(params: Params, notify: Callable[[str], None], beneath: Iterable[Any]) -> pn.Column:
    """A column of widgets that follow the params and set them.

    notify : called with a sentence about a value that cannot be taken.
    beneath : what else belongs into the column.
    """
    groups = (group(params, notify) for group in (where, computed, coloured))
    return pn.Column(*groups, *beneath, sizing_mode="stretch_width")
