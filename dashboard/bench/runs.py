"""All visits and all loads of a run, in turn, as plain values."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from contextlib import AsyncExitStack, ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dashboard.bench.apps import ROOT, Server, notebook, ours, plain
from dashboard.bench.browser import browsing
from dashboard.bench.slow_line import slow_line
from dashboard.bench.visits import Visit, picture_size, visit

WINDOW = (1400, 1000)
SLOW_SECONDS, SLOW_BITS = 0.05, 10e6


@dataclass(frozen=True)
class Plan:
    """What to run: `size` is the picture's, where the window's own does not do."""

    ticks: int
    rounds: int
    sessions: tuple[int, ...]
    seconds: float
    slow: bool
    plain: bool
    notebook: bool
    size: tuple[int, int] | None


async def run(plan: Plan) -> dict[str, Any]:
    """Start the servers and the browser, and measure."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, ExitStack() as stack:
        scratch = Path(folder)
        page = stack.enter_context(ours(scratch))
        _progress("our server warms up")
        await page.quiet()
        async with AsyncExitStack() as further:
            browser = await further.enter_async_context(browsing())
            window = WINDOW
            nx, ny = await picture_size(browser, page, window)
            wanted = plan.size or (nx, ny)
            pages = {page: window}
            if plan.notebook:
                lab = stack.enter_context(notebook(scratch))
                pages[lab] = WINDOW
                wanted = await picture_size(browser, lab, WINDOW)
            if wanted != (nx, ny):
                pages[page] = window = window[0] + wanted[0] - nx, window[1] + wanted[1] - ny
                nx, ny = await picture_size(browser, page, window)
            if plan.plain:
                app = stack.enter_context(plain(scratch, nx, ny))
                pages[app] = window
                await picture_size(browser, app, window)  # its first page compiles
            servers = list(pages)
            lines = (False, True) if plan.slow else (False,)
            if plan.slow:
                for server in servers:
                    line = slow_line(server.slow_port, server.port, SLOW_SECONDS, SLOW_BITS)
                    await further.enter_async_context(line)
            pairs = [(server, slow) for slow in lines for server in servers]
            visits: list[list[Visit]] = [[] for _ in pairs]
            share = -(-plan.ticks // plan.rounds)
            for number in range(plan.rounds):
                for (server, slow), results in zip(pairs, visits, strict=True):
                    _progress(f"round {number + 1}, {server.name}{', slow line' if slow else ''}")
                    await asyncio.sleep(1)
                    results.append(await visit(browser, server, pages[server], share, slow, number))
            version = await browser.version()
        loads = [
            {"app": server.name} | await _load(server, sessions, plan.seconds, nx, ny)
            for sessions in plan.sessions
            for server in servers
        ]
    return {
        "chromium": version,
        "window": window,
        "picture": [nx, ny],
        "slow_line": {"seconds_each_way": SLOW_SECONDS, "bits_per_second": SLOW_BITS},
        "visits": [
            {"app": server.name, "slow": slow, "visits": [asdict(each) for each in results]}
            for (server, slow), results in zip(pairs, visits, strict=True)
        ],
        "loads": loads,
    }


async def _load(server: Server, sessions: int, seconds: float, nx: int, ny: int) -> dict[str, Any]:
    _progress(f"{sessions} sessions, {server.name}")
    await server.quiet(at_most=30)
    values = {"port": server.port, "path": server.path, "sessions": sessions, "seconds": seconds}
    values |= {"nx": nx, "ny": ny, "server": server.process.pid}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "dashboard.bench.load"),
        *(f"--{name}={value}" for name, value in values.items()),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(seconds + 240):
            out, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        out = b""
    failed = {"sessions": sessions, "failures": ["the load generator did not finish"]}
    result: dict[str, Any] = json.loads(out) if out else failed
    return result


def _progress(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
