"""Smooth edges for a picture that stands still: asked for then, and shown if it still does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from dashboard.compute import workers
from dashboard.view.host import Host
from mandel_core import STAGES, StageFailure
from mandel_core.colour.encoding import Encoded
from mandel_core.rendering.antialiasing import SAMPLES
from mandel_core.worker.pool import PROMPT
from mandel_core.worker.tasks import Picture, Refine

# What all samples may take together, and how many pixels a picture of them may have.
MOST_SECONDS = 2.0
MOST_PIXELS = 4_200_000

# How long to wait, and how often, where others' pictures went before.
AGAIN_SECONDS, TRIES = 2.0, 3


class Refining:
    """At most one refinement under way for a session.

    on_refined : called in the document with the picture that was asked for and its smooth image;
        None where there is none.
    """

    def __init__(self, host: Host, on_refined: Callable[[Picture, Encoded | None], None]) -> None:
        self._host, self._on_refined = host, on_refined

    def wanted(self, picture: Picture) -> bool:
        """Whether this picture will be refined if it stays: where it is wished for and cheap.

        By the stages that stop within a moment: others would hold up what comes next.
        """
        settings = picture.settings
        stage = STAGES[settings.stage]
        if not self._host.state.antialias or stage.name not in PROMPT or picture.inside:
            return False
        if picture.view.nx * picture.view.ny > MOST_PIXELS or settings.device != "cpu":
            return False
        # Beside the axis of symmetry nothing can be copied.
        whole = 2 if picture.view.mirrored_rows(settings.dtype) else 1
        return picture.run_seconds * whole * len(SAMPLES) <= MOST_SECONDS

    def ask(self, picture: Picture, is_at_rest: Callable[[], bool], tries: int = TRIES) -> None:
        """Have it refined, as long as `is_at_rest` says that it is still wanted."""
        if not is_at_rest():
            return
        task = Refine(picture.view, picture.settings, self._host.state.colouring)
        try:
            future = workers.refine(task, session=f"{self._host.session}/refine")
        except RuntimeError:  # the server is closing, and with it the workers
            return

        def answer(outcome: Encoded | StageFailure | None) -> None:
            if not is_at_rest():
                return
            if isinstance(outcome, Encoded):
                self._on_refined(picture, outcome)
            elif outcome is None and tries > 1:
                self._later(self.ask, picture, is_at_rest, tries - 1)
            else:
                self._on_refined(picture, None)

        def done(future: Future[Encoded | StageFailure]) -> None:
            outcome = None if future.cancelled() else future.result()
            if isinstance(outcome, StageFailure) and outcome.kind == "yielded":
                outcome = None
            self._host.in_document(answer, outcome)

        future.add_done_callback(done)

    def _later(self, callback: Callable[..., None], *args: Any) -> None:
        timer = threading.Timer(AGAIN_SECONDS, self._host.in_document, (callback, *args))
        timer.daemon = True
        timer.start()
