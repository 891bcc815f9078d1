"""A pool in a program of its own, asked through a socket."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from multiprocessing.connection import Client
from pathlib import Path
from typing import Any

import psutil
import pytest

from mandel_core import StageFailure
from mandel_core.worker.pool_client import RemotePool
from mandel_core.worker.tasks import Measure, Picture
from tests.browsing import NO_TORCH, ROOT
from tests.test_pool import HEAVY, LIGHT
from tests.test_worker import ENDLESS, PATIENCE, VIEW, Phases

pytestmark = pytest.mark.slow


def result(future: Future[Any]) -> Any:
    return future.result(PATIENCE)


@contextmanager
def computing(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "dashboard.compute", "--compute", str(path)]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | NO_TORCH)
    try:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                Client(str(path), "AF_UNIX").close()
                break
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("socket") / "pool"
    with computing(path):
        yield path


@pytest.fixture
def pool(path: Path) -> Iterator[RemotePool]:
    pool = RemotePool(path)
    yield pool
    pool.close()


def test_pictures_measurements_and_devices_come_through_it(pool: RemotePool) -> None:
    picture = result(pool.draw(LIGHT, "one"))
    assert isinstance(picture, Picture)
    assert picture.image.rgba().shape == (VIEW.ny, VIEW.nx, 4)
    phases = Phases()
    measured = result(pool.measure(Measure(VIEW, LIGHT.settings, 2), "one", phases))
    assert len(measured.run_seconds) == 2
    assert "starting" in phases.heard
    assert "cpu" in result(pool.devices())
    assert {"drawing", "long", "compiling", "measuring"} == set(pool.health())


def test_what_is_cancelled_or_left_behind_does_not_go_on(path: Path, pool: RemotePool) -> None:
    cancelled = pool.draw(HEAVY, "one")
    assert cancelled.cancel()
    leaves = RemotePool(path)
    phases = Phases()
    leaves.measure(Measure(VIEW, ENDLESS.settings), "one", phases)
    phases.wait_for("starting")  # first: it stands still while there is a picture to draw
    leaves.draw(HEAVY, "one")
    assert isinstance(result(leaves.draw(LIGHT, "three")), Picture)  # while the first go on
    leaves.close()
    # Behind those two in the same processes; both would take hours.
    assert isinstance(result(pool.draw(LIGHT, "two")), Picture)
    assert result(pool.measure(Measure(VIEW, LIGHT.settings, 1), "two")).failure is None


def test_only_its_user_may_ask_and_nobody_else_may_listen(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    command = [sys.executable, "-m", "dashboard.compute", "--compute", str(path)]
    second = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert second.returncode == 1
    assert "another process listens" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_server_that_goes_away_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "pool"
    pool = RemotePool(path)
    failure = result(pool.draw(LIGHT, "one"))
    assert isinstance(failure, StageFailure)
    assert "are away" in failure.reason
    assert not pool.health()["computing"].answers
    with computing(path) as process:
        assert isinstance(result(pool.draw(LIGHT, "one")), Picture)
        lost = pool.draw(HEAVY, "one")
        children = psutil.Process(process.pid).children(recursive=True)
        os.kill(process.pid, signal.SIGKILL)
        assert "are away" in result(lost).reason
    for child in children:
        child.wait(PATIENCE)
    with computing(path):  # the socket of the one that was killed is in its way
        assert isinstance(result(pool.draw(LIGHT, "one")), Picture)
    pool.close()
