"""A link as a QR code, which a phone's camera reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from dashboard.view.calls import Calls

# Longer ones have more squares than a camera tells apart on a screen.
MOST_CHARACTERS = 600
# Making one takes tens of milliseconds, which the event loop has not.
_maker = ThreadPoolExecutor(1, thread_name_prefix="phone-code")


class PhoneCodes:
    """Answers the browser's wish for the code of what its address bar shows.

    in_document : calls back where models may be changed, from any thread.
    """

    def __init__(self, calls: Calls, in_document: Callable[..., None]) -> None:
        self._calls, self._in_document = calls, in_document
        self._newest: Future[str] | None = None
        calls.on("phone", self._on_message)

    def _on_message(self, values: Mapping[str, Any]) -> None:
        address = values["address"]
        if not isinstance(address, str) or urlsplit(address).scheme not in {"http", "https"}:
            raise ValueError("no address of a page")
        if len(address) > MOST_CHARACTERS:
            words = f"This link has more than the {MOST_CHARACTERS} characters that a code has."
            self._calls.send("phone", svg="", words=words)
            return
        if self._newest is not None:
            self._newest.cancel()
        self._newest = _maker.submit(svg, address)
        self._newest.add_done_callback(lambda made: self._in_document(self._on_made, made))

    def _on_made(self, made: Future[str]) -> None:
        if made is not self._newest or made.cancelled():
            return
        if made.exception() is None:
            self._calls.send("phone", svg=made.result(), words="")
        else:
            self._calls.send("phone", svg="", words="The code could not be made.")


def svg(address: str) -> str:
    """The code as an SVG element, black on white with the margin that readers want.

    It has nothing of the address in it but the squares.
    """
    import segno

    code = segno.make(address, error="m", micro=False)
    return str(code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True))
