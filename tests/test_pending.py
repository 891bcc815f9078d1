"""What one part of a page waits for: the newest request, however it ends."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest

from dashboard.compute.pending import Pending


class Part:
    """Part of a page, and what it was told."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.pending: Pending[int] = Pending(lambda callback, *args: callback(*args))

    def ask(self, **how: Any) -> Future[int]:
        future: Future[int] = Future()
        self.pending.submit(lambda on_phase: future, self.told.append, **how)
        return future


def test_only_the_newest_is_answered() -> None:
    part = Part()
    assert not part.pending.busy
    first, second = part.ask(), part.ask()
    assert first.cancelled()
    second.set_result(2)
    assert part.told == [2]
    assert not part.pending.busy
    assert not part.pending.cancel()


def test_what_cannot_be_stopped_any_more_is_not_heard() -> None:
    part = Part()
    first = part.ask(on_error=part.told.append)
    first.set_running_or_notify_cancel()
    assert part.pending.cancel()
    first.set_exception(ValueError("late"))
    assert part.told == []


def test_an_error_and_a_request_that_was_given_up_are_told() -> None:
    part, error = Part(), ValueError("no")
    part.ask(on_error=part.told.append).set_exception(error)
    assert part.told == [error]
    future = part.ask(on_given_up=lambda: part.told.append("given up"))
    future.cancel()
    assert part.told == [error, "given up"]
    assert not part.pending.busy
    part.ask(on_given_up=lambda: part.told.append("never"))
    part.pending.cancel()
    assert part.told == [error, "given up"]


def test_what_could_not_be_asked_is_not_awaited() -> None:
    part = Part()

    def closed(on_phase: object) -> Future[int]:
        raise RuntimeError("closed")

    with pytest.raises(RuntimeError):
        part.pending.submit(closed, part.told.append)
    assert not part.pending.busy
