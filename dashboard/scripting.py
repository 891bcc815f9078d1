"""What a program asks of an explorer beside its params: the view, the link, the arrays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import asdict
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import param

from dashboard.compute import workers
from dashboard.document import InDocument
from dashboard.params import Params
from dashboard.sharing import place_file, pyramid
from dashboard.subject import Subject
from dashboard.view.flow import PictureFlow
from dashboard.view.link import decode, encode
from mandel_core import Frame, Settings, StageFailure, Viewport
from mandel_core.worker.tasks import Picture, Render, TaskOfStage

if TYPE_CHECKING:
    import xarray

T = TypeVar("T")

# What says where one looks.
WHERE = ("x", "y", "width", "formula", "c")


class Scripting(Params):
    """An explorer as a program sees it, in a notebook cell for instance.

    A picture is made once a browser shows the explorer, since the window decides its samples.
    """

    session: str
    in_document: InDocument
    settings: Callable[..., Settings]
    _flow: PictureFlow

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self._waiting: list[Future[None]] = []
        self._frame: tuple[Picture, Frame] | None = None

    @classmethod
    def from_link(cls, link: str, **params: Any) -> Self:
        """An explorer of what a link shows: a whole address or its query, of this version or old.

        params : what is to differ from it. What cannot be read of it is told beside the picture.
        """
        state, notices = decode(link)
        return cls(notices=notices, **(asdict(state) | params))

    @property
    def link(self) -> str:
        """What is seen now as a query string, to be put after the address of a served page."""
        return encode(self.state)

    @property
    def viewport(self) -> Viewport:
        """The samples of the view at rest, one at the centre of each pixel on screen.

        Set to another one it moves there, as wide; the window decides how many samples there are.
        """
        return self._flow.viewport()

    @viewport.setter
    def viewport(self, view: Viewport) -> None:
        """Move to a viewport."""
        self.param.update(**place_of(view))

    def share(self, other: Scripting, *names: str) -> None:
        """Keep these params of two explorers the same from now on, whoever changes them.

        names : those that say where one looks, if none are given. The other follows at once.
        """
        shared = list(names or WHERE)
        for one, follower in ((self, other), (other, self)):
            one.param.watch(partial(_pass_on, follower), shared)
        other.param.update(**{name: getattr(self, name) for name in shared})

    async def settled(self) -> None:
        """Wait until the picture of the params of now is on screen.

        Waits for a browser that shows the explorer. Raises StageFailure if the picture cannot be
        made, Cancelled if it was given up.
        """
        while not self._is_settled():
            waiting: Future[None] = Future()
            self._waiting.append(waiting)
            await asyncio.wrap_future(waiting)

    @property
    def frame(self) -> Frame:
        """The counts and last values of z of the picture on screen, (ny, nx) each.

        Computed when asked for, by the process that measures, and waited for: not for a callback
        of a served page. Raises RuntimeError before the first picture, StageFailure if it fails.
        """
        picture = self._flow.shown
        if picture is None:
            raise RuntimeError("There is no picture yet: show the explorer, then await settled().")
        if self._frame is None or self._frame[0] is not picture:
            task = Render(picture.view, picture.settings)
            found = workers.measure(task, session=f"{self.session}/frame").result()
            if isinstance(found, StageFailure):
                raise found
            self._frame = picture, found
        return self._frame[1]

    def to_xarray(self) -> xarray.Dataset:
        """`frame` as a Dataset over y and x, with the settings as attributes; needs xarray."""
        import xarray

        frame = self.frame
        x, y = frame.view.axes("float64")
        shape = ("y", "x")
        return xarray.Dataset(
            {
                "iterations": (shape, frame.iterations),
                "z": (shape, frame.z),
            },
            coords={"x": x, "y": y},
            attrs={
                "stage": frame.settings.stage,
                "formula": frame.settings.formula,
                "maxiter": frame.settings.maxiter,
                "dtype": frame.settings.dtype,
                "link": self.link,
            },
        )

    def save(
        self,
        path: str | Path,
        *,
        size: tuple[int, int] | None = None,
        address: str = place_file.ADDRESS,
        most_pixels: int = pyramid.MOST_PIXELS,
        most_seconds: float = pyramid.MOST_SECONDS,
    ) -> Path:
        """Write a file for somebody without a server; the ending says which, and it is returned.

        ``place.html`` is a page that needs nothing else, and no network: the picture at several
        resolutions to pan and zoom in, the settings, the chart of what was measured, and the link.
        It does not compute. ``place.png`` is the picture alone, with its link inside.

        size : columns and rows at 1:1; those of the window that shows the explorer, or 1200 x 800.
        address : of a page that shows it live; the link is put after it.
        most_pixels : of the finest resolution, which is up to four times as fine as at 1:1.
        most_seconds : after which no finer resolution is begun.

        Computed by the processes for pictures, and waited for: not for a callback of a served page.
        Raises ValueError for another ending or size, StageFailure if the picture cannot be made.
        """
        path = Path(path)
        state, threads = self.state, self.threads
        columns, rows = size or self._flow.size or place_file.SIZE
        view = Viewport.from_screen(state.x, state.y, state.width, columns, rows)

        def do(task: TaskOfStage[T], /) -> T:
            future = workers.draw_file(task, session=f"{self.session}/save")
            try:
                outcome = future.result()
            except BaseException:  # interrupted
                future.cancel()
                raise
            if isinstance(outcome, StageFailure):
                raise outcome
            return outcome

        subject = Subject(view, state, threads)
        limits = most_pixels, most_seconds
        path.write_bytes(place_file.content(path.suffix, subject, do, address, *limits))
        return path

    def _arrived(self, failure: Exception | None = None) -> None:
        """Let go on who waits for a picture; failure : why there is none."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if future.set_running_or_notify_cancel():
                if failure is None:
                    future.set_result(None)
                else:
                    future.set_exception(failure)

    def _is_settled(self) -> bool:
        shown = self._flow.shown
        return (
            shown is not None
            and not self._flow.asking.busy
            and shown.view == self.viewport
            and shown.settings == self.settings()
        )


def _pass_on(follower: Scripting, *events: param.parameterized.Event) -> None:
    news = {event.name: event.new for event in events}
    changed = {name: new for name, new in news.items() if getattr(follower, name) != new}
    if changed:
        follower.in_document(partial(follower.param.update, **changed))


def place_of(view: Viewport) -> dict[str, Decimal]:
    """The params that lead to a viewport: its centre, and its width from edge to edge."""
    return {"x": view.x, "y": view.y, "width": view.width}
