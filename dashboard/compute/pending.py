"""What one part of a page waits for: at most one request, the newest."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from mandel_core import StageFailure
from mandel_core.model.control import Phase, ignore_phase

T = TypeVar("T")
Submit = Callable[[Callable[[Phase], None]], Future[T | StageFailure]]


class Pending(Generic[T]):
    """One request at a time, submitted from the document, answered in it.

    in_document : calls back where models may be changed, from any thread.
    """

    def __init__(self, in_document: Callable[..., None]) -> None:
        self._in_document = in_document
        self._request: object | None = None
        self._future: Future[T | StageFailure] = Future()

    @property
    def busy(self) -> bool:
        """Whether an answer is awaited."""
        return self._request is not None

    def submit(
        self,
        submit: Submit[T],
        on_result: Callable[[T | StageFailure], None],
        on_phase: Callable[[Phase], None] = ignore_phase,
    ) -> None:
        """Give up what was asked before, and ask for this.

        submit : asks, given what is to be called with each phase.
        on_result, on_phase : called in the document, unless something else was asked meanwhile.
        """
        self.cancel()
        request = self._request = object()

        def phase_began(phase: Phase) -> None:
            self._in_document(lambda: on_phase(phase) if self._request is request else None)

        def done(future: Future[T | StageFailure]) -> None:
            if not future.cancelled():
                self._in_document(answer, future)

        def answer(future: Future[T | StageFailure]) -> None:
            if self._request is request:
                self._request = None
                on_result(future.result())

        self._future = submit(phase_began)
        self._future.add_done_callback(done)

    def cancel(self) -> bool:
        """Give up what is awaited; whether there was anything."""
        if self._request is None:
            return False
        self._request = None
        self._future.cancel()
        return True
