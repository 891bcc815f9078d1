"""Which view a tab of the lab tells of: the one on screen, or the one it was measured on."""

from __future__ import annotations

import panel as pn

from dashboard.lab.host import MeasuringHost
from dashboard.subject import Subject
from dashboard.words import width
from mandel_core import Viewport
from mandel_core.words import count


class Subjects:
    """The view that was measured last, which stays on show when the picture moves on.

    panel : a line that says so, with a button that leads back; hidden while there is no need.
    """

    def __init__(self, host: MeasuringHost) -> None:
        self._host = host
        self._measured: Subject | None = None
        self._words = pn.widgets.StaticText(sizing_mode="stretch_width", css_classes=["elsewhere"])
        self._button = pn.widgets.Button(label="Back to that view", width=150, color="primary")
        self._button.on_click(lambda event: self._back())
        self.panel = pn.Row(self._words, self._button, visible=False, sizing_mode="stretch_width")

    def measure(self) -> Subject:
        """From now on the view on screen is the one that was measured last."""
        self._measured = self._host.subject()
        return self._measured

    def concern(self, view: Viewport) -> bool:
        """Whether this is the view on screen, or the one that was measured last."""
        measured = self._measured
        return view == self._host.viewport or (measured is not None and view == measured.view)

    def current(self, running: bool, known: bool) -> Subject:
        """The one to tell of.

        running : whether measuring is under way.
        known : whether there is anything to tell of the view on screen.
        """
        now, measured = self._host.subject(), self._measured
        elsewhere = measured is not None and not measured.same_work(now) and (running or not known)
        self.panel.visible = elsewhere
        if measured is None or not elsewhere:
            return now
        state, view = measured.state, measured.view
        self._words.value = (
            f"{'Measuring' if running else 'Measured'} on another view than the one on screen: "
            f"{view.nx} × {view.ny} pixels, width {width(float(state.width))}, "
            f"{count(state.maxiter, 'iteration')}."
        )
        # Where only the window's size differs there is no way back: a click cannot resize it.
        self._button.visible = state != now.state
        return measured

    def _back(self) -> None:
        if self._measured is not None:
            self._host.go_to(self._measured)
