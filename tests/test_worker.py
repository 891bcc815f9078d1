"""The worker: newest task only, cancelling at any moment, and a process that may die."""

from __future__ import annotations

import gc
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Hashable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from multiprocessing import Pipe
from typing import Any

import numpy as np
import psutil
import pytest

from dashboard.compute import workers
from mandel_core import Frame, Measurement, Settings, StageFailure, Viewport, render
from mandel_core.measurement.measuring import measure_settings
from mandel_core.model.control import NO_CONTROL, Control
from mandel_core.model.job import Job
from mandel_core.rendering import drawing
from mandel_core.runtime import pausing
from mandel_core.runtime.shared_memory import Channel, shared_file
from mandel_core.worker.pool import Pool
from mandel_core.worker.submission import Limits
from mandel_core.worker.tasks import Devices, Draw, Measure, Render
from mandel_core.worker.worker import TRIES, Worker

pytestmark = [pytest.mark.compile, pytest.mark.slow]

VIEW = Viewport.from_bounds(-2.25, 0.75, -1.25, 1.25, 120, 100)
QUICK = Render(VIEW, Settings("numpy", maxiter=20))
ENDLESS = Render(VIEW, Settings("numpy", maxiter=10_000_000))
SLOW_COMPILE = Settings("chunked", chunksize=100)
PATIENCE = 120


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.close()


class Phases:
    """Waits for a word from the worker instead of sleeping."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._came = threading.Condition()

    def __call__(self, phase: str) -> None:
        with self._came:
            self.heard.append(phase)
            self._came.notify_all()

    def wait_for(self, phase: str) -> None:
        with self._came:
            assert self._came.wait_for(lambda: phase in self.heard, PATIENCE)


@dataclass(frozen=True)
class MeasureDisturbed(Measure):
    """Says "running" in the midst of the first run that counts, and waits there for a pause."""

    def run(self, control: Control) -> Measurement:
        steps = itertools.count()

        def stop() -> bool:
            if next(steps) == 12 * self.settings.maxiter - 1:  # the first run and ten are not
                control.on_phase("running")
                while not pausing.seconds() and not control.should_stop():
                    time.sleep(0.001)
            return control.should_stop()

        return measure_settings(self.view, self.settings, self.repeats, control=Control(stop))


DISTURBED = MeasureDisturbed(Viewport.from_bounds(-2, 1, -1, 1, 3, 3), Settings("numpy", 20), 3)


def wait_until_stopped(pid: int | None) -> None:
    """The system's own word: every thread of the process stands still."""
    assert pid is not None
    os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    assert psutil.Process(pid).status() == psutil.STATUS_STOPPED


def result(future: Future[Any]) -> Any:
    return future.result(PATIENCE)


def test_a_frame_comes_back_as_render_makes_it(worker: Worker) -> None:
    frame = result(worker.submit(QUICK))
    here = render(VIEW, "numpy", maxiter=20)
    assert isinstance(frame, Frame)
    np.testing.assert_array_equal(frame.iterations, here.iterations)
    np.testing.assert_array_equal(frame.z, here.z)


def test_pictures_measurements_and_devices_come_back(worker: Worker) -> None:
    picture = result(worker.submit(Draw(VIEW, Settings("numba", maxiter=20))))
    assert picture.image.rgba().shape == (VIEW.ny, VIEW.nx, 4)
    assert not picture.all_interior
    within = Viewport.from_bounds(-0.2, 0.1, -0.1, 0.1, 30, 20)
    black = result(worker.submit(Draw(within, Settings("numba", maxiter=20))))
    assert black.all_interior
    measurement = result(worker.submit(Measure(VIEW, Settings("numpy", maxiter=5), repeats=2)))
    assert isinstance(measurement, Measurement)
    assert len(measurement.run_seconds) == 2
    assert "cpu" in result(worker.submit(Devices()))


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc keeps it")
def test_memory_for_pictures_is_reserved_with_the_first_of_them(worker: Worker) -> None:
    result(worker.submit(QUICK))
    before = worker.health.memory
    result(worker.submit(Draw(VIEW, Settings("numpy", maxiter=20))))
    assert worker.health.memory - before >= drawing.REMEMBERED


@dataclass(frozen=True)
class Arrays:
    """Arrays of `size` bytes and others, each as likely as any other to lose its way."""

    size: int
    compile_key: Hashable = None
    stage: str = "numpy"

    def run(self, control: Control) -> Any:
        control.on_phase("running")
        long = np.random.default_rng(self.size).integers(0, 256, self.size, np.uint8)
        table = np.arange(50_000, dtype=np.complex64).reshape(200, 250)
        empty = np.zeros((0, 4), np.float64)
        return {
            "long": long,
            "again": [long, long[:9]],
            "F": table.T,
            "every": table[::2],
            "0": empty,
        }


