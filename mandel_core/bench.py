"""All stages side by side on the tutorial's scene: `python -m mandel_core.bench`.

Prints a Markdown table, or one JSON object with `--json`; `--readme FILE` also puts the table
between the markers `<!-- stages -->` and `<!-- /stages -->` of FILE. Progress goes to stderr.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

from mandel_core.engine import render_settings
from mandel_core.job import Settings
from mandel_core.outcomes import StageFailure
from mandel_core.stage import Stage
from mandel_core.stages import STAGES
from mandel_core.viewport import Viewport

BOUNDS = (-2.25, 0.75, -1.25, 1.25)
SLOW_SECONDS = 3.0  # a run above this is repeated only SLOW_REPEATS times
SLOW_REPEATS = 2
START, END = "<!-- stages -->", "<!-- /stages -->"

_progress = partial(print, file=sys.stderr, flush=True)


@dataclass
class Row:
    """One stage's line of the table."""

    stage: Stage
    runs: list[float] = field(default_factory=list)
    compile_seconds: float | None = None
    warnings: int = 0
    failure: str | None = None

    def is_done(self, repeats: int) -> bool:
        """Whether this stage takes no part in further rounds."""
        slow = max(self.runs, default=0) > SLOW_SECONDS
        wanted = min(repeats, SLOW_REPEATS) if slow else repeats
        return self.failure is not None or len(self.runs) >= wanted


def measure_all(view: Viewport, common: Settings, names: Iterable[str], repeats: int) -> list[Row]:
    """Time the stages in rounds, so that a drift of the machine meets all of them alike.

    The first round is not counted, but tells the time spent on compiling. Each stage has a process
    of its own and empty compiler caches: else it would profit from what the ones before it paid.
    """
    rows = [Row(STAGES.find(name)) for name in names]
    with ExitStack() as stack:
        cache = stack.enter_context(tempfile.TemporaryDirectory(prefix="mandel-bench-"))
        folders = [str(Path(cache, row.stage.name)) for row in rows]
        pools = [
            stack.enter_context(
                ProcessPoolExecutor(1, get_context("spawn"), _use_caches, (folder,))
            )
            for folder in folders
        ]
        for number in range(repeats + 1):
            for row, pool in zip(rows, pools, strict=True):
                if not row.is_done(repeats):
                    settings = replace(common, stage=row.stage.name)
                    _take(row, pool.submit(_run_once, view, settings), counted=number > 0)
    return rows


def _use_caches(folder: str) -> None:
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = os.environ["NUMBA_CACHE_DIR"] = folder


def _run_once(view: Viewport, settings: Settings) -> tuple[float, float, int]:
    frame = render_settings(view, settings)
    return frame.run_seconds, frame.compile_seconds, len(frame.warnings)


def _take(row: Row, run: Future[tuple[float, float, int]], *, counted: bool) -> None:
    try:
        seconds, compile_seconds, warnings = run.result()
    except (StageFailure, BrokenProcessPool) as error:
        row.failure = str(getattr(error, "reason", "The process of this stage died."))
        row.runs.clear()
        _progress(f"{row.stage.name}: {row.failure}")
        return
    if counted:
        row.runs.append(seconds)
    else:
        row.compile_seconds, row.warnings = compile_seconds, warnings
    which = f"run {len(row.runs)}" if counted else "warm-up"
    _progress(f"{row.stage.name}: {which} {seconds:.3f} s")


def report(view: Viewport, common: Settings, rows: list[Row]) -> dict[str, Any]:
    """Everything that was measured, and on what, as JSON has it."""
    reference = next((median(row.runs) for row in rows if row.stage.name == "numpy"), None)
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cpu": _cpu(), "cores": os.cpu_count(), "threads": common.threads},
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("torch", "numpy", "numba", "mandel-explorer")},
        },
        "scene": {
            "bounds": list(view.bounds),
            "nx": view.nx,
            "ny": view.ny,
            "maxiter": common.maxiter,
            "horizon": common.horizon,
            "chunksize": common.chunksize,
        },
        "stages": [_line(row, reference) for row in rows],
    }


