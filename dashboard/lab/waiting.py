"""What a tab of the lab waits for: what is under way, and a way to end it where it is one's own."""

from __future__ import annotations

from typing import Any

import panel as pn

from dashboard.compute import workers
from dashboard.lab.host import OtherTabs, TabHost
from mandel_core import STAGES

_UNKNOWN = "the compiling, picture or measurement under way is done"


class Waiting:
    """What is waited for, in words, and a button that ends it if another tab of this page began it.

    tab : the one that waits.
    """

    def __init__(self, host: TabHost, others: OtherTabs, tab: Any) -> None:
        self._session, self._others = f"{host.session}/{tab.name}", others
        self.button = pn.widgets.Button(
            label="Cancel that", width=210, visible=False, color="primary", variant="outline"
        )
        self.button.on_click(lambda event: others.cancel_others(tab))

    def words(self) -> str:
        """What has to happen first, as in "Waiting until …"; the button is there if it helps."""
        words, tab = ahead_of(self._session, self._others)
        if tab:
            self.button.label = f"Cancel “{tab}”"
        self.button.visible = bool(tab)
        return words

    def over(self) -> None:
        """Nothing is waited for any more."""
        self.button.visible = False


def ahead_of(session: str, others: OtherTabs) -> tuple[str, str]:
    """What has to happen before a session's measurement begins, and whose tab of its page it is.

    The tab is "" unless the measurement under way is of another tab of the same page.
    """
    page = session.partition("/")[0]
    found = workers.under_way()
    measures, stage = found.get("measuring", ("", ""))
    whose, _, name = measures.partition("/")
    title = STAGES[stage].title if stage in STAGES else ""
    if measures and measures != session:
        if whose == page and (tab := others.title_of(name)):
            return f"“{tab}” is done with {title}", tab
        if whose == "warm-up":
            return "the server, which has just started, has got its compiler ready", ""
        return f"the measurement of {title} that somebody else began is done", ""
    for lane in ("compiling", "long"):
        draws, stage = found.get(lane, ("", ""))
        if stage in STAGES:
            mine = draws.partition("/")[0] == page
            other = "" if mine else " that somebody else asked for"
            return f"the picture by {STAGES[stage].title}{other} is done", ""
    return _UNKNOWN, ""