@dataclass(frozen=True)
class Kill:
    """The end of the process that runs it."""

    compile_key: Hashable = None
    stage: str = "numpy"

    def run(self, control: Control) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)


def test_large_results_come_back_as_they_are_and_stay_so(worker: Worker) -> None:
    # The shared file has to grow in between, and what came before is not written over.
    sizes = (100, 300_001, 3_000_000, 5_000, 40_000_000, 7_000_000)
    results = [result(worker.submit(Arrays(size))) for size in sizes]
    for size, came in zip(sizes, results, strict=True):
        expected = Arrays(size).run(NO_CONTROL)
        for name in ("long", "F", "every", "0"):
            np.testing.assert_array_equal(came[name], expected[name], strict=True)
            assert came[name].flags.writeable
        assert came["again"][0] is came["long"]
        np.testing.assert_array_equal(came["again"][1], expected["long"][:9])
        assert came["F"].flags.f_contiguous


def test_without_memory_to_share_the_pipe_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(self: Channel, size: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(Channel, "_make_room", no_room)
    here, there = Pipe()
    file = shared_file()
    sender, receiver = Channel(there, file), Channel(here, os.dup(file))
    sent = np.arange(1_000_000)
    thread = threading.Thread(target=sender.send, args=(sent,))
    thread.start()
    np.testing.assert_array_equal(receiver.receive(), sent)
    thread.join()
    sender.close()
    receiver.close()


@pytest.mark.skipif(not os.path.isdir("/dev/fd"), reason="no list of open files")
def test_processes_that_were_killed_leave_nothing_behind() -> None:
    before = len(os.listdir("/dev/fd"))
    worker = Worker()
    for _ in range(3):
        assert result(worker.submit(Arrays(2_000_000)))["long"].size == 2_000_000
        assert result(worker.submit(Kill())).kind == "died"
    worker.close()
    gc.collect()
    assert len(os.listdir("/dev/fd")) == before


def test_a_failing_stage_is_a_value(worker: Worker) -> None:
    outcome = result(worker.submit(Render(VIEW, Settings("chunked", device="cuda:99"))))
    assert isinstance(outcome, StageFailure)
    assert outcome.kind == "no-device"


def test_a_picture_that_takes_too_long_is_given_up(worker: Worker) -> None:
    endless = Draw(VIEW, Settings("numpy", maxiter=10_000_000))
    outcome = result(worker.submit(endless, limits=Limits(run_seconds=0.5)))
    assert isinstance(outcome, StageFailure)
    assert outcome.kind == "too-long"


def test_what_cannot_travel_is_a_value_and_harms_nobody(worker: Worker) -> None:
    def fail(phase: str) -> None:
        raise RuntimeError(phase)

    unpicklable = Draw(VIEW, Settings("numpy", maxiter=2), colouring=(lambda: None))  # type: ignore[arg-type]
    assert isinstance(result(worker.submit(unpicklable)), StageFailure)
    quick = Draw(VIEW, Settings("numba", maxiter=2))
    picture = result(worker.submit(quick, on_phase=fail))
    assert picture.image.rgba().shape == (VIEW.ny, VIEW.nx, 4)


def test_only_the_newest_of_a_session_is_computed(worker: Worker) -> None:
    result(worker.submit(QUICK))
    pid = worker.pid
    futures = [worker.submit(ENDLESS, session="one") for _ in range(5)]
    other = worker.submit(QUICK, session="other")
    newest = worker.submit(QUICK, session="one")
    assert isinstance(result(newest), Frame)
    assert isinstance(result(other), Frame)
    assert all(future.cancelled() for future in futures)
    assert worker.pid == pid, "what can stop between two steps must not cost the process"


def test_cancel_in_mid_compile_replaces_the_process(worker: Worker) -> None:
    phases = Phases()
    compiling = worker.submit(Render(VIEW, SLOW_COMPILE), on_phase=phases)
    phases.wait_for("compiling")
    pid = worker.pid
    assert compiling.cancel()
    assert compiling.cancelled()
    assert isinstance(result(worker.submit(QUICK)), Frame)
    assert worker.pid != pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid or 0, 0)


def test_another_stage_does_not_wait_for_a_compile_nobody_wants(worker: Worker) -> None:
    phases = Phases()
    dropped = worker.submit(Render(VIEW, SLOW_COMPILE), session="one", on_phase=phases)
    phases.wait_for("compiling")
    pid = worker.pid
    assert isinstance(result(worker.submit(QUICK, session="one")), Frame)
    assert dropped.cancelled()
    assert worker.pid != pid


