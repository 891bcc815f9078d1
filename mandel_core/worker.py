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
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from multiprocessing import Pipe
from typing import Any, TypeVar

from mandel_core.job import _ignore
from mandel_core.outcomes import StageFailure
from mandel_core.pauses import Pauses
from mandel_core.registering import OwnStage
from mandel_core.stages import STAGES
from mandel_core.tasks import Register, Task
from mandel_core.transfer import Channel, shared_file

T = TypeVar("T")
_log = logging.getLogger(__name__)

# How long a cancelled task may go on before its process is killed. Between two steps a task stops
# by itself and the process keeps its kernels; only compiling and very long steps last longer.
GRACE_SECONDS = 0.5

# After a process could not be started: whatever is short, trying on and on makes it shorter.
BACK_OFF_SECONDS = 0.5

# glibc gives the memory of a frame back to the system as soon as it is free; getting it again, page
# by page, costs a good part of what computing the next one does. Elsewhere nobody reads these.
_KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**25), "MALLOC_TRIM_THRESHOLD_": str(2**27)}

_CHILD = (
    "import sys; sys.path[:] = {path!r}; from mandel_core.worker_process import serve; serve{fds}"
)


@dataclass(eq=False)
class _Request:
    number: int
    task: Task[Any]
    session: str
    on_phase: Callable[[str], None]
    compile_key: Hashable
    future: Future[Any] = field(default_factory=Future)
    patient: bool = False  # cancelled, but what it compiles is wanted by its successor
    kill_at: float | None = None


class Worker:
    """Runs tasks one at a time in a process of its own.

    Of each session only the newest task counts: submitting another cancels the one before.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: OrderedDict[str, _Request] = OrderedDict()
        self._running: _Request | None = None
        self._closed = False
        self._numbers = itertools.count()
        self._child: _Child | None = None
        self._holds = 0
        self._holding = threading.Lock()
        self._thread = threading.Thread(target=self._supervise, name="mandel-worker", daemon=True)
        self._thread.start()

    def submit(
        self,
        task: Task[T],
        session: str = "",
        on_phase: Callable[[str], None] = _ignore,
    ) -> Future[T | StageFailure]:
        """Ask for `task`; the session's earlier task, if it is not done, is cancelled.

        The future's result is the task's, or a StageFailure if the stage cannot run or the
        process died; it never raises but for being cancelled. `future.cancel()` works at any
        time, also in mid-compile: then the process is replaced. `on_phase` hears "compiling" and
        "running" as they alternate, in another thread.
        """
        request = _Request(next(self._numbers), task, session, on_phase, task.compile_key)
        with self._changed:
            if self._closed:
                raise RuntimeError("this worker is closed")
            dropped = self._waiting.pop(session, None)
            running = self._running
            self._waiting[session] = request
            self._changed.notify_all()
        if dropped is not None:
            dropped.future.cancel()
        if running is not None and running.session == session and not running.future.done():
            running.patient = running.compile_key == request.compile_key
            running.future.cancel()
        request.future.add_done_callback(lambda future: self._settle(request))
        return request.future

    def close(self) -> None:
        """Cancel everything and end the process."""
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
        with self._holding:
            self._holds += 1
            if self._holds == 1 and self._child:
                self._child.pause()

    def resume(self) -> None:
        """Take one `pause` back. Raises RuntimeError if there is none."""
        with self._holding:
            if not self._holds:
                raise RuntimeError("this worker is not paused")
            self._holds -= 1
            if not self._holds and self._child:
                self._child.resume()

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
        return self._child.process.pid if self._child else None

    def _settle(self, request: _Request) -> None:
        """A future is done; if by cancelling, see that nothing goes on for it in vain."""
        if not request.future.cancelled():
            return
        request.future.set_running_or_notify_cancel()
        with self._changed:
            if self._waiting.get(request.session) is request:
                del self._waiting[request.session]
            elif self._running is request:
                if not request.patient:
                    request.kill_at = time.monotonic() + GRACE_SECONDS
                if self._child:
                    self._child.send(("stop", request.number))

    def _supervise(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    break
                _, request = self._waiting.popitem(last=False)
                if request.future.done():
                    continue
                self._running = request
            outcome = self._outcome(request)
            with self._changed:
                self._running = None
            # Somebody may have cancelled in this very moment, which is as good as in time.
            with contextlib.suppress(Exception):
                request.future.set_result(outcome)
        if self._child:
            self._child.kill()

    def _outcome(self, request: _Request) -> Any:
        """The request's result, at the second try if the process dies over the first.

        Whatever goes wrong is the failure of this request alone; others are still served.
        """
        try:
            outcome = self._execute(request)
            if _died(outcome) and not request.future.cancelled() and not self._closed:
                outcome = self._execute(request)
        except Exception as error:
            _log.exception("A request could not be served")
            self._closed_or(BACK_OFF_SECONDS)
            reason = f"The process that computes could not be started: {error}."
            return StageFailure(request.task.stage, "died", reason)
        return outcome

    def _closed_or(self, seconds: float) -> None:
        """Wait so long, or until this worker is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed, timeout=seconds)

    def _execute(self, request: _Request) -> Any:
        if self._child is None or self._child.process.poll() is not None:
            self._start()
        child = self._child
        assert child is not None
        child.tell_stages()
        try:
            child.send(("run", request.number, request.task))
        except Exception as error:  # whatever pickle says of a task that cannot travel
            reason = f"The request cannot be sent to the worker: {error}"
            return StageFailure(request.task.stage, "error", reason)
        if request.future.cancelled():  # between its becoming the running one and the line above
            child.send(("stop", request.number))
        try:
            while True:
                while not child.channel.poll(0.05):
                    if request.kill_at is None:
                        continue
                    if self._holds and not self._closed:  # it cannot stop by itself, nor disturb
                        request.kill_at = time.monotonic() + GRACE_SECONDS
                    elif time.monotonic() > request.kill_at:
                        self._replace(child)
                        return None
                kind, number, value = child.channel.receive()
                if number != request.number:
                    continue
                if kind == "done":
                    return value
                try:
                    request.on_phase(value)
                except Exception:
                    _log.exception("A listener to a task's phases failed")
        except (EOFError, OSError):
            self._replace(child)
            _log.warning("A process that computes ended unexpectedly (%s); replaced", child.death)
            return StageFailure(
                request.task.stage,
                "died",
                f"The process that computes ended unexpectedly ({child.death}), twice with this; "
                "a new one has been started.",
            )

    def _replace(self, child: _Child) -> None:
        with self._holding:
            child.kill()
            self._child = None
        if not self._closed:
            self._start()

    def _start(self) -> None:
        with self._holding:
            self._child = _Child()
            if self._holds:
                self._child.pause()


