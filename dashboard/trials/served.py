"""The server that is tried: one of its own with its own folders, or any that runs already."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from dashboard.bench.apps import ROOT, free_port
from dashboard.bench.cost import cpu_of

PATH = "dashboard"
START_SECONDS, STOP_SECONDS = 240.0, 20.0
# What the server started ends by itself once the server has; a busy machine takes its time.
LEFT_SECONDS = 30.0
WORKER = "mandel_core.worker.process"
ROLES = ("drawing", "long", "compiling", "measuring")
# `panel serve`, which beside that counts what it holds when it gets a signal.
_SERVE = """
import gc, json, signal, sys
from collections import Counter
from pathlib import Path
from panel.command import main

def count(*_):
    gc.collect()
    found = Counter(type(one).__name__ for one in gc.get_objects())
    part = Path(out + ".part")
    part.write_text(json.dumps(found))
    part.rename(out)

out = sys.argv[1]
signal.signal(signal.SIGUSR1, count)
sys.argv = ["panel", *sys.argv[2:]]
main()
"""


@dataclass(frozen=True)
class Stopped:
    """How a server ended: after how many seconds, and what was left of it.

    killed : whether it had to be, since it did not end by itself.
    """

    seconds: float
    killed: bool
    left_over: tuple[str, ...]


@dataclass
class Served:
    """A running server.

    log : its log, if that is known.
    count_file : where it writes what it counts; None if it does not.
    own : the process, if it was started here.
    mark : a variable of its environment and its value, which nobody else's processes have.
    """

    port: int
    pid: int
    log: Path | None = None
    count_file: Path | None = None
    own: subprocess.Popen[bytes] | None = None
    mark: tuple[str, str] | None = None

    def alive(self) -> bool:
        """Whether the process is there, and no zombie."""
        if self.own is not None and self.own.poll() is not None:
            return False
        try:
            return bool(psutil.Process(self.pid).status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False

    def answers(self, seconds: float = 10.0, path: str = "liveness") -> bool:
        """Whether the server answers within so many seconds, whatever it says."""
        try:
            urllib.request.urlopen(f"http://localhost:{self.port}/{path}", timeout=seconds).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def family(self) -> list[psutil.Process]:
        """All processes that it started, and those that these did."""
        with suppress(psutil.NoSuchProcess):
            return list(psutil.Process(self.pid).children(recursive=True))
        return []

    def workers(self) -> list[psutil.Process]:
        """The processes that compute for it."""
        found = []
        with suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self.pid).children():
                with suppress(psutil.NoSuchProcess):
                    if any(WORKER in word for word in child.cmdline()):
                        found.append(child)
        return sorted(found, key=lambda child: int(child.pid))

    def memory(self) -> dict[str, int]:
        """Bytes resident now: of the server, and of each worker by role and number."""
        sizes = {}
        for name, process in self._named():
            with suppress(psutil.NoSuchProcess):
                sizes[name] = int(process.memory_info().rss)
        return sizes

    def _named(self) -> Iterator[tuple[str, psutil.Process]]:
        with suppress(psutil.NoSuchProcess):
            yield "server", psutil.Process(self.pid)
        for worker in self.workers():
            with suppress(psutil.NoSuchProcess):
                yield f"{role(worker)} {worker.pid}", worker

    def cpu(self) -> float:
        """Seconds that it and its children have computed."""
        return cpu_of(self.pid).all

    def zombies(self) -> list[int]:
        """Children that have ended and that nobody has asked about."""
        found = []
        for child in self.family():
            with suppress(psutil.NoSuchProcess):
                if child.status() == psutil.STATUS_ZOMBIE:
                    found.append(int(child.pid))
        return found

    def count(self, seconds: float = 240.0) -> dict[str, int] | None:
        """How many objects of each type it holds; None if it does not count."""
        if self.count_file is None:
            return None
        self.count_file.unlink(missing_ok=True)
        os.kill(self.pid, signal.SIGUSR1)
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.alive():
            if self.count_file.exists():
                found: dict[str, int] = json.loads(self.count_file.read_text())
                return found
            time.sleep(0.05)
        return None

    def stop(self) -> Stopped:
        """Ask it to end, as an operator would, and see what is left."""
        family, started = self.family(), time.monotonic()
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        killed = not self._ended(STOP_SECONDS)
        took = time.monotonic() - started
        if killed:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self._ended(STOP_SECONDS)
        family += [process for process in self._descended() if process not in family]
        _, left = psutil.wait_procs(family, timeout=LEFT_SECONDS)
        words = []
        for process in left:
            with suppress(psutil.NoSuchProcess):
                words.append(f"{process.pid} {process.status()} {_short(process)}")
            with suppress(psutil.NoSuchProcess):
                process.kill()
        return Stopped(took, killed, tuple(words))

    def _descended(self) -> list[psutil.Process]:
        """Whatever has the server's environment: also children of workers that are no more."""
        if self.mark is None:
            return []
        (name, value), found = self.mark, []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if process.environ().get(name) == value:
                    found.append(process)
        return found

    def _ended(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while self.alive():
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True


def role(worker: psutil.Process) -> str:
    """What a worker is for, where its command line says so."""
    try:
        last = worker.cmdline()[-1]
    except (psutil.NoSuchProcess, IndexError):
        return "worker"
    return last if last in ROLES else "worker"


def _short(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return " ".join(process.cmdline())[-60:]
    return str(process.pid)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder for a server's data, caches and log, which goes with everything in it."""
    with tempfile.TemporaryDirectory(prefix="trials-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def serving(
    scratch: Path,
    *options: str,
    variables: Mapping[str, str] | None = None,
    lifetime_ms: int = 0,
) -> Iterator[Served]:
    """Start a server with folders of its own in `scratch`; in the end stop it if it still runs.

    options : further ones of `panel serve`.
    variables : further ones of its environment.
    lifetime_ms : how long a session lives that nobody is connected to; 0: as Panel has it.
    """
    port = free_port()
    own = {
        "PYTHONPATH": str(ROOT),
        # Many servers in a row may share what the compiler keeps, if the environment says so.
        "TORCHINDUCTOR_CACHE_DIR": os.environ.get("TORCHINDUCTOR_CACHE_DIR")
        or str(scratch / "inductor"),
        "MANDEL_EXPLORER_DATA": str(scratch / "data"),
        "MANDEL_EXPLORER_TRIAL": str(scratch),
    }
    command = [
        *(sys.executable, "-c", _SERVE, str(scratch / "count.json")),
        *("serve", str(ROOT / "dashboard"), "--liveness", f"--port={port}"),
        *options,
    ]
    if lifetime_ms:
        command += [
            f"--unused-session-lifetime={lifetime_ms}",
            f"--check-unused-sessions={max(lifetime_ms // 4, 100)}",
        ]
    log = scratch / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=scratch,
            env=os.environ | own | dict(variables or {}),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    mark = ("MANDEL_EXPLORER_TRIAL", str(scratch))
    server = Served(port, process.pid, log, scratch / "count.json", process, mark)
    try:
        _wait_until_it_answers(server)
        yield server
    finally:
        if server.alive():
            server.stop()


def _wait_until_it_answers(server: Served) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.alive():
        if server.answers(5):
            return
        time.sleep(0.1)
    words = server.log.read_text(errors="replace")[-2000:] if server.log else ""
    raise OSError(f"the server did not answer\n{words}")
