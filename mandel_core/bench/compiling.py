"""What compiling costs: `python -m mandel_core.bench.compiling [--report docs/performance.md]`.

Each case runs in two new processes, one after the other, with a compiler cache that is empty for
the first. Prints a Markdown table; `--report FILE` also puts it between the markers
`<!-- compiling -->` and `<!-- /compiling -->` of FILE.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mandel_core.bench.tables import split_at

MARKERS = ("<!-- compiling -->", "<!-- /compiling -->")

# Stage, chunk size, whether the settings that make compiling cheap are on.
CASES = (
    ("chunked", 10, True),
    ("chunked", 50, True),
    ("planes", 1, True),
    ("cheap", 10, True),
    ("cheap", 50, True),
    ("cheap", 100, True),
    ("free", 48, True),
    ("gather", 64, True),
    ("known", 24, True),
    ("fast", 1, True),
    ("cheap", 10, False),
    ("cheap", 200, True),
)
LIMIT_SECONDS = 120

_CHILD = """
import json, sys
from mandel_core import Viewport, render
from mandel_core.compilers import torch_compile
stage, chunksize, cheap = json.loads(sys.argv[1])
if not cheap:
    torch_compile.CHEAP.clear()
view = Viewport.from_bounds(-2.25, 0.75, -1.25, 1.25, 1000, 833)
print(render(view, stage, maxiter=200, chunksize=chunksize).compile_seconds)
"""


def seconds(case: tuple[str, int, bool], cache: str) -> float | None:
    """What a new process spends on compiling; None if it does not end within LIMIT_SECONDS."""
    command = [sys.executable, "-c", _CHILD, json.dumps(case)]
    caches = {"TORCHINDUCTOR_CACHE_DIR": cache, "NUMBA_CACHE_DIR": cache}
    try:
        run = subprocess.run(
            command,
            env=os.environ | caches,
            capture_output=True,
            check=True,
            timeout=LIMIT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return None
    return float(run.stdout)


def line(case: tuple[str, int, bool]) -> str:
    """Measure one case, and describe it as a row of the table."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as cache:
        cold = seconds(case, cache)
        times = [cold, cold and seconds(case, cache)]
    cells = [f"{time:.1f} s" if time is not None else "–" for time in times]
    if cold is None:
        cells[0] = f"over {LIMIT_SECONDS} s"
    stage, chunksize, cheap = case
    name = f"`{stage}`" if cheap else f"`{stage}`, its settings off"
    return f"| {name} | {chunksize} | {' | '.join(cells)} |"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser("mandel_core.bench.compiling", description=__doc__)
    parser.add_argument("--report", type=Path, metavar="FILE", help="also put the table there")
    args = parser.parse_args(argv)
    lines = ["| stage | chunk size | cold | new process, warm cache |", "|---|---|---|---|"]
    around = split_at(args.report, MARKERS) if args.report else None
    for case in CASES:
        lines.append(line(case))
        print(lines[-1], file=sys.stderr, flush=True)
    table = "\n".join(lines)
    print(table)
    if around:
        args.report.write_bytes(f"\n{table}\n".join(around).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
