"""The lab: what the stages cost, and why, in tabs beside the picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import panel as pn

from dashboard.lab.chunk_size_tab import ChunkSizeTab
from dashboard.lab.compiler_tab import CompilerTab
from dashboard.lab.difference_tab import DifferenceTab
from dashboard.lab.host import MeasuringHost, OtherTabs
from dashboard.lab.orbits_tab import OrbitsTab
from dashboard.lab.stages_tab import StagesTab
from dashboard.lab.threads_tab import ThreadsTab


class Tab(Protocol):
    """One tab, made when it is first opened.

    name : the end of the session of its requests, by which others know it.
    title : what it is called on screen.
    panel : what it shows.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    panel: Any

    def __init__(self, host: MeasuringHost, others: OtherTabs) -> None: ...

    def open(self) -> None:
        """The tab was opened, or what the explorer shows has changed: bring it up to date."""

    def close(self) -> None:
        """Cancel what is under way."""


# In the order in which they stand beside the picture.
TABS: tuple[type[Tab], ...] = (
    ChunkSizeTab,
    StagesTab,
    ThreadsTab,
    CompilerTab,
    DifferenceTab,
    OrbitsTab,
)


class Lab:
    """The picture's tab, and one of each kind.

    kinds : of tabs; a page that is opened for the picture does not wait for what it does not show.
    """

    def __init__(
        self, host: MeasuringHost, picture: Any, kinds: Sequence[type[Tab]] = TABS
    ) -> None:
        self._host = host
        self._kinds = tuple(kinds)
        self._tabs: dict[int, Tab] = {}
        self._places = [
            pn.Column(sizing_mode="stretch_both", scroll="y", css_classes=["lab"])
            for _ in self._kinds
        ]
        picture.margin = 0  # up to the edges of its tab
        self.panel = pn.Tabs(
            ("Picture", picture),
            *zip((kind.title for kind in self._kinds), self._places, strict=True),
            sizing_mode="stretch_both",
            css_classes=["views"],
        )
        # What a click on a tab calls does not hold the document's lock.
        self.panel.param.watch(lambda event: host.in_document(self.refresh), "active")

    def refresh(self) -> None:
        """Bring the open tab up to date."""
        number = self.panel.active - 1
        if not 0 <= number < len(self._kinds):  # the picture, or a number that is no tab's
            return
        if number in self._tabs:
            self._tabs[number].open()
        else:
            tab = self._tabs[number] = self._kinds[number](self._host, self)
            tab.open()
            self._places[number].append(tab.panel)

    def close(self, but: object = None) -> None:
        """Cancel what is under way in any tab, or in any but one."""
        for tab in self._tabs.values():
            if tab is not but:
                tab.close()

    def title_of(self, name: str) -> str:
        """The title of the tab of this name; "" if there is none."""
        return next((kind.title for kind in self._kinds if kind.name == name), "")

    def is_open(self, tab: object) -> bool:
        """Whether this tab is the one on screen."""
        return self._tabs.get(self.panel.active - 1) is tab

    def cancel_others(self, tab: object) -> None:
        """Cancel what is under way in every tab but this one."""
        self.close(but=tab)
