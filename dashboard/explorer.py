"""The explorer: one set of params, and the picture, widgets and link that are views of it."""

from __future__ import annotations

import itertools
from contextlib import nullcontext
from dataclasses import asdict, fields, replace
from typing import Any

import panel as pn
import param

from dashboard import notebook
from dashboard.cell import Cell, parts_style
from dashboard.controls import controls
from dashboard.document import InDocument
from dashboard.lab import stored
from dashboard.lab.tabs import Lab
from dashboard.offered import Offered
from dashboard.places.guide import Guide
from dashboard.scripting import Scripting, place_of
from dashboard.sharing.page_saving import PageSaving
from dashboard.sharing.phone_code import PhoneCodes
from dashboard.sharing.titling import Titling
from dashboard.state import COLOURS, HOME, State, home
from dashboard.status import Status
from dashboard.subject import Subject
from dashboard.view.flow import PictureFlow
from mandel_core import FORMULAS, Cancelled, Settings, StageFailure, Viewport
from mandel_core.worker.tasks import Picture

_sessions = itertools.count()

# What decides which work a stage has to do, and which stage.
RETURNED = tuple(field.name for field in fields(State) if field.name not in COLOURS)


class Explorer(pn.viewable.Viewer, Scripting):
    """The Mandelbrot set through a stage of optimisation, live.

    Shown as the last line of a notebook cell or put into any Panel layout. Setting a param moves
    the picture; using the picture and the widgets sets the params.

    view : where to begin, a Viewport in place of x, y and width.
    controls, lab : whether to show the widgets, and the tabs of the lab beside the picture; with
        neither it is the bare picture.
    notices : sentences to show beside the picture to begin with.
    """

    def __init__(
        self,
        notices: tuple[str, ...] = (),
        *,
        view: Viewport | None = None,
        controls: bool = True,
        lab: bool = True,
        **params: Any,
    ) -> None:
        if view is not None:
            params = place_of(view) | params
        self._shows_controls, self._shows_lab = controls, lab
        params.setdefault("automatic", "maxiter" not in params)
        anywhere = params.keys().isdisjoint({"x", "y", "width"})
        super().__init__(**(_home(params.get("formula", HOME.formula)) | params))
        self.session = f"session-{next(_sessions)}"
        self.in_document = InDocument()
        self._following = False
        self._status = Status(self.in_document, self.go_back)
        self._flow = PictureFlow(self, self._on_rest)
        if anywhere:
            self._flow.go_home()
        else:
            self._flow.view.live_at(FORMULAS[self.formula].home)
            self._flow.view.move(self.x, self.y, self.width)
        self._flow.asking.on_cancel(self.cancel)
        self._guide = Guide(self, self._flow.view)
        self._codes = PhoneCodes(self._flow.view.calls, self.in_document)
        self._page_saving = PageSaving(self, self._flow.view.calls)
        self._lab = Lab(self, self._flow.view.pane)
        self._offered = Offered(self, self.in_document, self.notify, notices)
        watched = [*(field.name for field in fields(State)), "threads"]
        self.param.watch(self._request_again, watched)
        self.param.watch(lambda event: self._lab.refresh(), "chunk_sizes")
        self._status.begin(notices)

    @property
    def picture(self) -> Any:
        """The DynamicMap, to compose with."""
        return self._flow.view.plot

    def keep_address(self) -> None:
        """Have the browser's address and title say what is seen, and Back and Forward walk views.

        To be called before the picture is shown.
        """
        self._flow.view.is_page = True
        Titling(self, self._flow.view.calls)

    def go(self, state: State) -> None:
        """Show this state, as if its link had been opened; a device that is not here is left."""
        if state.device not in self.param.device.objects:
            self.notify(f"This machine has no {state.device} device; it stays at {self.device}.")
            state = replace(state, device=self.device)
        before = self.state
        self.follow(**asdict(state))
        self.draw_again(
            {name for name, value in asdict(before).items() if value != getattr(state, name)}
        )

    def go_home(self) -> None:
        """Show the whole set of the formula again; its c, stage and colours stay."""
        x, y, width = self._flow.home()
        self.param.update(x=x, y=y, width=width)

    def go_back(self) -> None:
        """Show the last view again in which some points escaped; home if there was none."""
        x, y, width = self._flow.way_back
        self.param.update(x=x, y=y, width=width)

    def follow(self, **params: Any) -> None:
        """Set params to what the browser or the worker says; no picture is asked for."""
        self._following = True
        try:
            self.param.update(**params)
        finally:
            self._following = False

    def on_outdated(self) -> None:
        """What is said of the last picture is not of the view on screen, whose own takes long."""
        self._status.on_outdated()

    def on_timed(self, picture: Picture, seconds: float) -> None:
        """The kernel of the picture on screen takes so long when it is warm."""
        self._status.on_timed(picture, seconds)

    def on_failed(self, failure: StageFailure) -> None:
        """There is no picture; the one on screen stays."""
        self._arrived(failure)
        self._status.on_failed(failure)
        self.refresh()

    def cancel(self) -> None:
        """Give up the picture being computed; the one on screen stays."""
        if self._flow.cancel():
            self.notify("Cancelled; the picture shows the last frame that was finished.")
            self._arrived(Cancelled())

    def close(self) -> None:
        """Cancel what is under way for this explorer."""
        self._lab.close()
        self._flow.close()
        self._page_saving.close()

    def notify(self, text: str, words: str = "", topic: str = "") -> None:
        """Show one notice beside the picture, with a compiler's words folded away beneath it.

        Of several lines each is an entry of a list.

        An empty text takes the notice away; with a topic, only one of this topic. Both are shown
        literally: they may come from a link.
        """
        self._status.notify(text, words, topic)

    def is_news(self, notice: str) -> bool:
        """Whether this about the file of results has to be said now: it was not said last."""
        return self._status.is_news(notice)

    def settings(
        self,
        stage: str | None = None,
        chunksize: int | None = None,
        threads: int | None = None,
        view: Viewport | None = None,
    ) -> Settings:
        """The settings of the current params, or with another stage, chunk size, thread count.

        view : whose distance of pixels decides the automatic precision; the one at rest.
        """
        subject = Subject(view or self.viewport, self.state, self.threads)
        return subject.settings(stage, chunksize, threads)

    def subject(self) -> Subject:
        """The view at rest and how it is computed, as they are now."""
        return Subject(self.viewport, self.state, self.threads)

    def go_to(self, subject: Subject) -> None:
        """Show a view again, computed as it was then; the colours stay."""
        then = {name: getattr(subject.state, name) for name in RETURNED}
        automatic = then.pop("automatic")
        self.param.update(**then, threads=subject.threads)
        self.automatic = automatic  # on its own: setting the iterations ends automatic ones

    def compile_seconds(self, settings: Settings) -> float | None:
        """How long compiling this has taken here before, if that is known."""
        return stored.compile_seconds(settings)

    def refresh(self) -> None:
        """Bring up to date with what has been measured: what is said, the open tab."""
        self._status.refresh()
        self._lab.refresh()

    def controls(self) -> pn.Column:
        """The widgets, and what is known of the frame."""
        return controls(self, self.notify, [self._status.about])

    def status(self) -> pn.Column:
        """What is said of a picture in the making, and of what could not be done."""
        return pn.Column(
            self._flow.asking.panel,
            self._status.notice,
            sizing_mode="stretch_width",
            css_classes=["status"],
        )

    def main(self) -> Any:
        """The picture, and the lab in tabs beside it."""
        return self._lab.panel

    def __panel__(self) -> Any:
        """For notebooks and layouts: the picture, and beneath it the controls if wanted."""
        self._flow.view.styles = parts_style()
        main = self.main() if self._shows_lab else self._flow.view.pane
        return Cell(main, self.status(), self.controls() if self._shows_controls else None)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        notebook.prepare()
        bundle = super()._repr_mimebundle_(include, exclude)
        return notebook.shown(bundle, self._flow.view.forget)

    def _request_again(self, *events: param.parameterized.Event) -> None:
        names = {event.name for event in events}
        if self._following:
            return
        if any(event.name == "formula" and event.old != event.new for event in events):
            whole = _home(self.formula, self._flow.size)
            self.follow(**{name: whole[name] for name in whole.keys() - names})
            names |= whole.keys()
        if "maxiter" in names and "automatic" not in names:
            self.follow(automatic=False)
        if names - {"x", "y", "width"}:
            self.notify("")
        self.draw_again(names)

    def draw_again(self, names: set[str]) -> None:
        """These params have changed: show the view that they make now, if any did."""
        if not names:
            return
        with nullcontext() if self.in_document.served else notebook.changing:
            self._flow.params_changed(names)

    def _on_rest(self, picture: Picture) -> None:
        """Bring up to date what is said beside a picture whose view has stood still."""
        self.follow(histogram=picture.histogram)
        self._status.on_rest(picture)
        if picture.settings == self.settings():
            stored.add_drawn(picture, self._status.on_file)
        self.refresh()
        self._arrived()


def _home(formula: str, size: tuple[int, int] | None = None) -> dict[str, Any]:
    """The params that lead to where all of a formula is seen; none for an unknown one."""
    if formula not in FORMULAS:
        return {}
    whole = home(formula, size)
    return {"x": whole.x, "y": whole.y, "width": whole.width, "c": whole.c}
