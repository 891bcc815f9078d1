"""The picture as a PNG file: what is on screen and nothing else, with its link inside."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import numpy as np

from dashboard.compute.pending import Pending
from dashboard.state import State
from dashboard.view.browser_calls import Calls
from dashboard.view.link import encode
from mandel_core import FORMULAS, STAGES
from mandel_core.worker.tasks import Picture

# Compressing takes a good part of a second, which the event loop has not; zlib lets others run.
_compressor = ThreadPoolExecutor(1, thread_name_prefix="saving")

_MAX_ADDRESS = 512
# How much of a window's width the numbers in a file's name may be off.
_ROUNDING = 4


class Saving:
    """Answers the browser's wish for a file of the newest picture at rest.

    in_document : calls back where models may be changed, from any thread.
    """

    def __init__(self, calls: Calls, in_document: Callable[..., None]) -> None:
        self._calls = calls
        self._pending: Pending[bytes] = Pending(in_document)
        self._newest: tuple[Picture, State] | None = None
        calls.on("save", self._on_save)

    def offer(self, picture: Picture, state: State) -> None:
        """From now on this is what would be saved."""
        self._newest = picture, state

    def offer_instead(self, picture: Picture) -> None:
        """A better picture of the same: it is what would be saved."""
        if self._newest is not None:
            self._newest = picture, self._newest[1]

    def _on_save(self, values: Mapping[str, Any]) -> None:
        page = values["page"]
        if not isinstance(page, str) or len(page) > _MAX_ADDRESS:
            raise ValueError("no address of a page")
        if self._newest is None:
            self._calls.send("saved", words="There is no picture to save yet.")
        elif not self._pending.busy:
            picture, state = self._newest
            self._pending.submit(
                lambda _: _compressor.submit(png, picture, state, page + encode(state)),
                on_result=lambda data: self._calls.send(
                    "saved", name=file_name(state), data=np.frombuffer(data, np.uint8)
                ),
                on_error=lambda _: self._calls.send(
                    "saved", words="The picture could not be saved; please try again."
                ),
            )


def png(picture: Picture, state: State, link: str) -> bytes:
    """A PNG file of the picture, its pixels those on screen, with the link as its source."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    settings = picture.settings
    told = PngInfo()
    told.add_text("Title", FORMULAS[state.formula].title)
    told.add_text(
        "Description",
        f"Centre {state.x} + {state.y}i, width {state.width}; {settings.maxiter} iterations by "
        f"{STAGES[settings.stage].title}, {settings.dtype}.",
    )
    told.add_text("Software", "Mandelbrot explorer")
    told.add_text("Source", link)
    file = io.BytesIO()
    image = Image.fromarray(picture.image.rgba()[::-1]).convert("RGB")
    image.save(file, "PNG", pnginfo=told)
    return file.getvalue()


def file_name(state: State) -> str:
    """Formula, centre and width: ``mandelbrot_-0.75_0_3.5.png``; as many digits as can be seen."""
    digits = max(_ROUNDING - state.width.adjusted(), 0)
    x, y = (_plain(round(part, digits)) for part in (state.x, state.y))
    return f"{state.formula}_{x}_{y}_{float(state.width):.6g}.png"


def _plain(number: Decimal) -> str:
    return f"{number.normalize() + 0:f}"
