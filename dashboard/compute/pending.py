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
        self._future: Future[T | StageFailure] | None = None

    @property
    def busy(self) -> bool:
        """Whether an answer is awaited."""
        return self._future is not None

    def submit(
        self,
        submit: Submit[T],
        on_result: Callable[[T | StageFailure], None],
        on_phase: Callable[[Phase], None] = ignore_phase,
    ) -> None:
        """Give up what was asked before, and ask for this.

        submit : asks, given what is to hear of phases.
        on_result, on_phase : called in the document, unless something else was asked meanwhile.
        """
        self.cancel()
        # A phase may come before `submit` has returned its future.
        mine: list[Future[T | StageFailure]] = []

        def hear(phase: Phase) -> None:
            self._in_document(lambda: on_phase(phase) if self._future in mine else None)

        def done(future: Future[T | StageFailure]) -> None:
            if not future.cancelled():
                self._in_document(answer, future)

        def answer(future: Future[T | StageFailure]) -> None:
            if self._future is future:
                self._future = None
                on_result(future.result())

        self._future = future = submit(hear)
        mine.append(future)
        future.add_done_callback(done)

    def cancel(self) -> bool:
        """Give up what is awaited; whether there was anything."""
        future, self._future = self._future, None
        if future is None:
            return False
        future.cancel()
        return True