def test_the_same_stage_elsewhere_waits_for_the_compile_it_needs(worker: Worker) -> None:
    settings = Settings("chunked", chunksize=2)
    phases = Phases()
    worker.submit(Render(VIEW, settings), session="one", on_phase=phases)
    phases.wait_for("compiling")
    pid = worker.pid
    moved = Viewport.from_bounds(-1, 0, -0.5, 0.5, VIEW.nx, VIEW.ny)
    frame = result(worker.submit(Render(moved, settings), session="one"))
    assert isinstance(frame, Frame)
    assert frame.view == moved
    assert worker.pid == pid


def test_a_killed_process_is_one_sentence_and_the_next_task_runs(worker: Worker) -> None:
    phases = Phases()
    lost = worker.submit(Render(VIEW, SLOW_COMPILE), on_phase=phases)
    for _ in range(TRIES):
        phases.wait_for("compiling")
        phases.heard.clear()
        os.kill(worker.pid or 0, signal.SIGKILL)
    outcome = result(lost)
    assert isinstance(outcome, StageFailure)
    assert outcome.kind == "died"
    assert "SIGKILL" in outcome.reason
    assert isinstance(result(worker.submit(QUICK)), Frame)


def test_a_task_whose_process_is_killed_once_is_tried_again(worker: Worker) -> None:
    phases = Phases()
    again = worker.submit(Measure(VIEW, Settings("numpy", maxiter=2000), 1), on_phase=phases)
    phases.wait_for("starting")
    os.kill(worker.pid or 0, signal.SIGKILL)
    assert result(again).failure is None
    assert phases.heard.count("starting") == 2


