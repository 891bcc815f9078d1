"""The page's title follows the place that is seen."""

from __future__ import annotations

from dashboard.params import Params
from dashboard.sharing.naming import title
from dashboard.view.browser_calls import Calls


class Titling:
    """Tells the browser what a page is called whenever that changes."""

    def __init__(self, params: Params, calls: Calls) -> None:
        self._params, self._calls = params, calls
        self._said = title(params.state)  # by the page's own HTML
        params.param.watch(lambda *_: self._send_title(), ["x", "y", "width", "formula", "c"])

    def _send_title(self) -> None:
        text = title(self._params.state)
        if text != self._said:
            self._said = text
            self._calls.send("title", text=text)
