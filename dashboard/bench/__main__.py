"""The page beside a plain HoloViews app, in a real browser: `python -m dashboard.bench`.

Prints Markdown tables, or one JSON object with `--json`. Progress goes to stderr. Leave the
machine alone meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from dashboard.bench.browser import find
from dashboard.bench.runs import Plan, run
from dashboard.bench.table import PAGE_HERE, full, machine
from mandel_core.bench.tables import split_at


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("dashboard.bench", description=__doc__)
    add = parser.add_argument
    add("--ticks", type=int, default=15, help="notches of the wheel in all, at least")
    add("--rounds", type=int, default=5, help="visits of each app, in turn")
    add("--sessions", default="1,5,20,50", help="visitors at once, with commas; none if empty")
    add("--seconds", type=float, default=30.0, help="how long they stay")
    add("--slow", action="store_true", help="also through a line of 10 Mbit/s, 50 ms each way")
    add("--no-plain", action="store_true", help="our page alone")
    add("--notebook", action="store_true", help="JupyterLab instead, where the picture is as large")
    add("--size", metavar="WxH", help="the picture's; default: what a usual window gives")
    add("--json", action="store_true", help="print one JSON object")
    add(
        "--report",
        type=Path,
        metavar="FILE",
        help=f"also put the tables between {PAGE_HERE[0]} and {PAGE_HERE[1]} of FILE",
    )
    return parser.parse_args(argv)


def plan(args: argparse.Namespace) -> Plan:
    """The arguments, checked; ValueError if they make no sense."""
    sessions = tuple(int(word) for word in args.sessions.split(",") if word)
    size = tuple(int(word) for word in args.size.split("x")) if args.size else None
    if size is not None and (len(size) != 2 or min(size) < 320):
        raise ValueError(f"size must be like 1000x833, and at least 320, not {args.size}")
    if min((args.ticks, args.rounds, *sessions)) < 1:
        raise ValueError("ticks, rounds and sessions must be at least 1")
    if args.notebook and (sessions or args.slow or size):
        raise ValueError('a notebook has one visitor and its own size: --notebook --sessions ""')
    if not 0 < args.seconds <= 600:
        raise ValueError(f"seconds must be more than 0 and at most 600, not {args.seconds:g}")
    return Plan(
        args.ticks,
        args.rounds,
        sessions,
        args.seconds,
        slow=args.slow,
        plain=not args.no_plain and not args.notebook,
        notebook=args.notebook,
        size=(size[0], size[1]) if size else None,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; the exit status is 2 if the arguments make no sense."""
    args = _arguments(argv)
    try:
        planned = plan(args)
        find()
        around = split_at(args.report, PAGE_HERE) if args.report else None
    except (ValueError, OSError) as error:
        print(f"dashboard.bench: {error}", file=sys.stderr)
        return 2
    # Else the servers and the browser would outlive this process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    result = {"machine": machine(), "rounds": planned.rounds} | asyncio.run(run(planned))
    print(json.dumps(result, indent=2) if args.json else full(result))
    if around:
        args.report.write_bytes(f"\n{full(result)}\n".join(around).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
