"""A process that owns all compiling and computing, seen from outside: submit, get a future, cancel.

Compiling holds the interpreter for seconds to minutes and Dynamo is not thread-safe, so it is
kept out of the process that answers people. The process is started with `subprocess`, not with
`multiprocessing`: that would import the caller's main module again, which under `panel serve`
means all of Panel, and in a script without a main guard the script itself.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from mandel_core.model.control import Phase, ignore_phase
from mandel_core.model.failures import StageFailure
from mandel_core.stages import STAGES
from mandel_core.worker.accounts import Accounts
from mandel_core.worker.child import Child
from mandel_core.worker.submission import NO_LIMITS, Limits, Submission
from mandel_core.worker.supervision import Keeper, not_started
from mandel_core.worker.tasks import Task

T = TypeVar("T")
_log = logging.getLogger(__name__)

# How long a cancelled task may go on before its process is killed. Between two steps a task stops
# by itself and the process keeps its kernels; only compiling and very long steps last longer.
GRACE_SECONDS = 0.5
# And at most, where other programs leave its process no processor: a new one would need it as well.
MOST_GRACE_SECONDS = 5.0

# How often a process is looked after, with a task and without.
BUSY_SECONDS, IDLE_SECONDS = 0.05, 0.25

# How many processes a task may be tried in if they end over it.
TRIES = 3

# How long to wait after a process could not be started.
PAUSE_SECONDS = 0.5


@dataclass(frozen=True)
class Health:
    """How a worker does.

    answers : whether its process is there and gives signs of life.
    busy, waiting : whether a task is under way, and how many wait for it.
    memory : bytes that are resident.
    replaced : how often the process was replaced, by reason.
    """

    answers: bool
    busy: bool
    waiting: int
    memory: int
    replaced: dict[str, int]


class Worker:
    """Runs tasks one at a time in a process of its own.

    Of each session only the newest task counts: submitting another cancels the one before. Of
    several sessions that wait, the one whose visitor has cost least lately comes first. The process
    is replaced when it ends or hangs.

    role : names the process in the log and in its command line.
    accounts : what visitors have cost; several workers may share it.
    memory : bytes of data the process may have; Linux only.
    patience : seconds the process may go without a sign of life.
    """

    def __init__(
        self,
        role: str = "worker",
        accounts: Accounts | None = None,
        memory: int | None = None,
        patience: float = 20.0,
    ) -> None:
        self.role = role
        self._accounts = Accounts() if accounts is None else accounts
        self._keeper = Keeper(role, memory, patience)
        self._changed = threading.Condition()
        self._waiting: OrderedDict[str, Submission] = OrderedDict()
        self._running: Submission | None = None
        self._closed = False
        self._numbers = itertools.count()
        self._thread = threading.Thread(target=self._supervise, name=f"mandel-{role}", daemon=True)
        self._thread.start()

    def submit(
        self,
        task: Task[T],
        session: str = "",
        on_phase: Callable[[Phase], None] = ignore_phase,
        limits: Limits = NO_LIMITS,
    ) -> Future[T | StageFailure]:
        """Ask for `task`; the session's earlier task, if it is not done, is cancelled.

        session : whose; what stands before its first slash names the visitor, whose account pays.

        The future's result is the task's, or a StageFailure if the stage cannot run, the process
        died or a limit was reached; it never raises but for being cancelled. `future.cancel()`
        works at any time, also in mid-compile: then the process is replaced, unless what it
        compiles is waited for by another task. `on_phase` is called with "compiling" and
        "running" as they alternate, in another thread. Raises RuntimeError once this worker
        is closed.
        """
        request = Submission(next(self._numbers), task, session, on_phase, limits)
        with self._changed:
            if self._closed:
                raise RuntimeError("this worker is closed")
            dropped = self._waiting.pop(session, None)
            running = self._running
            self._waiting[session] = request
            self._changed.notify_all()
        if dropped is not None:
            dropped.future.cancel()
        if running is not None and running.session == session:
            running.future.cancel()
        request.future.add_done_callback(lambda future: self._on_done(request))
        return request.future

    def keep_spare(self, *warming: Task[Any]) -> None:
        """From now on have a second process at hand; in each new one these tasks are run first."""
        self._keeper.keep_spare(*warming)

    def close(self) -> None:
        """Cancel everything and end the process."""
        self._keeper.closing.set()
        with self._changed:
            self._closed = True
            requests = [*self._waiting.values(), *([self._running] if self._running else [])]
            self._changed.notify_all()
        for request in requests:
            request.future.cancel()
        self._thread.join(timeout=10)

    def pause(self) -> None:
        """Let the process and the compilers it started stand still until as many `resume`s.

        A task under way goes on from where it was. What it spent standing still is in no time it
        reports, and a measurement takes the run it was in again. Cancelling and closing work
        meanwhile.
        """
        self._keeper.pause()

    def resume(self) -> None:
        """Take one `pause` back. Raises RuntimeError if there is none."""
        self._keeper.resume()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Paused while inside."""
        self.pause()
        try:
            yield
        finally:
            self.resume()

    @property
    def pid(self) -> int | None:
        """The process's number, None before the first task."""
        child = self._keeper.child
        return child.process.pid if child else None

    @property
    def replaced(self) -> Counter[str]:
        """How often the process was replaced, by reason, as "ended", "hung" or "cancelled"."""
        return self._keeper.replaced

    @property
    def busy(self) -> bool:
        """Whether a task is under way or waits."""
        return self._running is not None or bool(self._waiting)

    @property
    def under_way(self) -> tuple[str, str] | None:
        """The session of the task under way, and its stage; None if there is none."""
        running = self._running
        return (running.session, running.task.stage) if running is not None else None

    @property
    def health(self) -> Health:
        """How the process does."""
        keeper = self._keeper
        return Health(
            keeper.answers,
            self._running is not None,
            len(self._waiting),
            keeper.memory,
            dict(sorted(keeper.replaced.items())),
        )

    def _on_done(self, request: Submission) -> None:
        """A future is done; if it was cancelled, its task is stopped."""
        if not request.future.cancelled():
            return
        request.future.set_running_or_notify_cancel()
        with self._changed:
            if self._waiting.get(request.session) is request:
                del self._waiting[request.session]
            elif self._running is request:
                self._stop(request)

    def _stop(self, request: Submission) -> None:
        """Have a task that is under way end by itself, or soon by force."""
        request.kill_at = time.monotonic() + GRACE_SECONDS
        if child := self._keeper.child:
            request.computed = child.computed
            child.send(("stop", request.number))

    def _supervise(self) -> None:
        while (request := self._next()) is not None:
            outcome = self._outcome(request)
            with self._changed:
                self._running = None
            self._accounts.charge(request.visitor, request.seconds)
            # It may have been cancelled in this very moment; then no result is wanted.
            with contextlib.suppress(Exception):
                request.future.set_result(outcome)
        self._keeper.close()

    def _next(self) -> Submission | None:
        """Wait for a request, and look after the process meanwhile; None once this is closed."""
        while True:
            with self._changed:
                idle = not self._may_run()
            if idle:  # else it is looked after while it runs something
                self._keeper.look_after()
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._may_run(), IDLE_SECONDS)
                if self._closed:
                    return None
                if may := self._may_run():
                    # The visitor with the least recent cost goes first.
                    levels = {waits.visitor: self._accounts.level(waits.visitor) for waits in may}
                    request = min(may, key=lambda waits: (levels[waits.visitor], waits.number))
                    del self._waiting[request.session]
                    self._running = request
                    return request
                over = [waits for waits in self._waiting.values() if not waits.told_of_budget]
            for waits in over:
                waits.told_of_budget = True
                waits.report("over budget")

    def _may_run(self) -> list[Submission]:
        """The requests that wait and whose visitors may cost more."""
        return [waits for waits in self._waiting.values() if not self._accounts.wait(waits.visitor)]

    def _outcome(self, request: Submission) -> Any:
        """The request's result; tried again if the process ends over it by no fault of ours.

        Whatever goes wrong is the failure of this request alone; others are still served.
        """
        try:
            for _ in range(TRIES):
                request.kill_at, request.begun, request.compiling = None, False, False
                outcome = self._execute(request)
                if not _died(outcome) or request.future.cancelled() or self._closed:
                    break
        except Exception as error:
            not_started(self.role, error)
            self._keeper.closing.wait(PAUSE_SECONDS)
            reason = f"The process that computes could not be started: {error}."
            return StageFailure(request.task.stage, "died", reason)
        return outcome

    def _execute(self, request: Submission) -> Any:
        keeper, child = self._keeper, self._keeper.ready()
        child.send_registered()
        try:
            child.send(("run", request.number, request.task))
        except Exception as error:  # whatever pickle says of a task that cannot travel
            reason = f"The request cannot be sent to the worker: {error}"
            return StageFailure(request.task.stage, "error", reason)
        if request.future.cancelled():  # between its becoming the running one and the line above
            self._stop(request)
        looked = time.monotonic()
        try:
            while True:
                came = child.channel.poll(BUSY_SECONDS)
                now = time.monotonic()
                if request.begun and not keeper.held:
                    request.spent[request.compiling] += now - looked
                looked = now
                if came:
                    kind, number, value = child.channel.receive()
                    if number != request.number:
                        continue
                    if kind == "begun":  # a new process takes its time to get there
                        request.begun = True
                        continue
                    if kind == "done":
                        return value if value is not None else request.given_up
                    request.compiling = value == "compiling"
                    request.report(value)
                elif over := self._overdue(child, request):
                    keeper.give_up(child, over)
                    return request.given_up
                elif how := child.hung(keeper.held):
                    return self._lost(child, how, request)
        except (EOFError, OSError):
            return self._lost(child, "ended", request)

    def _lost(self, child: Child, how: str, request: Submission) -> StageFailure:
        words = self._keeper.lose(child, how)
        reason = (
            f"The process that computes {words}, {TRIES} times with this; a new one is started."
        )
        return StageFailure(request.task.stage, "died", reason)

    def _overdue(self, child: Child, request: Submission) -> str:
        """Stop the task when its result is not wanted any more; why it must be ended now, or ""."""
        if self._closed:
            return "closed"
        # It cannot stop by itself, nor disturb; or the process is not ready, for anybody.
        if self._keeper.held or not request.begun:
            if request.kill_at is not None:
                request.kill_at = time.monotonic() + GRACE_SECONDS
            return ""
        if request.kill_at is None:
            if request.given_up or self._yields(request):
                self._stop(request)
            return ""
        if time.monotonic() < request.kill_at or self._starves(child, request):
            return ""
        if self._compiles_for_another(request):
            request.kill_at = time.monotonic() + GRACE_SECONDS  # it can stop only after that
            return ""
        return "given up" if request.given_up else "cancelled"

    def _yields(self, request: Submission) -> bool:
        """Whether it has had its time, and another visitor waits.

        Loading kernels is no part of that time: the next task needs them as well.
        """
        if request.compiling or request.spent[False] <= request.limits.yield_seconds:
            return False
        with self._changed:
            request.yielded = any(request.gives_way_to(waits) for waits in self._may_run())
        return request.yielded

    def _starves(self, child: Child, request: Submission) -> bool:
        """Whether it could not stop so far, as its process has hardly had a processor since.

        Compilers are processes of their own, for which this one waits.
        """
        late = time.monotonic() - (request.kill_at or 0.0) + GRACE_SECONDS
        had = child.computed - request.computed
        return not request.compiling and late < MOST_GRACE_SECONDS and had < GRACE_SECONDS

    def _compiles_for_another(self, request: Submission) -> bool:
        """Whether what this one compiles is what another waits for, who may yet have it.

        Between two compilations it runs for moments; a run stops by itself. Without torch compiling
        is a matter of seconds, or of loading what is compiled, and serves everybody: killing the
        process would have the next one begin with the same.
        """
        if not request.spent[True] or (request.given_up and not request.yielded):
            return False
        stage = request.task.stage
        if request.compiling and stage in STAGES and not STAGES[stage].needs_torch:
            return True
        with self._changed:
            keys = [waits.task.compile_key for waits in self._waiting.values()]
        key: Hashable = request.task.compile_key
        return key in keys


def _died(outcome: Any) -> bool:
    return isinstance(outcome, StageFailure) and outcome.kind == "died"
