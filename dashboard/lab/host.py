"""What the tabs of the lab know of the page or widget that they belong to, and of one another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from dashboard.subject import Subject
from mandel_core import Settings, Viewport


class TabHost(Protocol):
    """What every tab sees: the view on screen, and how it is computed.

    session : tells this page's requests from those of others.
    """

    session: str

    def settings(
        self, stage: str | None = None, chunksize: int | None = None, threads: int | None = None
    ) -> Settings:
        """The settings of now, or with another stage, chunk size, thread count."""

    @property
    def viewport(self) -> Viewport:
        """The samples of the view at rest."""

    def in_document(self, callback: Callable[..., None], *args: Any) -> None:
        """Call back where models may be changed, from any thread."""


class MeasuringHost(TabHost, Protocol):
    """What a tab that measures sees as well: what to measure, and how to come back to it.

    chunksize : the one that draws.
    chunk_sizes : those to measure, a list of whole numbers.
    """

    chunksize: Any
    chunk_sizes: Any

    def subject(self) -> Subject:
        """The view at rest and how it is computed, as they are now."""

    def go_to(self, subject: Subject) -> None:
        """Show a view again, computed as it was then."""

    def notify(self, text: str, words: str = "", topic: str = "") -> None:
        """Show one notice beside the picture; without a text, take one of this topic away."""

    def is_news(self, notice: str) -> bool:
        """Whether this about the file of results has to be said now."""


class OtherTabs(Protocol):
    """What a tab knows of the others of its page."""

    def title_of(self, name: str) -> str:
        """The title of the tab of this name; "" if there is none."""

    def is_open(self, tab: object) -> bool:
        """Whether this tab is the one on screen."""

    def cancel_others(self, tab: object) -> None:
        """Cancel what is under way in every tab but this one."""
