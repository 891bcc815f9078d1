"""What a visitor who comes while the server still starts has to wait for, and how long."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from dashboard.lab import stored
from dashboard.state import HOME
from mandel_core import STAGES, Settings
from mandel_core.words import duration
from mandel_core.worker.tasks import Picture

# Seconds; a shorter wait is not worth a sentence.
_WORTH_SAYING = 0.5


def keep(first: Future[Any]) -> None:
    """Once the server's first picture is there, keep what making its kernels ready has taken."""

    def on_done(done: Future[Any]) -> None:
        picture = None if done.cancelled() or done.exception() else done.result()
        if isinstance(picture, Picture) and picture.compile_seconds > _WORTH_SAYING:
            stored.add_drawn(picture)

    first.add_done_callback(on_done)


def words(first: Future[Any] | None) -> str:
    """What the page says until there is a picture.

    first : the server's first picture; None where it is another program's to make.
    """
    if first is None or first.done():
        return "Loading…"
    title = STAGES[HOME.stage].title
    took = stored.compile_seconds(Settings(HOME.stage, dtype="float32"))
    if took is None:
        return f"First start: compiling {title}, which takes some seconds."
    return f"Starting: {title} is made ready, which took about {duration(took)} the last time."
