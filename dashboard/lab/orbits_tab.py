"""Where orbits go: how often the escaping orbits of the view's points pass each place."""

from __future__ import annotations

import base64
import html
from typing import Any, ClassVar

import numpy as np
import panel as pn

from dashboard.compute import workers
from dashboard.compute.pending import Pending
from dashboard.lab.host import OtherTabs, TabHost
from dashboard.lab.waiting import Waiting
from dashboard.words import width
from mandel_core import FORMULAS, Settings, StageFailure, Viewport
from mandel_core.model.control import Phase
from mandel_core.orbits.density import Density
from mandel_core.words import count
from mandel_core.worker.orbit_tasks import Gather, Gathered

# The picture's size, and how long one piece of the work is.
COLUMNS, ROWS = 1000, 750
PIECE_SECONDS = 0.5
# It is done after so many points of orbits, or so many pieces, whichever comes first.
MOST_POINTS, MOST_PIECES = 40_000_000, 60
# After so many points of which none has escaped, the search ends: there are no orbits to show.
MOST_FOR_NOTHING = 300_000

_ABOUT = (
    "Points all over the view are followed until they escape. The picture shows the plane in which "
    "they travel, and is the brighter the more often they pass: of the view of the whole set this "
    "is the Buddhabrot; of a part of it, where that part's orbits go. A line at which the "
    "brightness jumps is the view's edge as the formula carries it: points beyond it are not "
    "followed. The picture is seen as it grows, and takes "
    f"{MOST_PIECES * PIECE_SECONDS:g} s of computing at most."
)


class OrbitsTab:
    """A tab of the lab: the picture as it grows, with its progress and a button to end it."""

    name: ClassVar[str] = "orbits"
    title: ClassVar[str] = "Where orbits go"

    def __init__(self, host: TabHost, others: OtherTabs) -> None:
        self._host = host
        self._pending: Pending[Gathered | StageFailure] = Pending(host.in_document)
        self._shown: tuple[Viewport, Settings] | None = None
        self._density = _nothing()
        self._pieces, self._before = 0, 0
        self._start = pn.widgets.Button(label="Follow the orbits", color="primary", width=150)
        self._start.on_click(lambda event: self.start())
        self._cancel = pn.widgets.Button(
            label="Cancel", width=90, visible=False, color="primary", variant="outline"
        )
        self._cancel.on_click(lambda event: self.cancel())
        self._waiting = Waiting(host, others, self)
        self._progress = _text("progress")
        self._picture = _text("orbits")
        self.panel = pn.Column(
            pn.widgets.StaticText(value=_ABOUT, sizing_mode="stretch_width"),
            pn.Row(self._start, self._cancel, self._progress, sizing_mode="stretch_width"),
            self._waiting.button,
            self._picture,
            sizing_mode="stretch_width",
        )

    def open(self) -> None:
        """Say whether what is shown is of the view on screen."""
        if self._shown is not None and not self._pending.busy:
            self._rest()

    def close(self) -> None:
        """Cancel what is under way."""
        self.cancel()

    def start(self) -> None:
        """Follow the orbits of the view on screen; more of them if that is what is shown."""
        self._pending.cancel()
        of = self._of_now()
        if of != self._shown:
            self._shown, self._density = of, _nothing()
        self._pieces, self._before = 0, self._density.points
        self._start.visible, self._cancel.visible = False, True
        self._progress.value = f"Waiting until {self._waiting.words()}…"
        self._go_on()

    def cancel(self) -> None:
        """End it; what has been found stays."""
        if self._pending.cancel():
            self._rest("Cancelled. ")

    def _of_now(self) -> tuple[Viewport, Settings]:
        settings = self._host.settings("fast")
        return self._host.viewport, Settings(
            "fast",
            settings.maxiter,
            dtype="float64",
            formula=settings.formula,
            formula_c=settings.formula_c,
        )

    def _go_on(self) -> None:
        assert self._shown is not None
        task = Gather(*self._shown, self._density, PIECE_SECONDS)
        session = f"{self._host.session}/{self.name}"
        self._pending.submit(
            lambda on_phase: workers.measure(task, session=session, on_phase=on_phase),
            on_result=self._on_result,
            on_phase=self._on_phase,
        )

    def _on_phase(self, phase: Phase) -> None:
        self._waiting.over()
        if phase == "compiling" and not self._pieces:
            self._progress.value = "Loading datashader and compiling, some seconds the first time…"

    def _on_result(self, outcome: Gathered | StageFailure) -> None:
        if isinstance(outcome, StageFailure):
            self._rest(f"{html.escape(outcome.reason)} ")
            return
        self._density = outcome.density
        self._pieces += 1
        if self._density.orbits:
            self._picture.value = _image(outcome.picture, self._shown)
        points = self._density.points - self._before
        share = max(self._pieces / MOST_PIECES, points / MOST_POINTS)
        nothing = not self._density.orbits and self._density.samples >= MOST_FOR_NOTHING
        if share >= 1 or nothing:
            self._rest()
        else:
            self._progress.value = (
                f"<progress aria-label='Orbits followed' value='{share:.3f}' "
                f"style='width:220px'></progress> {share:.0%}, {self._found()}"
            )
            self._go_on()

    def _rest(self, word: str = "") -> None:
        """Nothing is under way."""
        self._waiting.over()
        self._cancel.visible, self._start.visible = False, True
        same = self._shown == self._of_now()
        self._start.label = "Follow more of them" if same else "Follow the orbits"
        if self._density.orbits:
            told = f"{self._found()}."
            told += "" if same else " The picture on screen has changed since: this is of before."
        elif self._density.samples:
            told = f"None of {self._density.samples:,} points of this view escapes."
        else:
            told = ""
        self._progress.value = word + told

    def _found(self) -> str:
        found = self._density
        return f"{count(found.orbits, 'orbit')} with {count(found.points, 'point')}"


def _nothing() -> Density:
    return Density(np.zeros((ROWS, COLUMNS), np.uint32))


def _text(kind: str) -> Any:
    # Not a pane: in a notebook each update of a pane sends its style sheets' CDN addresses.
    return pn.widgets.StaticText(sizing_mode="stretch_width", css_classes=[kind])


def _image(picture: bytes, of: tuple[Viewport, Settings] | None) -> str:
    assert of is not None
    view, settings = of
    title = html.escape(FORMULAS[settings.formula].title, quote=True)
    words = f"Density of the escaping orbits of {title}, width {width(view.pixel[0] * view.nx)}"
    data = base64.b64encode(picture).decode()
    return (
        f"<img alt='{words}' width='{COLUMNS}' height='{ROWS}' "
        f"style='display:block;width:100%;max-width:{COLUMNS}px;height:auto;background:#000' "
        f"src='data:image/webp;base64,{data}'>"
    )
