"""The whole set, coarse: beneath the picture where nothing else is known, and the page's map."""

from __future__ import annotations

from collections.abc import Callable

from dashboard.compute import workers
from dashboard.compute.pending import Pending
from dashboard.state import home
from dashboard.view.host import PictureHost
from mandel_core import Settings, StageFailure, Viewport
from mandel_core.worker.tasks import Draw, Picture

WIDTH, PIXELS = 8, 480


class Whole:
    """One session's picture of the whole set, drawn anew where its formula or colours change.

    draw : makes the request for a picture in the colours of now.
    on_drawn : called with it in the document.
    """

    def __init__(
        self,
        host: PictureHost,
        draw: Callable[[Viewport, Settings], Draw],
        on_drawn: Callable[[Picture], None],
    ) -> None:
        self._host, self._draw, self._on_drawn = host, draw, on_drawn
        self._asked: Draw | None = None
        self._pending: Pending[Picture | StageFailure] = Pending(host.in_document)

    def forget(self) -> None:
        """The browser has given up the one it had."""
        self._asked = None
        self._pending.cancel()

    def ask(self, settings: Settings) -> None:
        """Ask for that of these settings' formula, unless it was the last one asked for."""
        known = home(settings.formula)
        view = Viewport.from_screen(known.x, known.y, WIDTH, PIXELS, PIXELS)
        of_formula = Settings("fast", formula=settings.formula, formula_c=settings.formula_c)
        task = self._draw(view, of_formula)
        if task == self._asked:
            return
        self._asked = task
        session = f"{self._host.session}/whole"
        self._pending.submit(
            lambda _: workers.draw(task, session=session, expected=0.05), self._on_result
        )

    def _on_result(self, outcome: Picture | StageFailure) -> None:
        if isinstance(outcome, Picture):
            self._on_drawn(outcome)
