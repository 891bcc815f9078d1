"""From what the browser shows to the picture that answers it, and what is said when it rests."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from decimal import Decimal
from functools import partial

from dashboard.compute.asking import Asking, PictureRequest, is_same_picture
from dashboard.compute.clock import later
from dashboard.state import HOME, MAX_WIDTH, MIN_WIDTH, home
from dashboard.view.at_rest import AtRest
from dashboard.view.cursor import Cursor
from dashboard.view.host import PictureHost
from dashboard.view.link import encode
from dashboard.view.outdated import Outdated
from dashboard.view.picture import PictureView
from dashboard.view.request import Request
from dashboard.view.saving import Saving
from dashboard.view.whole import Whole
from mandel_core import FORMULAS, STAGES, Settings, StageFailure, Viewport
from mandel_core.colour.encoding import Encoded
from mandel_core.colour.looks import LOOKS
from mandel_core.runtime.recent import Recent
from mandel_core.worker.tasks import Draw, Picture

# A view in motion keeps the colours of the view at rest up to so many times its width, and down to
# that part of it.
FARTHEST = 8

# How much wider than the window the coarse picture beneath it is.
SURROUND = 4


class PictureFlow:
    """One session's pictures: takes requests, has them drawn, shows them, tells when one rests.

    on_rest : called with the picture of each view that has stood still, in the document.
    """

    def __init__(self, host: PictureHost, on_rest: Callable[[Picture], None]) -> None:
        self._host = host
        self._on_rest = on_rest
        self.view = PictureView(self._on_request)
        self._saving = Saving(self.view.calls, host.in_document)
        self.asking = Asking(
            host.session,
            self._on_picture,
            self._on_late,
            host.in_document,
            host.compile_seconds,
        )
        self.size: tuple[int, int] | None = None
        self.shown: Picture | None = None
        self.way_back = self.home()
        self.cursor = Cursor(host, self.view.calls, self._coloured)
        self._whole = Whole(host, self._coloured, self.view.show_whole)
        self._number = 0  # of the browser's last request
        self._limit = host.state.maxiter  # where the search for the automatic limit begins
        # Automatic limits of views that were at rest, so that coming back shows the same picture.
        self._limits: Recent[Hashable, int] = Recent(most=256)
        self._last: tuple[Draw, Picture] | None = None
        self._drawn_stages: set[str] = set()
        self._seen: Settings | None = None  # of the picture sent last, a coarse one included
        self._outdated = Outdated(self.view.calls, partial(later, host.in_document))
        self._at_rest = AtRest(host, self._is_at_rest, self._on_still, self._show_refined)

    def viewport(self) -> Viewport:
        """The samples of the view at rest, one at the centre of each pixel on screen."""
        nx, ny = self.size or (800, 600)
        state = self._host.state
        return Viewport.from_screen(state.x, state.y, state.width, nx, ny)

    def home(self) -> tuple[Decimal, Decimal, Decimal]:
        """The x, y and width that show all of the formula in a window of this size."""
        known = home(self._host.state.formula, self.size)
        return known.x, known.y, known.width

    def go_home(self) -> None:
        """Have the browser show all of the formula, whatever shape its window takes."""
        state = self._host.state
        self.view.live_at(FORMULAS[state.formula].home)
        self.view.move(state.x, state.y, state.width, fit=True)

    def params_changed(self, names: set[str]) -> None:
        """Somebody else than the browser has changed the view or how it is made."""
        state = self._host.state
        if "maxiter" in names:
            self._limit = state.maxiter
            self._limits.clear()
        if "formula" in names:
            self.way_back = self.home()
            self._limit = HOME.maxiter if state.automatic else state.maxiter
            self.cursor.send_formula()
        self.view.live_at(FORMULAS[state.formula].home)
        at_home = self.size is not None and (state.x, state.y, state.width) == self.home()
        leap = "formula" in names
        other = self._seen is not None and not self._is_of_now(self._seen)
        if other:
            self._outdated.of_something_else(state.formula)
            self._whole.forget()
        self.view.move(state.x, state.y, state.width, fit=at_home, leap=leap)
        self.ask(surround=other)

    def close(self) -> None:
        """Give up what is under way."""
        self.asking.cancel()
        self.cursor.close()

    def ask(self, surround: bool = False) -> None:
        """Ask for the picture of the view at rest, once the window's size is known."""
        if self.size is None:
            return
        self._outdated.smoothing(False)
        view = self.viewport()
        task = self._task(view, self._host.settings(), surround)
        if self._last is not None and not surround and is_same_picture(self._last[0], task):
            # It was drawn in full while the view still moved.
            self.asking.drop()
            self._rest(self._last[1], self._number, sent=True)
            return
        stepwise = self.shown is None or self.shown.view != view
        self.asking.ask(PictureRequest(task, self._number, stepwise=stepwise))

    def _on_request(self, request: Request) -> None:
        """The browser asks for a picture; where the view rests, the params follow it."""
        self._number = request.number
        host, state = self._host, self._host.state
        if request.rest and request.steps not in (None, self.view.steps):
            self.view.answer(request.number)  # of a view that the reader has left by Back
            return
        if not request.rest:
            self._outdated.smoothing(False)
            view = Viewport.from_screen(request.x, request.y, request.width, request.nx, request.ny)
            task = self._task(view, self._preview_settings(view), request.surround)
            task = replace(task, like=self._like(task))
            self.asking.ask(PictureRequest(task, request.number, rest=False))
            return
        if request.width == MIN_WIDTH != state.width:
            host.notify("Closer is not possible: float64 cannot tell smaller pixels apart.")
        elif request.width == MAX_WIDTH != state.width:
            host.notify("There is nothing more to see further out.")
        self.size = (request.nx, request.ny)
        self.view.is_at(request.x, request.y, request.width)
        # A centre from a link may have more digits than the browser's numbers.
        moved: dict[str, Decimal] = {
            name: value
            for name in ("x", "y", "width")
            if float(value := getattr(request, name)) != float(getattr(state, name))
        }
        host.follow(**moved)
        self.ask(request.surround)

    def _task(self, view: Viewport, settings: Settings, surround: bool) -> Draw:
        state = self._host.state
        if state.automatic:
            before = self._limits.get(_place(view, settings))
            settings = replace(settings, maxiter=before or self._limit)
        return Draw(
            view,
            settings,
            state.colouring,
            automatic=state.automatic,
            surround=SURROUND if surround else 0,
        )

    def _like(self, task: Draw) -> tuple[Viewport, Settings] | None:
        """The picture last at rest, if its colours can be those of a picture in motion.

        Not where most counts are others: there all would be at one end of the palette.
        """
        shown = self.shown
        if shown is None or not LOOKS[task.colouring.look].scaled:
            return None
        near = shown.view.width < FARTHEST * task.view.width < FARTHEST**2 * shown.view.width
        same = shown.settings.formula == task.settings.formula and not shown.all_interior
        return (shown.view, shown.settings) if near and same else None

    def _coloured(self, view: Viewport, settings: Settings) -> Draw:
        """The request for a picture beside the one on screen, in its colours."""
        return Draw(view, settings, self._host.state.colouring)

    def _preview_settings(self, view: Viewport) -> Settings:
        """For pictures in motion: the stage itself if it takes any size without compiling."""
        stage = STAGES[self._host.state.stage]
        ready = stage.any_size and (not stage.needs_torch or stage.name in self._drawn_stages)
        return self._host.settings(stage.name if ready else "fast", view=view)

    def _on_late(self, asked: PictureRequest) -> None:
        self.view.set_address(encode(self._host.state))
        self._host.on_outdated()
        shown, asked_for = self.shown, asked.task.settings.stage
        if shown is None or self._outdated.is_other:
            return
        if shown.settings.stage != asked_for:
            self._outdated.of_another_stage(shown.settings, asked_for)

    def cancel(self) -> bool:
        """Give up the picture under way; whether there was one."""
        self._outdated.waits_for_nothing()
        return self.asking.cancel()

    def _on_picture(
        self, outcome: Picture | StageFailure, asked: PictureRequest, last: bool
    ) -> None:
        if isinstance(outcome, StageFailure):
            self._outdated.waits_for_nothing()
            self.view.answer(asked.number, encode(self._host.state))
            self._host.on_failed(outcome)
            return
        self._drawn_stages.add(outcome.settings.stage)
        if asked.task.automatic:
            self._limit = outcome.settings.maxiter
            if asked.rest:
                self._limits.keep(_place(asked.task.view, outcome.settings), self._limit)
        # Once a coarse picture is on its way, no full one is what the browser shows.
        self._last = (asked.task, outcome) if last else None
        if asked.rest and last:
            self._rest(outcome, asked.number)
            return
        self.view.show(outcome, asked.number, rest=False)
        self._sent(outcome.settings, asked.task.settings.stage)

    def _sent(self, settings: Settings, wanted: str) -> None:
        """A picture of these settings is on screen; `wanted` is the stage it was asked of."""
        self._seen = settings
        if not self._is_of_now(settings):
            return  # it was under way when another formula was chosen
        if settings.stage == wanted:
            self._outdated.over()
        elif self._outdated.is_other:  # no longer: a coarse picture was drawn by another stage
            self._outdated.of_another_stage(settings, wanted)

    def _is_of_now(self, settings: Settings) -> bool:
        """Whether a picture is of the formula, and of the c, that are chosen now."""
        now = self._host.settings()
        return (settings.formula, settings.formula_c) == (now.formula, now.formula_c)

    def _rest(self, picture: Picture, number: int, sent: bool = False) -> None:
        """The last picture of a view: show it, then bring up to date what is said of it.

        sent : whether the browser has it already.
        """
        host = self._host
        state = replace(host.state, maxiter=picture.settings.maxiter)
        link = encode(state)
        final = not self._at_rest.will_be_refined(picture)
        if sent:
            self.view.rests(picture, number, link, final)
        else:
            # In motion it had the colours of the view before; see `_like`.
            eased = LOOKS[state.look].scaled
            self.view.show(picture, number, rest=True, link=link, final=final, eased=eased)
        self._sent(picture.settings, picture.settings.stage)
        self._whole.ask(picture.settings)
        self.shown = picture
        self._saving.offer(picture, state)
        if not picture.all_interior:
            self.way_back = state.x, state.y, state.width
        host.follow(maxiter=state.maxiter)
        self._at_rest.watch(picture)

    def _on_still(self, picture: Picture, will_be_refined: bool) -> None:
        """The view on screen is one that was meant; smooth edges may be to come."""
        self._outdated.smoothing(will_be_refined and not self.asking.busy)
        self._on_rest(picture)

    def _show_refined(self, picture: Picture, image: Encoded | None) -> None:
        """In place of the picture that is shown; what is said of that stays.

        image : None where there is none, after all.
        """
        if image is None:
            self.view.rests(picture, self._number, None, final=True)
        else:
            picture = replace(picture, image=image, surround=None, surround_view=None)
            self._saving.offer_instead(picture)
            self.view.show(picture, self._number, rest=True, final=True)
        self._outdated.smoothing(False)

    def _is_at_rest(self, picture: Picture) -> bool:
        """Whether this is the picture on screen, and none is under way."""
        return picture is self.shown and not self.asking.busy


def _place(view: Viewport, settings: Settings) -> Hashable:
    return view, settings.formula, settings.formula_c