def test_a_process_that_cannot_be_started_is_one_failure_and_not_the_end(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when no file descriptors are left."""
    with monkeypatch.context() as patch:
        patch.setattr(worker._keeper, "_start", fail_to_start)
        outcome = result(worker.submit(QUICK))
    assert (outcome.kind, "Too many open files" in outcome.reason) == ("died", True)
    assert isinstance(result(worker.submit(QUICK)), Frame)


def fail_to_start() -> None:
    raise OSError(24, "Too many open files")


def test_a_process_killed_while_idle_is_replaced_without_a_word(worker: Worker) -> None:
    result(worker.submit(QUICK))
    child = worker._keeper.child
    assert child is not None
    child.process.kill()
    child.process.wait()
    assert isinstance(result(worker.submit(QUICK)), Frame)


def test_closing_cancels_and_ends_the_process(worker: Worker) -> None:
    future = worker.submit(ENDLESS)
    worker.close()
    assert future.cancelled()
    child = worker._keeper.child
    assert child is None or child.process.poll() is not None
    with pytest.raises(RuntimeError):
        worker.submit(QUICK)


def test_a_script_without_a_main_guard_is_not_run_twice(tmp_path: Any) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "print('running')\n"
        "from mandel_core import Settings, Viewport\n"
        "from mandel_core.worker.tasks import Render\n"
        "from mandel_core.worker.worker import Worker\n"
        "view = Viewport.from_bounds(-2, 1, -1, 1, 8, 8)\n"
        "print(Worker().submit(Render(view, Settings('numpy'))).result().z.shape)\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    assert done.stdout.split("\n")[:2] == ["running", "(8, 8)"]


def test_a_run_in_which_the_process_was_paused_is_taken_again(worker: Worker) -> None:
    phases = Phases()
    future = worker.submit(DISTURBED, on_phase=phases)
    phases.wait_for("running")
    with worker.paused():
        with worker.paused():
            wait_until_stopped(worker.pid)
        wait_until_stopped(worker.pid)
        assert not future.done()
    measured = result(future)
    assert measured.retaken == 1
    assert len(measured.run_seconds) == 3
    with pytest.raises(RuntimeError):
        worker.resume()


def test_measuring_stands_still_while_a_picture_is_drawn() -> None:
    pool = workers.pool()
    assert isinstance(pool, Pool)
    measuring = pool.measuring
    phases = Phases()
    measured = workers.measure(DISTURBED, session="measuring", on_phase=phases)
    phases.wait_for("running")
    endless = workers.draw(Draw(VIEW, ENDLESS.settings), session="drawing")
    wait_until_stopped(measuring.pid)
    # The newer picture takes the place of the older, and measuring does not go on in between.
    quick = workers.draw(Draw(VIEW, Settings("numba", maxiter=20)), session="drawing")
    assert endless.cancelled()
    assert result(quick).image.rgba().shape == (VIEW.ny, VIEW.nx, 4)
    assert result(measured).retaken == 1


def test_a_measurement_compiles_while_a_picture_does() -> None:
    drawn, measured = Phases(), Phases()
    picture = workers.draw(Draw(VIEW, SLOW_COMPILE), session="drawing", on_phase=drawn)
    drawn.wait_for("compiling")
    chunks = replace(SLOW_COMPILE, chunksize=3)
    measurement = workers.measure(Measure(VIEW, chunks, 1), session="one", on_phase=measured)
    measured.wait_for("compiling")
    assert not picture.done()
    picture.cancel()
    assert len(result(measurement).run_seconds) == 1


def test_a_measurement_that_stands_still_can_be_cancelled() -> None:
    pool = workers.pool()
    assert isinstance(pool, Pool)
    measuring = pool.measuring
    phases = Phases()
    dropped = workers.measure(DISTURBED, session="measuring", on_phase=phases)
    phases.wait_for("running")
    pid = measuring.pid
    endless = workers.draw(Draw(VIEW, ENDLESS.settings), session="drawing")
    wait_until_stopped(pid)
    assert dropped.cancel()
    newer = workers.measure(QUICK, session="measuring")
    endless.cancel()
    assert isinstance(result(newer), Frame)
    assert measuring.pid == pid, "what could not stop because it stood still keeps its kernels"


def test_a_compile_that_stood_still_is_given_up_once_it_goes_on(worker: Worker) -> None:
    phases = Phases()
    compiling = worker.submit(Render(VIEW, SLOW_COMPILE), on_phase=phases)
    phases.wait_for("compiling")
    pid = worker.pid
    with worker.paused():
        wait_until_stopped(pid)
        assert compiling.cancel()
        newer = worker.submit(QUICK)
    assert isinstance(result(newer), Frame)
    assert worker.pid != pid


@dataclass(frozen=True)
class CompilesUntilPaused:
    """What passed by a job's clock and by the wall's, while a pause fell into compiling."""

    compile_key: Hashable = None
    stage: str = "numpy"

    def run(self, control: Control) -> tuple[float, float]:
        job, started = Job(VIEW, QUICK.settings, control), time.perf_counter()
        with job.compiling():
            while not pausing.seconds():
                time.sleep(0.001)
        return job.compile_seconds, time.perf_counter() - started


def test_time_spent_standing_still_is_no_compile_time(worker: Worker) -> None:
    phases = Phases()
    future = worker.submit(CompilesUntilPaused(), on_phase=phases)
    phases.wait_for("compiling")
    with worker.paused():
        wait_until_stopped(worker.pid)
        stopped = time.perf_counter()
        render(VIEW, "numpy", maxiter=20)
        stopped = time.perf_counter() - stopped
    compiled, wall = result(future)
    assert 0 < compiled <= wall - stopped


def test_a_process_that_starts_while_paused_stands_still(worker: Worker) -> None:
    result(worker.submit(QUICK))
    child = worker._keeper.child
    assert child is not None
    with worker.paused():
        wait_until_stopped(worker.pid)
        child.process.kill()
        child.process.wait()
        future = worker.submit(QUICK)
        while worker._keeper.child is child or worker.pid is None:
            time.sleep(0.001)
        wait_until_stopped(worker.pid)
        assert not future.done()
    assert isinstance(result(future), Frame)


def test_a_paused_worker_can_be_closed(worker: Worker) -> None:
    phases = Phases()
    future = worker.submit(DISTURBED, on_phase=phases)
    phases.wait_for("running")
    worker.pause()
    wait_until_stopped(worker.pid)
    worker.close()
    assert future.cancelled()
    child = worker._keeper.child
    assert child is None or child.process.poll() is not None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of a parent's death")
def test_a_paused_process_does_not_outlive_the_one_that_paused_it(tmp_path: Any) -> None:
    code = (
        "import os\n"
        "from mandel_core import Settings, Viewport\n"
        "from mandel_core.worker.tasks import Render\n"
        "from mandel_core.worker.worker import Worker\n"
        "worker, view = Worker(), Viewport.from_bounds(-2, 1, -1, 1, 8, 8)\n"
        "worker.submit(Render(view, Settings('numpy'))).result()\n"
        "worker.pause()\n"
        "os.waitid(os.P_PID, worker.pid, os.WSTOPPED)\n"
        "print(worker.pid, flush=True)\n"
        "os._exit(0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    try:
        left = psutil.Process(int(done.stdout))
    except psutil.NoSuchProcess:
        return
    left.wait(PATIENCE)
