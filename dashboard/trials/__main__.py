"""A started server tried as an attacker and as an operator would: `python -m dashboard.trials`.

Prints a Markdown table. Progress goes to stderr. The exit status is 1 if a target was missed; of
the short form's, those that hang on the machine's speed do not count.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dashboard.trials.plan import SHORT, Plan
from dashboard.trials.result import table
from dashboard.trials.runs import PARTS, Given, run

SIZES = {
    "visitors": (int, "visitors at once, of load and faults"),
    "seconds": (float, "how long each of load and hostile is measured"),
    "inputs": (int, "bad inputs in all"),
    "kills": (int, "workers that are killed"),
    "hangs": (int, "workers that are stopped, and never continued"),
    "fault_minutes": (float, "over how long a time"),
    "sessions": (int, "sessions opened and closed"),
    "zoomers": (int, "visitors who zoom"),
    "minutes": (float, "for how long they do"),
    "sample_seconds": (float, "how often memory is looked at meanwhile"),
    "patience": (float, "seconds after which a picture is lost"),
    "seed": (int, "of all that is chosen at random"),
}


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("dashboard.trials", description=__doc__)
    add = parser.add_argument
    add("--only", default=",".join(PARTS), help="parts, with commas; default: all")
    add("--short", action="store_true", help="small sizes, one server for all parts")
    add("--kinds", default="", help="of hostile visitors, with commas; default: all")
    add("--port", type=int, help="of a server that runs already; needs --pid")
    add("--pid", type=int, help="that server's process")
    add("--log", type=Path, help="that server's log")
    add("--samples", type=Path, metavar="FILE", help="the zoom's samples, line by line")
    add("--json", type=Path, metavar="FILE", help="also write everything there")
    for name, (kind, words) in SIZES.items():
        add(f"--{name.replace('_', '-')}", type=kind, help=words)
    return parser.parse_args(argv)


def planned(args: argparse.Namespace) -> tuple[tuple[str, ...], Plan, Given | None]:
    """The arguments, checked; ValueError if they make no sense."""
    parts = tuple(word for word in args.only.split(",") if word)
    if not parts or set(parts) - set(PARTS):
        raise ValueError(f"the parts are {', '.join(PARTS)}")
    if (args.port is None) != (args.pid is None):
        raise ValueError("a server that runs already is given by its port and its pid")
    given = {name: getattr(args, name) for name in SIZES if getattr(args, name) is not None}
    if any(value < 0 for name, value in given.items() if name != "seed"):
        raise ValueError("sizes are not negative")
    if args.kinds:
        given["kinds"] = tuple(args.kinds.split(","))
    plan = replace(SHORT if args.short else Plan(), samples=args.samples, **given)
    return parts, plan, Given(args.port, args.pid, args.log) if args.port else None


def main(argv: Sequence[str] | None = None) -> int:
    """Try and print; the exit status is 2 if the arguments make no sense."""
    args = arguments(argv)
    try:
        parts, plan, given = planned(args)
    except ValueError as error:
        print(f"dashboard.trials: {error}", file=sys.stderr)
        return 2
    # Else the server would outlive this process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    results = asyncio.run(run(parts, plan, given, args.json))
    print(table(results))
    return int(results.failed(timings=not plan.short))


if __name__ == "__main__":
    sys.exit(main())
