"""Processes that hang, end while nobody needs them, or want too much memory."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

import numpy as np
import psutil
import pytest

from mandel_core import Frame, StageFailure
from mandel_core.model.control import Control
from mandel_core.worker.child import Child
from mandel_core.worker.heartbeat import BEAT_SECONDS, Heartbeat, beat
from mandel_core.worker.tasks import Render
from mandel_core.worker.worker import GRACE_SECONDS, Worker
from tests.test_worker import ENDLESS, PATIENCE, QUICK, VIEW, Phases, result

pytestmark = pytest.mark.slow


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker(patience=1.0)
    yield worker
    worker.close()


class Replaced:
    """Waits until the worker has counted a replacement."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def wait_for(self, why: str) -> None:
        until = time.monotonic() + PATIENCE
        while not self._worker.replaced[why]:
            assert time.monotonic() < until
            time.sleep(0.01)


def test_a_stopped_process_is_replaced_and_its_task_done_again(worker: Worker) -> None:
    phases = Phases()
    result(worker.submit(QUICK))
    pid = worker.pid
    assert pid is not None
    waits = worker.submit(StopOnce(pid), on_phase=phases)
    assert result(waits) == "done"
    assert worker.replaced == {"hung": 1}
    assert not psutil.pid_exists(pid)


@dataclass(frozen=True)
class StopOnce:
    """Stops the process with this number, if it runs in it; done in any other."""

    pid: int
    compile_key: Hashable = None
    stage: str = "numpy"

    def run(self, control: Control) -> str:
        if os.getpid() == self.pid:
            os.kill(self.pid, signal.SIGSTOP)
        return "done"


@dataclass(frozen=True)
class HoldTheInterpreter:
    """Lets no other thread run in the process with this number."""

    pid: int
    compile_key: Hashable = None
    stage: str = "numpy"

    def run(self, control: Control) -> str:
        if os.getpid() == self.pid:
            sys.setswitchinterval(1e9)
            while True:
                pass
        return "done"


def test_a_process_whose_interpreter_is_held_is_replaced(worker: Worker) -> None:
    result(worker.submit(QUICK))
    assert result(worker.submit(HoldTheInterpreter(worker.pid or 0))) == "done"
    assert worker.replaced == {"hung": 1}


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_process_is_replaced_before_anybody_needs_it(
    worker: Worker, how: signal.Signals, caplog: pytest.LogCaptureFixture
) -> None:
    result(worker.submit(QUICK))
    pid = worker.pid or 0
    os.kill(pid, how)
    Replaced(worker).wait_for("ended" if how == signal.SIGKILL else "hung")
    while worker.pid in {pid, None}:
        time.sleep(0.01)
    assert not psutil.pid_exists(pid), "no zombie is left"
    assert "worker process" in caplog.text
    assert isinstance(result(worker.submit(QUICK)), Frame)


def test_a_paused_process_does_not_count_as_hung(worker: Worker) -> None:
    result(worker.submit(QUICK))
    pid = worker.pid
    endless = worker.submit(ENDLESS)
    with worker.paused():
        time.sleep(2.0)  # longer than the patience: nothing else can show that nothing happens
    assert worker.health.answers
    endless.cancel()
    result(worker.submit(QUICK))
    assert worker.pid == pid
    assert not worker.replaced


def test_a_process_that_nobody_hears_ends_without_a_word(capfd: pytest.CaptureFixture[str]) -> None:
    child = Child("worker", None, 20.0)
    # The other half of the connection stays open, by which alone a process may notice sooner.
    with socket.socket(fileno=os.dup(child._connection.fileno())) as end:
        end.shutdown(socket.SHUT_RD)
    child.send(("run", 0, QUICK))
    until = time.monotonic() + PATIENCE
    while child.alive:
        assert time.monotonic() < until
        time.sleep(0.01)
    child.kill()
    assert "Traceback" not in capfd.readouterr().err


@dataclass(frozen=True)
class Starve:
    """Does not stop in time, and does not compute either: as where others take all processors."""

    compile_key: Hashable = None
    stage: str = "numpy"

    def run(self, control: Control) -> None:
        control.on_phase("running")
        time.sleep(3 * GRACE_SECONDS)


