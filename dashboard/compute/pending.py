"""What one part of a page waits for: at most one request, the newest."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from mandel_core.model.control import Phase, ignore_phase

T = TypeVar("T")
Submit = Callable[[Callable[[Phase], None]], Future[T]]


class Pending(Generic[T]):
    """One request at a time, submitted from the document, answered in it with a T.

    in_document : calls back where models may be changed, from any thread.
    """

    def __init__(self, in_document: Callable[..., None]) -> None:
        self._in_document = in_document
        self._request: object | None = None
        self._future: Future[T] = Future()

    @property
    def busy(self) -> bool:
        """Whether an answer is awaited."""
        return self._request is not None

    def submit(
        self,
        submit: Submit[T],
        on_result: Callable[[T], None],
        on_phase: Callable[[Phase], None] = ignore_phase,
        *,
        on_error: Callable[[BaseException], None] | None = None,
        on_given_up: Callable[[], None] | None = None,
    ) -> None:
        """Give up what was asked before, and ask for this.

        submit : asks, given what is to be called with each phase.
        on_result, on_phase : called in the document, unless something else was asked meanwhile.
        on_error : likewise with what was raised; without it, that is raised in the document.
        on_given_up : likewise where whoever was asked gave it up; without it, that is as if the
            answer never came.
        """
        self.cancel()
        request = self._request = object()

        def phase_began(phase: Phase) -> None:
            self._in_document(lambda: on_phase(phase) if self._request is request else None)

        def done(future: Future[T]) -> None:
            if not future.cancelled() or on_given_up is not None:
                self._in_document(answer, future)

        def answer(future: Future[T]) -> None:
            if self._request is not request:
                return
            self._request = None
            if future.cancelled():
                if on_given_up is not None:
                    on_given_up()
            elif on_error is not None and (error := future.exception()) is not None:
                on_error(error)
            else:
                on_result(future.result())

        try:
            self._future = submit(phase_began)
        except BaseException:
            self._request = None
            raise
        self._future.add_done_callback(done)

    def cancel(self) -> bool:
        """Give up what is awaited; whether there was anything."""
        if self._request is None:
            return False
        self._request = None
        self._future.cancel()
        return True
