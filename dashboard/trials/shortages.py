"""What a machine can be short of: descriptors, room on the disk, the right to write."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from dashboard.trials.guest import Guest
from dashboard.trials.logs import Log, tracebacks
from dashboard.trials.plan import Plan
from dashboard.trials.result import Defect, Results, Row
from dashboard.trials.served import Served, scratch_folder, serving
from dashboard.trials.wandering import ordinary

NX, NY = 400, 300
SHORT_SECONDS = 5.0
BACK_SECONDS = 10.0
LOG_BYTES = 200_000
ROOM = 2**20
# What a system's user has for data and caches, all in one folder.
FOLDERS = {
    "HOME": "home",
    "XDG_CACHE_HOME": "cache",
    "XDG_DATA_HOME": "share",
    "MANDEL_EXPLORER_DATA": "data",
    "TORCHINDUCTOR_CACHE_DIR": "inductor",
    "NUMBA_CACHE_DIR": "numba",
}


async def shortages(server: Served, plan: Plan) -> Results:
    """Descriptors of this server; of others, in the full form, the folders."""
    results = Results()
    if sys.platform == "linux":
        results.add(await _descriptors(server, plan))
    if not plan.short and server.own is not None:
        for kind in ("full", "read-only"):
            results.add(await _folders(kind, plan))
    return results


async def _descriptors(server: Served, plan: Plan) -> Results:
    """No file can be opened while a worker has to be started; then again it can."""
    chance = random.Random(plan.seed)
    log = Log(server.log)
    guest = await Guest.arrive(server.port, nx=NX, ny=NY)
    await guest.see(ordinary(chance, NX, NY), plan.patience)
    soft, hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    used = [int(name) for name in os.listdir(f"/proc/{server.pid}/fd")]
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (max(used) + 2, hard))
    try:
        for worker in server.workers():
            with suppress(psutil.NoSuchProcess):
                os.kill(worker.pid, signal.SIGKILL)
        waiting = asyncio.create_task(Guest.arrive(server.port, nx=NX, ny=NY))
        meanwhile = await guest.see(ordinary(chance, NX, NY), SHORT_SECONDS)
        await asyncio.sleep(SHORT_SECONDS)
    finally:
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (soft, hard))
    flood = log.size()
    words = log.news()
    since = time.perf_counter()
    answer = None
    while answer is None or not answer.picture:
        answer = await guest.see(ordinary(chance, NX, NY), BACK_SECONDS)
        if time.perf_counter() - since > plan.patience:
            break
        await asyncio.sleep(0.1)
    back = time.perf_counter() - since
    came = answer is not None and answer.picture
    try:
        (await waiting).leave()
        newcomer = "is served"
    except Exception as error:
        newcomer = f"is not served: {error!r}"[:120]
    try:
        (await Guest.arrive(server.port, nx=NX, ny=NY)).leave()
        arrived = True
    except Exception:
        arrived = False
    guest.leave()
    answered = "nothing" if meanwhile is None else f"an answer after {meanwhile.seconds:.1f} s"
    title = "no descriptors left while workers are killed"
    return Results(
        [
            Row("faults", f"{title}: what a visitor hears", answered),
            Row("faults", f"{title}, then enough again: a picture",
                f"after {back:.1f} s" if came else "never",
                f"within {BACK_SECONDS:g} s", came and back <= BACK_SECONDS),
            Row("faults", f"{title}: a visitor who came meanwhile", newcomer),
            Row("faults", f"{title}: a visitor who comes afterwards", "is served" if arrived else
                "is not served", "is served", arrived),
            Row("faults", f"{title}: the log", f"{len(words) / 1e3:.0f} kB, in all "
                f"{flood / 1e3:.0f} kB", f"at most {LOG_BYTES / 1e3:.0f} kB",
                len(words) <= LOG_BYTES),
        ],
        [Defect("faults", f"traceback in the log: {kind}", title, times)
         for kind, times in tracebacks(words).items()],
    )  # fmt: skip


async def _folders(kind: str, plan: Plan) -> Results:
    """Start a server whose folders are full, or cannot be written; look, compile and measure."""
    title = f"data, cache and home folders {kind}"
    with scratch_folder() as scratch, _unwritable(scratch / "small", kind) as folder:
        if folder is None:
            return Results([Row("faults", title, "not tried: it takes the right to mount")])
        variables = {name: str(folder / part) for name, part in FOLDERS.items()}
        if kind == "read-only":
            del variables["NUMBA_CACHE_DIR"]  # with it Numba is told where it must write
        try:
            with serving(scratch, variables=variables) as server:
                results = await _look(server, title, plan)
        except OSError as error:
            return Results([Row("faults", f"{title}: the server", str(error), "starts", False)])
    return results


async def _look(server: Served, title: str, plan: Plan) -> Results:
    chance = random.Random(plan.seed)
    log = Log(server.log)
    guest = await Guest.arrive(server.port, nx=NX, ny=NY)
    first = await guest.see(ordinary(chance, NX, NY), plan.patience)
    pressed = guest.press("Measure")
    compiled = await Guest.arrive(server.port, "?stage=chunked&chunk=2", NX, NY)
    other = await compiled.see(ordinary(chance, NX, NY), 4 * plan.patience)
    again = await guest.see(ordinary(chance, NX, NY), plan.patience)
    errors = len(guest.heard.errors) + len(compiled.heard.errors)
    guest.leave()
    compiled.leave()
    alive = server.alive()
    came = [answer is not None and answer.picture for answer in (first, again)]
    said = "nothing" if other is None else "a picture" if other.picture else "that it cannot"
    return Results(
        [
            Row("faults", f"{title}: pictures of fast, before and while Measure is pressed",
                f"{sum(came)} of 2", "both", all(came)),
            Row("faults", f"{title}: what the stage chunked says", said, "anything",
                other is not None),
            Row("faults", f"{title}: the server", f"{'runs' if alive else 'is gone'}, "
                f"{errors} errors sent{'' if pressed else ', no Measure'}", "runs, no errors",
                alive and not errors),
        ],
        [Defect("faults", f"traceback in the log: {kind}", title, times)
         for kind, times in tracebacks(log.news()).items()],
    )  # fmt: skip


@contextmanager
def _unwritable(folder: Path, kind: str) -> Iterator[Path | None]:
    """A folder that is full or cannot be written to; None if this user cannot make one."""
    folder.mkdir()
    for part in FOLDERS.values():
        (folder / part).mkdir(exist_ok=True)
    mounted = os.geteuid() == 0 and _run("mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs",
                                         str(folder))  # fmt: skip
    if mounted:
        for part in FOLDERS.values():
            (folder / part).mkdir()
    try:
        if kind == "full":
            if mounted:
                _fill(folder / "filled")
            yield folder if mounted else None
        elif mounted:
            _run("mount", "-o", "remount,ro", str(folder))
            yield folder
        elif os.geteuid() == 0:
            yield None  # nothing is closed to root
        else:
            for path in (*folder.iterdir(), folder):
                path.chmod(0o555)
            yield folder
            for path in (folder, *folder.iterdir()):
                path.chmod(0o755)
    finally:
        if mounted:
            _run("umount", "-l", str(folder))


def _fill(file: Path) -> None:
    with suppress(OSError), file.open("wb", buffering=0) as filled:
        while filled.write(bytes(4096)):
            pass


def _run(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