def test_a_process_that_could_not_compute_is_not_ended_for_being_late(worker: Worker) -> None:
    result(worker.submit(QUICK))
    pid = worker.pid
    phases = Phases()
    late = worker.submit(Starve(), on_phase=phases)
    phases.wait_for("running")
    late.cancel()
    assert isinstance(result(worker.submit(QUICK)), Frame)
    assert worker.pid == pid
    assert not worker.replaced


def test_a_process_that_does_not_stop_is_ended_with_a_line_in_the_log(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    result(worker.submit(QUICK))
    phases = Phases()
    deaf = worker.submit(Compute(), on_phase=phases)
    phases.wait_for("running")
    deaf.cancel()
    assert isinstance(result(worker.submit(QUICK)), Frame)
    assert worker.replaced == {"cancelled": 1}
    assert "was ended, as its task (cancelled) did not stop; it is replaced" in caplog.text


@dataclass(frozen=True)
class Compute:
    """Computes on and on, and does not look whether it should stop; others may still run."""

    compile_key: Hashable = None
    stage: str = "numpy"

    def run(self, control: Control) -> None:
        control.on_phase("running")
        while True:
            sum(range(1000))


@dataclass(frozen=True)
class Take:
    """Takes so many bytes of memory."""

    size: int
    compile_key: Hashable = None
    stage: str = "numpy"

    def run(self, control: Control) -> int:
        return int(np.ones(self.size, np.uint8).size)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's data")
def test_a_process_has_a_memory_limit_of_its_own() -> None:
    worker = Worker(memory=2**30)
    try:
        outcome = result(worker.submit(Take(2**31)))
        assert isinstance(outcome, StageFailure)
        assert "not enough memory" in outcome.reason
        assert result(worker.submit(Take(2**27))) == 2**27
        assert not worker.replaced
    finally:
        worker.close()


def test_health_says_what_is_under_way(worker: Worker) -> None:
    assert worker.health.answers, "it is not there yet, and nobody needed it"
    phases = Phases()
    measured = worker.submit(ENDLESS, "one", phases)
    waits = worker.submit(Render(VIEW, ENDLESS.settings), "other")
    while not worker.health.busy:
        time.sleep(0.01)
    assert worker.health.waiting == 1
    measured.cancel()
    waits.cancel()
    result(worker.submit(QUICK))
    assert worker.health.memory > 2**20


def test_a_heart_beats_until_it_is_held() -> None:
    heartbeat = Heartbeat()
    beat(os.dup(heartbeat.fd))
    heard = threading.Event()
    for _ in range(3):
        heard.wait(2 * BEAT_SECONDS)
        assert heartbeat.silence() < 20 * BEAT_SECONDS
    assert heartbeat.hung(os.getpid(), patience=60.0) == ""


def test_a_spare_process_takes_over_at_once(worker: Worker) -> None:
    result(worker.submit(QUICK))
    worker.keep_spare(QUICK)
    keeper = worker._keeper
    until = time.monotonic() + PATIENCE
    while keeper._spare is None or keeper._spare.starting:
        assert time.monotonic() < until
        if keeper._spare is not None:
            keeper._spare.hung(held=False)  # looks whether it has begun
        time.sleep(0.01)
    first, spare = worker.pid or 0, keeper._spare.process.pid
    os.kill(first, signal.SIGKILL)
    assert isinstance(result(worker.submit(QUICK)), Frame)
    assert worker.pid == spare
    while keeper._spare is None or keeper._spare.process.pid == spare:
        assert time.monotonic() < until, "there is a new spare one"
        time.sleep(0.01)
    os.kill(keeper._spare.process.pid, signal.SIGSTOP)
    stopped = keeper._spare
    while keeper._spare is stopped:
        assert time.monotonic() < until, "a spare one that hangs is replaced"
        time.sleep(0.01)
    assert isinstance(result(worker.submit(QUICK)), Frame)
    assert worker.pid == spare


def test_a_worker_that_is_closed_leaves_no_spare_behind() -> None:
    worker = Worker()
    result(worker.submit(QUICK))
    worker.keep_spare(QUICK)
    keeper = worker._keeper
    while keeper._spare is None:
        time.sleep(0.01)
    pids = [keeper._spare.process.pid, worker.pid or 0]
    worker.close()
    assert not any(psutil.pid_exists(pid) for pid in pids)
