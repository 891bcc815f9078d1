"""Words between the picture's scripts in the browser and the server, beside views and pictures.

Each is one flat object with a kind. What comes from a browser can be anything: a handler checks
what it is given, and raises ValueError, TypeError or KeyError for what it does not understand.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Mapping
from typing import Any

from bokeh.models import ColumnDataSource

_log = logging.getLogger(__name__)

Handler = Callable[[Mapping[str, Any]], None]


class Calls:
    """What a page's browser may call, and how it is told something.

    on_sent : called after something was put on its way.
    """

    def __init__(self, on_sent: Callable[[], None]) -> None:
        self._on_sent = on_sent
        self._handlers: dict[str, Handler] = {}
        self._answers: list[ColumnDataSource] = []
        self._numbers = itertools.count(1)

    def on(self, kind: str, handler: Handler) -> None:
        """Have the handler called, in the document's thread, with what the browser sends so."""
        self._handlers[kind] = handler

    def send(self, kind: str, **values: Any) -> None:
        """Send values to `calls.on(kind, ...)` in the browser: numbers, strings, lists, arrays."""
        for answers in self._answers:
            row = {"kind": kind, "number": next(self._numbers), **values}
            answers.data = {key: [value] for key, value in row.items()}
        self._on_sent()

    def sources(self) -> tuple[ColumnDataSource, ColumnDataSource]:
        """The two sources of one more figure: what it sends, and what it is told."""
        asked = ColumnDataSource({"kind": [""]}, name="asked")
        answers = ColumnDataSource({"kind": [""]}, name="answers")
        asked.on_change("data", lambda attr, old, new: self._on_message(new))
        self._answers.append(answers)
        return asked, answers

    def forget(self, answers: ColumnDataSource) -> None:
        """Tell a figure's second source nothing any more."""
        self._answers.remove(answers)

    def _on_message(self, data: dict[str, list[Any]]) -> None:
        try:
            row = {key: values[0] for key, values in data.items()}
            handler = self._handlers[row["kind"]]
            handler(row)
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
            _log.warning("What a page sent was not understood: %r", error)
