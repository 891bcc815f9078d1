"""Has a tab of the lab drawn again when there is something new to show in it."""

from __future__ import annotations

from typing import Any

from dashboard.lab import stored
from dashboard.lab.host import OtherTabs, TabHost
from dashboard.lab.subjects import Subjects
from mandel_core import Measurement


class Redrawing:
    """Follows the results of the view that a tab tells of, whoever measured them.

    tab : is opened again, while it is on screen; however much came at once, only once.
    """

    def __init__(self, host: TabHost, others: OtherTabs, tab: Any, subjects: Subjects) -> None:
        self._host, self._others, self._tab, self._subjects = host, others, tab, subjects
        self._is_due = False
        stored.watch(self._on_stored)

    def request(self) -> None:
        """Draw the tab again, if it is on screen, where models may be changed; from any thread."""
        if not self._is_due and self._others.is_open(self._tab):
            self._is_due = True
            self._host.in_document(self._redraw)

    def _on_stored(self, measured: Measurement) -> None:
        if self._others.is_open(self._tab) and self._subjects.concern(measured.view):
            self.request()

    def _redraw(self) -> None:
        self._is_due = False
        self._tab.open()
