"""The lab: what the stages cost, and why, in tabs beside the picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import panel as pn

from dashboard.lab.host import Host


class View(Protocol):
    """One tab; it works only while it is open.

    title : the tab's.
    panel : what it shows.
    """

    title: ClassVar[str]
    panel: Any

    def __init__(self, host: Host) -> None: ...

    def open(self) -> None:
        """The tab was opened, or what the explorer shows has changed: bring it up to date."""

    def close(self) -> None:
        """Cancel what is under way."""


class Lab:
    """The picture's tab, one for the chart, and one for each kind of view.

    chart : a view that is there from the beginning.
    kinds : of views that are made when they are first opened.
    """

    def __init__(self, host: Host, picture: Any, chart: View, kinds: Sequence[type[View]]) -> None:
        self._host = host
        self._kinds = (type(chart), *kinds)
        self._views: dict[int, View] = {0: chart}
        # A page that is opened for the picture does not wait for what it does not show.
        self._places = [
            pn.Column(sizing_mode="stretch_both", scroll="y", css_classes=["lab"])
            for _ in self._kinds
        ]
        self._places[0].append(chart.panel)
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
        if not 0 <= number < len(self._kinds):  # the picture; or what no click can have sent
            return
        if number in self._views:
            self._views[number].open()
        else:
            view = self._views[number] = self._kinds[number](self._host)
            view.open()
            self._places[number].append(view.panel)

    def close(self, but: object = None) -> None:
        """Cancel what is under way in any tab, or in any but one."""
        for view in self._views.values():
            if view is not but:
                view.close()
