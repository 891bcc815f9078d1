"""A link as a QR code, which a phone's camera reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from dashboard.compute.pending import Pending
from dashboard.view.browser_calls import Calls

# Longer ones have more squares than a camera tells apart on a screen.
MOST_CHARACTERS = 600
# Making one takes tens of milliseconds, which the event loop has not.
_maker = ThreadPoolExecutor(1, thread_name_prefix="phone-code")


class PhoneCodes:
    """Answers the browser's wish for the code of what its address bar shows.

    in_document : calls back where models may be changed, from any thread.
    """

    def __init__(self, calls: Calls, in_document: Callable[..., None]) -> None:
        self._calls = calls
        self._pending: Pending[str] = Pending(in_document)
        calls.on("phone", self._on_message)

    def _on_message(self, values: Mapping[str, Any]) -> None:
        address = values["address"]
        if not isinstance(address, str) or urlsplit(address).scheme not in {"http", "https"}:
            raise ValueError("no address of a page")
        if len(address) > MOST_CHARACTERS:
            words = f"This link has more than the {MOST_CHARACTERS} characters that a code has."
            self._calls.send("phone", svg="", words=words)
            return
        self._pending.submit(
            lambda _: _maker.submit(svg, address),
            on_result=lambda made: self._calls.send("phone", svg=made, words=""),
            on_error=lambda _: self._calls.send(
                "phone", svg="", words="The code could not be made."
            ),
        )


def svg(address: str) -> str:
    """The code as an SVG element, black on white with the margin that readers want.

    It has nothing of the address in it but the squares.
    """
    import segno

    code = segno.make(address, error="m", micro=False)
    return str(code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True))
