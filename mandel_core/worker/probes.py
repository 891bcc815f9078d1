"""When questions about points are asked, so that those who measure get on.

What is asked follows the hand, many times a second. Measuring stands still for each, and what it
disturbs is measured again: so while there is measuring, questions come PROBE_GAP_SECONDS apart.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from mandel_core.model.failures import StageFailure
from mandel_core.worker.orbit_tasks import Probe, Probed

PROBE_GAP_SECONDS = 2.0

Answer = Future[Probed | StageFailure]


class Probes:
    """Asks at once, or a little later; of each session only the newest question counts.

    submit : asks for one in a session.
    measuring : whether something is measured just now.
    """

    def __init__(
        self,
        submit: Callable[[Probe, str], Answer],
        measuring: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._submit, self._measuring, self._clock = submit, measuring, clock
        self._lock = threading.Lock()
        self._newest: dict[str, Answer] = {}
        self._next = 0.0

    def ask(self, task: Probe, session: str) -> Answer:
        """The answer to a question, which may be cancelled at any time."""
        answer: Answer = Future()
        with self._lock:
            before, self._newest[session] = self._newest.get(session), answer
            now = self._clock()
            wait = max(0.0, self._next - now) if self._measuring() else 0.0
            self._next = now + wait + PROBE_GAP_SECONDS
        if before is not None:
            before.cancel()
        answer.add_done_callback(lambda _: self._forget(session, answer))
        if wait:
            timer = threading.Timer(wait, self._late, (task, session, answer))
            timer.daemon = True
            timer.start()
        else:
            self._go(task, session, answer)
        return answer

    def _late(self, task: Probe, session: str, answer: Answer) -> None:
        with contextlib.suppress(RuntimeError):  # the workers have been closed
            self._go(task, session, answer)

    def _go(self, task: Probe, session: str, answer: Answer) -> None:
        if answer.done():
            return
        inner = self._submit(task, session)
        answer.add_done_callback(lambda _: inner.cancel())
        inner.add_done_callback(lambda inner: _hand_on(inner, answer))

    def _forget(self, session: str, answer: Answer) -> None:
        with self._lock:
            if self._newest.get(session) is answer:
                del self._newest[session]


def _hand_on(inner: Answer, outer: Answer) -> None:
    if inner.cancelled():
        outer.cancel()
    else:
        with contextlib.suppress(Exception):  # cancelled in this moment
            outer.set_result(inner.result())