def _line(row: Row, reference: float | None) -> dict[str, Any]:
    middle = median(row.runs) if row.runs else None
    return {
        "stage": row.stage.name,
        "title": row.stage.title,
        "runs": row.runs,
        "median_seconds": middle,
        "min_seconds": min(row.runs, default=None),
        "max_seconds": max(row.runs, default=None),
        "times_numpy": reference / middle if reference and middle else None,
        "compile_seconds": row.compile_seconds,
        "outcome": row.failure or "ok",
        "warnings": row.warnings,
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or platform.machine())


def markdown(result: dict[str, Any]) -> str:
    """The report as a Markdown table, and a paragraph on what it was measured on."""
    scene, machine, versions = result["scene"], result["machine"], result["versions"]
    parts = [f"{name} {number}" for name, number in versions.items()]
    return "\n".join(
        [
            "| stage | median run (min–max) | runs | × NumPy | compile | outcome |",
            "|---|---|---|---|---|---|",
            *map(_markdown_line, result["stages"]),
            "",
            f"{scene['nx']} × {scene['ny']} points, {scene['maxiter']} iterations, chunks of "
            f"{scene['chunksize']}; {machine['cpu']}, {machine['cores']} cores, "
            f"{machine['threads']} threads; {', '.join(parts)}; {result['date'][:10]}. "
            "Each stage in a process of its own, with empty compiler caches.",
        ]
    )


def _markdown_line(line: dict[str, Any]) -> str:
    outcome = " ".join(line["outcome"].split()).replace("|", "\\|")
    if line["warnings"]:
        outcome += f", {line['warnings']} compiler warning{'s' if line['warnings'] > 1 else ''}"
    name = f"{line['title']} (`{line['stage']}`)"
    if not line["runs"]:
        return f"| {name} | – | 0 | – | – | {outcome} |"
    low, middle, high = (line[f"{which}_seconds"] for which in ("min", "median", "max"))
    ratio = f"{line['times_numpy']:.2f}" if line["times_numpy"] else "–"
    return (
        f"| {name} | {middle:.3f} s ({low:.3f}–{high:.3f}) | {len(line['runs'])} | {ratio} "
        f"| {line['compile_seconds']:.1f} s | {outcome} |"
    )


def split_at_markers(file: Path) -> tuple[str, str]:
    """The text of `file` up to the start marker and from the end marker on, both included."""
    # Not read_text: it would turn CRLF into LF.
    head, start, rest = file.read_bytes().decode().partition(START)
    _, end, tail = rest.partition(END)
    if not (start and end):
        raise ValueError(f"{file} lacks the markers {START} and {END}")
    return head + start, end + tail


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("mandel_core.bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--readme", type=Path, metavar="FILE", help="also put the table there")
    parser.add_argument("--repeats", type=int, default=7, help="counted runs of a stage")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of every stage")
    parser.add_argument("--nx", type=int, default=1000)
    parser.add_argument("--ny", type=int, default=833)
    parser.add_argument("--maxiter", type=int, default=200)
    parser.add_argument("--stages", default=",".join(STAGES.names), help="names, with commas")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; the exit status is 2 if the arguments make no sense."""
    args = _arguments(argv)
    try:
        names = [STAGES.find(name).name for name in dict.fromkeys(args.stages.split(","))]
        if args.repeats < 1:
            raise ValueError(f"repeats must be at least 1, not {args.repeats}")
        view = Viewport.from_bounds(*BOUNDS, args.nx, args.ny)
        common = Settings(maxiter=args.maxiter, threads=args.threads)
        around = split_at_markers(args.readme) if args.readme else None
    except (ValueError, OSError) as error:
        print(f"mandel_core.bench: {error}", file=sys.stderr)
        return 2
    result = report(view, common, measure_all(view, common, names, args.repeats))
    table = markdown(result)
    print(json.dumps(result, indent=2) if args.json else table)
    if around:
        args.readme.write_bytes(f"\n{table}\n".join(around).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