def _died(outcome: Any) -> bool:
    return isinstance(outcome, StageFailure) and outcome.kind == "died"


class _Child:
    """The process, the connection to it, and the channel through which it answers."""

    def __init__(self) -> None:
        connection, theirs = Pipe()
        shared = shared_file()
        self._pauses = Pauses()
        self._connection = connection
        self.channel = Channel(connection, shared)
        self._sending = threading.Lock()
        self._told: dict[str, bytes] = {}
        fds = (theirs.fileno(), shared, self._pauses.fd)
        code = _CHILD.format(path=sys.path, fds=fds)
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            pass_fds=fds,
            env={**_KEEP_MEMORY, **os.environ},
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # so that the compilers it starts can be ended with it
        )
        theirs.close()
        self._finalizer = weakref.finalize(self, _end, self.process, self.channel, self._pauses)

    def send(self, message: tuple[Any, ...]) -> None:
        with self._sending, contextlib.suppress(OSError):  # a dead process is noticed when reading
            self._connection.send(message)

    def pause(self) -> None:
        self._pauses.begin(self.process.pid)

    def resume(self) -> None:
        self._pauses.end(self.process.pid)

    def tell_stages(self) -> None:
        """Make the registered stages, as they are now, known to the process."""
        for stage in STAGES.registered:
            if isinstance(stage, OwnStage) and self._told.get(stage.name) != stage.definition:
                # Nobody waits for what comes back.
                self.send(("run", -1, Register(stage.definition, stage.name)))
                self._told[stage.name] = stage.definition

    def kill(self) -> None:
        self._finalizer()

    @property
    def death(self) -> str:
        code = self.process.wait()
        return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


def _end(process: subprocess.Popen[bytes], channel: Channel, pauses: Pauses) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    channel.close()
    pauses.close()
