"""Where a page's models may be changed: in the event loop, and while the session is there.

Answers of the computing processes and timers arrive in threads of their own. In those, Bokeh's
current document may be another page's, since all threads share the list that it is kept on; and the
document may be destroyed at any moment, once its visitor has left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import panel as pn
from tornado.ioloop import IOLoop

from dashboard import notebook


class InDocument:
    """Calls back where the models of one page may be changed, from any thread.

    Made in the thread that makes the page. In a notebook, and wherever else nobody is served, it
    calls back at once. What is called back once the visitor has left is dropped.
    """

    def __init__(self) -> None:
        self._doc = pn.state.curdoc
        self._loop = IOLoop.current() if self._doc is not None else None

    @property
    def served(self) -> bool:
        """Whether a server has the page, and not a notebook."""
        return self._doc is not None

    def __call__(self, callback: Callable[..., None], *args: Any) -> None:
        """Call back."""
        if self._doc is None:
            with notebook.changing:
                callback(*args)
        elif self._loop is not None:
            self._loop.add_callback(self._next_tick, callback, args)

    def _next_tick(self, callback: Callable[..., None], args: tuple[Any, ...]) -> None:
        """In the event loop: wait for the document's lock."""
        if self._doc is not None and self._doc.session_context is not None:
            self._doc.add_next_tick_callback(lambda: callback(*args))


@contextmanager
def sent_in_order(pane: Any) -> Iterator[None]:
    """Change the Bokeh models in a pane here, where the pane may be new to the page.

    While another message is being written Panel keeps back what was changed through it, such as a
    pane put into a column. What is changed past Panel would overtake that and be lost: the page
    does not know the models yet. A notebook is sent the changes at the end.
    """
    with pn.io.unlocked(policy="collect"):
        yield
    notebook.push(pane)
