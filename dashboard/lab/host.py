"""What the lab knows of the page or widget it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from dashboard.subject import Subject
from mandel_core import Settings, Viewport


class Host(Protocol):
    """The view on screen, how it is computed, and how to say something.

    session : tells this page's requests from those of others.
    stage : the name of the one that draws.
    chunk_sizes : those to measure, a list of whole numbers.
    """

    session: str
    stage: Any
    chunk_sizes: Any

    def settings(
        self, stage: str | None = None, chunksize: int | None = None, threads: int | None = None
    ) -> Settings:
        """The settings of now, or with another stage, chunk size, thread count."""

    @property
    def viewport(self) -> Viewport:
        """The samples of the view at rest."""

    def subject(self) -> Subject:
        """The view at rest and how it is computed, as they are now."""

    def go_to(self, subject: Subject) -> None:
        """Show a view again, computed as it was then."""

    def in_document(self, callback: Callable[..., None], *args: Any) -> None:
        """Call back where models may be changed, from any thread."""

    def notify(self, text: str, words: str = "", topic: str = "") -> None:
        """Show one notice beside the picture; without a text, take one of this topic away."""

    def is_news(self, notice: str) -> bool:
        """Whether this about the file of results has to be said now."""

    def compile_seconds(self, settings: Settings) -> float | None:
        """How long compiling this has taken here before, if that is known."""

    def cancel_others(self, view: object) -> None:
        """Cancel what is under way in every tab of the lab but this one."""

    def set_chunksize(self, size: int) -> None:
        """Draw with this chunk size from now on."""

    def refresh(self) -> None:
        """Bring what shows measurements up to date."""
