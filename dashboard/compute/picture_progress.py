"""The line that tells of a picture under way, with a button that gives it up."""

from __future__ import annotations

from collections.abc import Callable

import panel as pn

from dashboard import server_settings
from dashboard.compute.clock import Clock
from mandel_core import STAGES, Settings
from mandel_core.model.control import Phase
from mandel_core.words import duration

_BAR = "<progress style='width:100%' aria-label='A picture is under way'></progress>"


class PictureProgress:
    """Hidden until there is something to show.

    in_document : calls back where models may be changed, from any thread.
    on_second : called once a second while it is shown.
    """

    def __init__(self, in_document: Callable[..., None], on_second: Callable[[], None]) -> None:
        self._clock = Clock(in_document, on_second)
        self._text = pn.widgets.StaticText(sizing_mode="stretch_width", css_classes=["busy"])
        self._button = pn.widgets.Button(label="Cancel picture", variant="outline", width=130)
        self.panel = pn.Row(
            self._text,
            self._button,
            visible=False,
            sizing_mode="stretch_width",
            css_classes=["raised"],
        )

    @property
    def visible(self) -> bool:
        """Whether it is shown."""
        return bool(self.panel.visible)

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Have the button call back."""
        self._button.on_click(lambda event: callback())

    def show(self, settings: Settings, phase: Phase, spent: float, before: float | None) -> None:
        """Say what is done for a picture of these settings, and for how many seconds it has been.

        before : how long compiling this took before, in seconds; None where that is unknown.
        """
        title = STAGES[settings.stage].title
        doing = {"compiling": "Compiling", "over budget": "Waiting"}.get(phase, "Computing")
        if phase == "over budget":
            most = server_settings.current().compute_seconds_per_minute
            title += f": this visit has used the {most:g} s of computing it has in a minute"
        words = f"{doing} · {title}…{f' {int(spent)} s' if spent >= 1 else ''}"
        if before is not None:
            words += f"; it took {duration(before)} here before"
        self._text.value = f"{_BAR}<br>{words}"
        if not self.visible:
            self.panel.visible = True
            self._clock.start()

    def hide(self) -> None:
        """Nothing is under way."""
        if self.visible:
            self._clock.stop()
            self._text.value = ""
            self.panel.visible = False
