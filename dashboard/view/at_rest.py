"""What follows once a picture stands still: it is told of, timed again, and its edges smoothed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from dashboard.compute import workers
from dashboard.compute.clock import later
from dashboard.compute.pending import Pending
from dashboard.view.host import PictureHost
from dashboard.view.refining import Refining
from mandel_core import StageFailure
from mandel_core.colour.encoding import Encoded
from mandel_core.worker.tasks import Picture, Time

# How long a view must stand still to be one that was meant, and to be timed again.
STILL_SECONDS = 0.3
TIMED_SECONDS = 1.0

# Only pictures as quick as this are timed again: the others are long enough to be warm.
TIME_AGAIN_SECONDS = 0.1


class AtRest:
    """Does one thing after the other for the newest picture, for as long as it stays.

    is_at_rest : whether a picture is on screen, and none is under way.
    on_still : called with a picture that has stood still, and whether its edges will be smoothed.
    on_refined : called with a picture and its smooth image; None where there is none.
    """

    def __init__(
        self,
        host: PictureHost,
        is_at_rest: Callable[[Picture], bool],
        on_still: Callable[[Picture, bool], None],
        on_refined: Callable[[Picture, Encoded | None], None],
    ) -> None:
        self._host, self._is_at_rest = host, is_at_rest
        self._on_still, self._on_refined = on_still, on_refined
        self._newest: Picture | None = None
        self._refined: Picture | None = None  # the last one that was
        self._refining = Refining(host, self._show_refined)
        self._timing: Pending[float | StageFailure] = Pending(host.in_document)

    def will_be_refined(self, picture: Picture) -> bool:
        """Whether its edges will be smoothed if it stays."""
        return picture is not self._refined and self._refining.wanted(picture)

    def watch(self, picture: Picture) -> None:
        """The view of this picture rests from now on."""
        self._newest = picture
        later(self._host.in_document, STILL_SECONDS, self._stood_still, picture)

    def _stood_still(self, picture: Picture) -> None:
        if picture is self._newest:
            self._on_still(picture, self.will_be_refined(picture))
            again = self._time if picture.run_seconds < TIME_AGAIN_SECONDS else self._refine
            later(self._host.in_document, TIMED_SECONDS - STILL_SECONDS, again, picture)

    def _time(self, picture: Picture) -> None:
        """Time the kernel again: a single run after a pause finds cold caches and sleeping threads.

        Only while nothing is drawn for this session; others' pictures are waited for.
        """
        if not self._is_at_rest(picture):
            return
        task, session = Time(picture.view, picture.settings), f"{self._host.session}/time"

        def timed(seconds: float | StageFailure) -> None:
            if isinstance(seconds, float) and picture is self._newest:
                self._host.on_timed(picture, seconds)
            self._refine(picture)

        # The workers refuse once the server is closing.
        with suppress(RuntimeError):
            self._timing.submit(
                lambda _: workers.time(task, session=session),
                timed,
                on_given_up=lambda: self._refine(picture),
            )

    def _refine(self, picture: Picture) -> None:
        """Have its edges smoothed, unless they are or it has been left."""
        if self.will_be_refined(picture):
            self._refining.ask(picture, lambda: self._is_at_rest(picture))

    def _show_refined(self, picture: Picture, image: Encoded | None) -> None:
        self._refined = picture
        self._on_refined(picture, image)
