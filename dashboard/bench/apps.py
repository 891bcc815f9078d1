"""The servers: our page, what one would write with HoloViews alone, and a notebook."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

import dashboard
from dashboard.bench.cost import Cpu, cpu_of

ROOT = Path(dashboard.__file__).parent.parent
START_SECONDS, QUIET_SECONDS = 60.0, 120.0

PLAIN = '''"""A HoloViews app: the picture is computed anew whenever the axes have moved."""

import holoviews as hv
import panel as pn

from mandel_core import Viewport, render

hv.extension("bokeh")
NX, NY = {nx}, {ny}
HOME = (-2.5, 1.0, -1.75 * NY / NX, 1.75 * NY / NX)


def compute(left, right, bottom, top, nx, ny):
    view = Viewport.from_bounds(left, right, bottom, top, nx, ny)
    return render(view, "fast", maxiter=200).iterations


def picture(x_range, y_range):
    left, right = x_range or HOME[:2]
    bottom, top = y_range or HOME[2:]
    counts = compute(left, right, bottom, top, NX, NY)
    return hv.Image({flip}, bounds=(left, bottom, right, top), rtol=1)


compute(*HOME, 16, 16)  # compiles
ranges = hv.streams.RangeXY()
plot = hv.DynamicMap(picture, streams=[ranges]).opts(
    cnorm="eq_hist",
    cmap="inferno",
    frame_width=NX,
    frame_height=NY,
    xaxis=None,
    yaxis=None,
    default_tools=[],
    tools=["pan", "wheel_zoom"],
    active_tools=["pan", "wheel_zoom"],
)
pn.panel(plot).servable()
'''


# What a notebook's page is told, once it is there: to run the cell with the explorer.
RUN_CELLS = """(async () => {
    const until = async (holds) => {
        while (!holds()) await new Promise(done => setTimeout(done, 100));
    };
    await until(() => window.jupyterapp?.shell);
    await window.jupyterapp.restored;
    const context = () => window.jupyterapp.shell.currentWidget?.sessionContext;
    await until(context);
    await context().ready;
    await window.jupyterapp.commands.execute("notebook:run-all-cells");
})()"""


@dataclass(frozen=True)
class Server:
    """A running server and where its page is; `slow_port` is that of the slow line to it.

    script : JavaScript without which its page shows no picture.
    """

    name: str
    path: str
    port: int
    slow_port: int
    process: subprocess.Popen[bytes]
    script: str = ""

    def url(self, slow: bool = False) -> str:
        """The page's address."""
        return f"http://localhost:{self.slow_port if slow else self.port}/{self.path}"

    def cpu(self) -> Cpu:
        """The seconds that the server and its children have computed so far."""
        return cpu_of(self.process.pid)

    async def quiet(self, at_most: float = QUIET_SECONDS) -> None:
        """Wait until it has done next to nothing for three seconds: it is warm, or has cleaned."""
        until = time.monotonic() + at_most
        still = 0
        while still < 3 and time.monotonic() < until:
            before = self.cpu()
            await asyncio.sleep(1)
            still = still + 1 if (self.cpu() - before).all < 0.05 else 0


@contextmanager
def ours(scratch: Path) -> Iterator[Server]:
    """The server of our page, with compiler caches and data of its own in `scratch`."""
    with _panel("our page", "dashboard", ROOT / "dashboard", scratch) as server:
        yield server


@contextmanager
def plain(scratch: Path, nx: int, ny: int) -> Iterator[Server]:
    """The server of the plain app, whose picture is as large as ours."""
    file = scratch / "plain.py"
    file.write_text(PLAIN.format(nx=nx, ny=ny, flip="counts[::-1]"), encoding="utf-8")
    with _panel("plain HoloViews", "plain", file, scratch) as server:
        yield server


@contextmanager
def notebook(scratch: Path) -> Iterator[Server]:
    """JupyterLab with a notebook that shows the explorer; OSError if it is not installed."""
    cell: dict[str, object] = {
        "cell_type": "code",
        "id": "explorer",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": "from dashboard import Explorer\nexplorer = Explorer()\nexplorer",
    }
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    content = {"cells": [cell], "metadata": {"kernelspec": kernel}}
    file = scratch / "explorer.ipynb"
    file.write_text(json.dumps(content | {"nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")
    port = free_port()
    command = ["jupyter", "lab", "--no-browser", "--allow-root", "--IdentityProvider.token="]
    command += ["--LabApp.expose_app_in_browser=True", f"--port={port}"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    with _running("JupyterLab", command, f"http://localhost:{port}/api", scratch) as process:
        path = f"lab/tree/{file.name}?reset"
        yield Server("in JupyterLab", path, port, port, process, script=RUN_CELLS)


@contextmanager
def _panel(name: str, path: str, app: Path, scratch: Path) -> Iterator[Server]:
    port, slow_port = free_port(), free_port()
    command = ["panel", "serve", str(app), "--liveness", f"--port={port}"]
    command += [f"--allow-websocket-origin=localhost:{number}" for number in (port, slow_port)]
    with _running(name, command, f"http://localhost:{port}/liveness", scratch) as process:
        yield Server(name, path, port, slow_port, process)


@contextmanager
def _running(
    name: str, command: list[str], answers: str, scratch: Path
) -> Iterator[subprocess.Popen[bytes]]:
    own = {
        "PYTHONPATH": str(ROOT),
        "TORCHINDUCTOR_CACHE_DIR": str(scratch / "inductor"),
        "MANDEL_EXPLORER_DATA": str(scratch / "data"),
        "JUPYTERLAB_SETTINGS_DIR": str(scratch / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(scratch / "workspaces"),
    }
    with (scratch / f"{name}.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=scratch,
            env=os.environ | own,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_it_answers(name, process, answers)
            yield process
        finally:
            children = psutil.Process(process.pid).children(recursive=True)
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
            for child in psutil.wait_procs(children, timeout=10)[1]:
                child.kill()


def _wait_until_it_answers(name: str, process: subprocess.Popen[bytes], address: str) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise OSError(f"the server of {name} did not answer")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port
