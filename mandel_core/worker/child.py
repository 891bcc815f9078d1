"""A process that runs tasks, the connection to it, and the signs that it lives."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import subprocess
import sys
import threading
import weakref
from multiprocessing import Pipe
from typing import Any

import psutil

from mandel_core.formulas import FORMULAS
from mandel_core.runtime.pausing import Pauses
from mandel_core.runtime.shared_memory import Channel, shared_file
from mandel_core.stages import STAGES
from mandel_core.stages.own_stage import OwnStage
from mandel_core.worker.heartbeat import Heartbeat
from mandel_core.worker.tasks import Register, RegisterFormula

# glibc gives the memory of a frame back to the system as soon as it is free; getting it again, page
# by page, costs a good part of what computing the next one does. Other C libraries ignore these.
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**25), "MALLOC_TRIM_THRESHOLD_": str(2**27)}

_CODE = (
    "import sys; sys.path[:] = {path!r}; from mandel_core.worker.process import serve; "
    "serve(*{fds}, memory={memory})"
)


class Child:
    """One process. It is started when this is made, and ended by `kill` or with this object.

    role : stands in the process's command line, for whoever looks at a list of processes.
    memory : bytes of data the process may have, None for any number; Linux only.
    patience : seconds it may go without a sign of life.
    """

    def __init__(self, role: str, memory: int | None, patience: float) -> None:
        self._patience = patience
        connection, theirs = Pipe()
        shared = shared_file()
        self._pauses, self._heartbeat = Pauses(), Heartbeat()
        self._connection = connection
        self.channel = Channel(connection, shared)
        self._sending = threading.Lock()
        self._sent: dict[str, bytes] = {}
        fds = (theirs.fileno(), shared, self._pauses.fd, self._heartbeat.fd)
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _CODE.format(path=sys.path, fds=fds, memory=memory), role],
                pass_fds=fds,
                env={**KEEP_MEMORY, **os.environ},
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # so that the compilers it starts can be ended with it
            )
        except BaseException:
            _give_back(self.channel, self._pauses, self._heartbeat)
            raise
        finally:
            theirs.close()
        self._finalizer = weakref.finalize(
            self, _end, self.process, self.channel, self._pauses, self._heartbeat
        )
        # At the interpreter's end this would come before whoever closes the worker, who would take
        # it for a process that has died. It ends by itself once the connection is gone.
        self._finalizer.atexit = False

    def send(self, message: tuple[Any, ...]) -> None:
        """Send a message; if the process has ended, that is noticed when reading."""
        with self._sending, contextlib.suppress(OSError):
            self._connection.send(message)

    def pause(self) -> None:
        """Stop the process and the compilers it started."""
        self._pauses.begin(self.process.pid)

    def resume(self) -> None:
        """Let them go on."""
        self._pauses.end(self.process.pid)
        self._heartbeat.excuse()

    def hung(self, held: bool) -> str:
        """Why the process has to be taken for hung; "" if it need not.

        held : whether it stands still because of `pause`.
        """
        if held:
            self._heartbeat.excuse()
            return ""
        return self._heartbeat.hung(self.process.pid, self._patience)

    @property
    def starting(self) -> bool:
        """Whether it has not given a sign of life yet."""
        return not self._heartbeat.begun

    @property
    def silence(self) -> float:
        """Seconds since its last sign of life."""
        return self._heartbeat.silence()

    @property
    def computed(self) -> float:
        """Seconds of a processor that it has had so far; infinity once it has ended."""
        try:
            times = psutil.Process(self.process.pid).cpu_times()
        except psutil.Error:
            return math.inf
        return float(times.user + times.system)

    @property
    def alive(self) -> bool:
        """Whether the process has not ended. One that has stays a zombie until `kill`.

        As long as it is one, its number is that of its group, and given to no other process.
        """
        if self.process.returncode is not None:
            return False
        try:
            options = os.WEXITED | os.WNOHANG | os.WNOWAIT
            return os.waitid(os.P_PID, self.process.pid, options) is None
        except ChildProcessError:  # cleaned up in this moment
            return False

    def send_registered(self) -> None:
        """Make the registered stages and formulas, as they are now, known to the process."""
        for formula in FORMULAS.registered:
            if self._sent.get(f"formula {formula.name}") != formula.definition:
                self.send(("run", -1, RegisterFormula(formula.definition, formula.name)))
                self._sent[f"formula {formula.name}"] = formula.definition
        for stage in STAGES.registered:
            if isinstance(stage, OwnStage) and self._sent.get(stage.name) != stage.definition:
                # The answer is not waited for.
                self.send(("run", -1, Register(stage.definition, stage.name)))
                self._sent[stage.name] = stage.definition

    def kill(self) -> None:
        """End the process and all it started."""
        self._finalizer()

    @property
    def death(self) -> str:
        """How the process ended; only after `kill`."""
        code = self.process.wait()
        return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


def _end(
    process: subprocess.Popen[bytes], channel: Channel, pauses: Pauses, heartbeat: Heartbeat
) -> None:
    if process.returncode is None:  # also if it has ended: what it started may be there still
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _give_back(channel, pauses, heartbeat)


def _give_back(channel: Channel, pauses: Pauses, heartbeat: Heartbeat) -> None:
    channel.close()
    pauses.close()
    heartbeat.close()
