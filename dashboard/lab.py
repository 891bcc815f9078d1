"""The lab: what the stages cost, and why, in tabs beside the picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from panel_material_ui import Tabs


class View(Protocol):
    """One tab; it works only while it is open.

    title : the tab's.
    panel : what it shows.
    """

    title: str
    panel: Any

    def open(self) -> None:
        """The tab was opened, or what the explorer shows has changed: bring it up to date."""

    def close(self) -> None:
        """Cancel what is under way."""


class Lab:
    """The picture's tab, and one for each view."""

    def __init__(
        self, picture: Any, views: Sequence[View], in_document: Callable[..., None]
    ) -> None:
        self._views = tuple(views)
        self.panel = Tabs(
            ("Picture", picture),
            *((view.title, view.panel) for view in self._views),
            sizing_mode="stretch_both",
        )
        # What a click on a tab calls does not hold the document's lock.
        self.panel.param.watch(lambda event: in_document(self.refresh), "active")

    def refresh(self) -> None:
        """Bring the open tab up to date."""
        if self.panel.active:
            self._views[self.panel.active - 1].open()

    def close(self) -> None:
        """Cancel what is under way in any tab."""
        for view in self._views:
            view.close()
