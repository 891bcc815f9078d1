"""What the picture knows of the page or widget it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from dashboard.state import State
from mandel_core import Settings, StageFailure, Viewport
from mandel_core.worker.tasks import Picture


class PictureHost(Protocol):
    """The state on screen, and whom to tell what became of it.

    session : tells this page's requests from those of others.
    """

    session: str

    @property
    def state(self) -> State:
        """What is seen now."""

    def settings(self, stage: str | None = None, *, view: Viewport | None = None) -> Settings:
        """The settings of now, or with another stage; precise enough for a view."""

    def compile_seconds(self, settings: Settings) -> float | None:
        """How long compiling this has taken here before, if that is known."""

    def in_document(self, callback: Callable[..., None], *args: Any) -> None:
        """Call back where models may be changed, from any thread."""

    def notify(self, text: str) -> None:
        """Show one notice beside the picture."""

    def follow(self, **params: Any) -> None:
        """Set params to what the browser or the worker says; no picture is asked for."""

    @property
    def viewport(self) -> Viewport:
        """The samples of the view at rest."""

    def go(self, state: State) -> None:
        """Show this state, as if its link had been opened."""

    def on_outdated(self) -> None:
        """What is said of the last picture is not of the view on screen."""

    def on_failed(self, failure: StageFailure) -> None:
        """There is no picture; say why."""

    def on_timed(self, picture: Picture, seconds: float) -> None:
        """The kernel of this picture takes so long when it is warm."""
