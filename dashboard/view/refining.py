"""Smooth edges for a picture that stands still: asked for then, and shown if it still does."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from dashboard.compute import workers
from dashboard.compute.clock import later
from dashboard.compute.pending import Pending
from dashboard.view.host import PictureHost
from mandel_core import STAGES, StageFailure
from mandel_core.colour.encoding import Encoded
from mandel_core.rendering.antialiasing import SAMPLES
from mandel_core.worker.pool import PROMPT
from mandel_core.worker.tasks import Picture, Refine

# What all samples may take together, and how many pixels a picture of them may have.
MOST_SECONDS = 2.0
MOST_PIXELS = 4_200_000

# Where the pictures of others had to go first: seconds until the next try, and how many tries.
AGAIN_SECONDS, TRIES = 2.0, 3


class Refining:
    """At most one refinement under way for a session.

    on_refined : called in the document with the picture that was asked for and its smooth image;
        None where there is none.
    """

    def __init__(
        self, host: PictureHost, on_refined: Callable[[Picture, Encoded | None], None]
    ) -> None:
        self._host, self._on_refined = host, on_refined
        self._pending: Pending[Encoded | StageFailure] = Pending(host.in_document)

    def wanted(self, picture: Picture) -> bool:
        """Whether this picture will be refined if it stays: where it is wished for and cheap.

        By the stages that stop within a moment: others would hold up what comes next.
        """
        settings = picture.settings
        stage = STAGES[settings.stage]
        if not self._host.state.antialias or stage.name not in PROMPT or picture.all_interior:
            return False
        if picture.view.nx * picture.view.ny > MOST_PIXELS or settings.device != "cpu":
            return False
        # The samples lie beside the axis of symmetry, where rows cannot be mirrored.
        whole = 2 if picture.view.mirrored_rows(settings.dtype) else 1
        return picture.run_seconds * whole * len(SAMPLES) <= MOST_SECONDS

    def ask(self, picture: Picture, is_at_rest: Callable[[], bool], tries: int = TRIES) -> None:
        """Have it refined, as long as `is_at_rest` says that it is still wanted."""
        if not is_at_rest():
            return
        task = Refine(picture.view, picture.settings, self._host.state.colouring)

        def again() -> None:
            """Others went before."""
            if tries > 1:
                retry = partial(self.ask, picture, is_at_rest, tries - 1)
                later(self._host.in_document, AGAIN_SECONDS, retry)
            elif is_at_rest():
                self._on_refined(picture, None)

        def answer(outcome: Encoded | StageFailure) -> None:
            if isinstance(outcome, StageFailure) and outcome.kind == "yielded":
                again()
            elif is_at_rest():
                found = outcome if isinstance(outcome, Encoded) else None
                self._on_refined(picture, found)

        session = f"{self._host.session}/refine"
        # The workers refuse once the server is closing.
        with suppress(RuntimeError):
            self._pending.submit(
                lambda _: workers.refine(task, session=session), answer, on_given_up=again
            )
