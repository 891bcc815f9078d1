"""Asking for frames: the newest request counts, a slow one is announced and can be cancelled."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import panel as pn

from dashboard import workers
from mandel_core import STAGES, StageFailure
from mandel_core.tasks import Draw, Picture

# A frame that takes longer than this is announced; shorter ones would only make the page flicker.
PATIENCE_SECONDS = 0.4

# How long a frame may hold up the next one during a gesture.
GESTURE_SECONDS = 0.3


class Asking:
    """At most one frame under way for a session, and the line that tells of it.

    make : the request for what is to be seen now, None while that is not known.
    take : called with each outcome that still counts, and with a function that tells whether
        nothing has been asked for since.
    """

    def __init__(
        self,
        session: str,
        make: Callable[[], Draw | None],
        take: Callable[[Picture | StageFailure, Callable[[], bool]], None],
        in_document: Callable[..., None],
    ) -> None:
        self._session, self._make, self._take = session, make, take
        self._in_document = in_document
        self._doc = pn.state.curdoc
        self._pending: Future[Picture | StageFailure] | None = None
        self._task: Draw | None = None
        self._since, self._phase = 0.0, "running"
        self._again = False
        self._busy = pn.widgets.StaticText(sizing_mode="stretch_width", css_classes=["busy"])
        self._button = pn.widgets.Button(
            label="Cancel picture", color="warning", visible=False, width=130
        )
        self.panel = pn.Row(self._busy, self._button, sizing_mode="stretch_width")

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Have the button call back."""
        self._button.on_click(lambda event: callback())

    def cancel(self) -> bool:
        """Give up what is under way; whether there was anything."""
        if self._pending is None or self._pending.done():
            return False
        self._pending.cancel()
        self._quiet()
        return True

    def ask(self) -> None:
        """Ask for what is to be seen now; whatever was asked before is dropped.

        A frame that was asked for just now may still come: dropping it at every tick of a gesture
        would leave the screen as it was until the gesture ends.
        """
        if self._pending is not None and not self._pending.done():
            age = time.monotonic() - self._since
            if age < GESTURE_SECONDS and self._doc is not None:
                if not self._again:
                    self._again = True
                    self._doc.add_timeout_callback(
                        self._ask_again, 1 + int(1000 * (GESTURE_SECONDS - age))
                    )
                return
        self._again = False
        task = self._make()
        if task is None:
            return
        self._since, self._phase = time.monotonic(), "running"
        self._task = task
        self._announce_later(task)
        self._pending = workers.draw(
            task,
            session=self._session,
            on_phase=lambda phase: self._in_document(self._hear, task, phase),
        )
        self._pending.add_done_callback(
            lambda future: None if future.cancelled() else self._in_document(self._end, future)
        )

    def _ask_again(self) -> None:
        if self._again:
            self._again = False
            self.ask()

    def _end(self, future: Future[Any]) -> None:
        if future is self._pending:
            self._quiet()
            self._ask_again()
            self._take(future.result(), lambda: future is self._pending)

    def _announce_later(self, task: Draw) -> None:
        asked_at = self._since

        def still_waiting() -> None:
            if self._since == asked_at:
                self._announce(task)

        if self._doc is not None:
            self._doc.add_timeout_callback(still_waiting, int(1000 * PATIENCE_SECONDS))

    def _hear(self, task: Draw, phase: str) -> None:
        if task is not self._task:
            return
        self._phase = phase
        if phase == "compiling" or self._button.visible:  # compiling takes seconds: say it at once
            self._announce(task)

    def _announce(self, task: Draw) -> None:
        if self._pending is None or self._pending.done():
            return
        title = STAGES[task.settings.stage].title
        doing = "Compiling" if self._phase == "compiling" else "Computing"
        self._busy.value = f"<progress style='width:100%'></progress><br>{doing} · {title}…"
        self._button.visible = True

    def _quiet(self) -> None:
        self._busy.value = ""
        self._button.visible = False
