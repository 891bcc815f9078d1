"""What is said of a picture that is not what was chosen, and of one that will get better."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dashboard.view.browser_calls import Calls
from mandel_core import FORMULAS, STAGES, Settings

# The next picture is seldom so long in coming; a word that goes at once would only flicker.
NAMED_SECONDS = 1.0


class Outdated:
    """How the picture on screen falls short: dimmed, with words over it, or a line beside it.

    later : calls back in the document after so many seconds.
    """

    def __init__(self, calls: Calls, later: Callable[..., None]) -> None:
        self._calls, self._later = calls, later
        self._said: dict[str, Any] = {"text": "", "other": False}
        self._coming = ""  # the formula whose picture is on its way
        self._smoothing = False

    @property
    def is_other(self) -> bool:
        """Whether it was said that the picture is of something else than was chosen."""
        return bool(self._said["other"])

    def of_another_stage(self, shown: Settings, chosen: str) -> None:
        """The picture was made by another stage than the one chosen, whose own takes a while."""
        names = (shown.stage, chosen)
        old, new = (STAGES[name].title if name in STAGES else name for name in names)
        self._set_status(f"Still the picture by {old}; {new} is on its way.")

    def of_something_else(self, chosen: str) -> None:
        """The picture is not of the chosen formula, or of another c.

        What the browser knows around it is given up as well; what comes is named if it takes long.
        """
        self._coming = chosen
        self._set_status("", other=True)
        self._later(NAMED_SECONDS, self._name, self._said)

    def waits_for_nothing(self) -> None:
        """No picture is under way: one of something else stays dimmed, without words."""
        self._coming = ""
        self._set_status("", other=self.is_other)

    def over(self) -> None:
        """The picture is what was chosen."""
        self._set_status("")

    def smoothing(self, is_awaited: bool) -> None:
        """Whether smooth edges are to come for the picture that stands still."""
        if is_awaited != self._smoothing:
            self._smoothing = is_awaited
            self._calls.send("smoothing", awaited=is_awaited)

    def _name(self, said: dict[str, Any]) -> None:
        if self._said is said and self._coming in FORMULAS:
            self._set_status(f"{FORMULAS[self._coming].title} is on its way.", other=True)

    def _set_status(self, text: str, other: bool = False) -> None:
        said = {"text": text, "other": other}
        if said != self._said:
            self._said = said
            self._calls.send("stale", **said)
