"""`fast`, Numba CUDA and the stages on a CUDA device: `python -m mandel_core.bench.device`.

Prints one JSON object; progress goes to stderr. `--report FILE` also puts the tables between the
markers `<!-- device -->` and `<!-- /device -->` of FILE, and a chart beside it; with `--from` they
are made of an object that was printed before, on a machine that needs no such device.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

KINDS = ("kernels", "pictures", "stages")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("mandel_core.bench.device", description=__doc__)
    add = parser.add_argument
    add("--repeats", type=int, default=9)
    add("--limit", type=float, default=60.0, help="seconds after which a stage is given up")
    add("--only", default=",".join(KINDS), help=f"with commas: {','.join(KINDS)}")
    add("--out", type=Path, metavar="FILE", help="keep what there is in FILE after each part")
    add("--from", type=Path, metavar="FILE", dest="source", help="measure nothing")
    add("--report", type=Path, metavar="FILE", help="put tables and chart there")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; the exit status is 2 if there is no such device."""
    args = _arguments(argv)
    if args.source:
        report = json.loads(args.source.read_text())
    else:
        import torch

        if not torch.cuda.is_available():
            print("mandel_core.bench.device: torch finds no CUDA device here", file=sys.stderr)
            return 2
        from mandel_core.bench.device.measuring import reports

        for report in reports(args.repeats, args.limit, tuple(args.only.split(","))):
            if args.out:
                args.out.write_text(json.dumps(report, indent=1))
    print(json.dumps(report, indent=1))
    if args.report:
        from mandel_core.bench.device.report import write

        write(report, args.report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
