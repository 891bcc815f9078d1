"""The stages, and what else there is, timed side by side: `python -m mandel_core.bench`.

Prints Markdown tables, or one JSON object with `--json`. Progress goes to stderr. See
docs/performance.md for what the numbers mean.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from mandel_core.bench import scenes as places
from mandel_core.bench.contenders import Contender
from mandel_core.bench.instruction_sets import INSTRUCTION_SETS, confine
from mandel_core.bench.peers import PEERS
from mandel_core.bench.report import report
from mandel_core.bench.running import measure_all
from mandel_core.bench.scenes import CHUNKSIZE, SCENE_NAMES, Scene
from mandel_core.bench.tables import (
    PERFORMANCE_HERE,
    STAGES_HERE,
    full,
    performance_here,
    short,
    split_at,
)
from mandel_core.runtime.threads import cores
from mandel_core.stages import STAGES


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("mandel_core.bench", description=__doc__)
    add = parser.add_argument
    add("--scenes", default="tutorial", help=f"with commas: {','.join(SCENE_NAMES)}")
    add("--all-scenes", action="store_true")
    add("--stages", default=",".join(STAGES.names), help="names, with commas")
    add("--peers", action="store_true", help="also what else there is; see the extra [bench]")
    add("--threads", default=None, metavar="N,...", help="default: one, and all cores")
    add("--repeats", type=int, default=7, help="counted rounds")
    add("--chunksize", type=int, default=CHUNKSIZE, help="iterations per compiled call, if chunked")
    add(
        "--isa",
        choices=INSTRUCTION_SETS,
        help="confine stages and peers to this instruction set, less than the machine's own",
    )
    add("--limit", type=float, default=60.0, help="seconds after which a run is given up")
    add("--nx", type=int, help="instead of each scene's own")
    add("--ny", type=int, help="likewise")
    add("--maxiter", type=int, help="likewise")
    add("--json", action="store_true", help="print one JSON object")
    add(
        "--readme",
        type=Path,
        metavar="FILE",
        help=f"also put the stages on the tutorial's scene between {STAGES_HERE[0]} and "
        f"{STAGES_HERE[1]} of FILE",
    )
    add(
        "--report",
        type=Path,
        metavar="FILE",
        help=f"also put all tables between {PERFORMANCE_HERE[0]} and {PERFORMANCE_HERE[1]} of "
        "FILE, and the picture beside it as .svg; with --isa, between markers and into a picture "
        "with its name",
    )
    return parser.parse_args(argv)


def _contenders(args: argparse.Namespace) -> list[Contender]:
    names = dict.fromkeys(args.stages.split(","))
    stages = [Contender("stage", STAGES.find(name).name) for name in names]
    return stages + [Contender("peer", name) for name in PEERS if args.peers]


def _scenes(args: argparse.Namespace) -> list[Scene]:
    names = SCENE_NAMES if args.all_scenes else dict.fromkeys(args.scenes.split(","))
    return [places.find(name, args.nx, args.ny, args.maxiter, args.chunksize) for name in names]


def _threads(args: argparse.Namespace) -> list[int]:
    if args.threads is None:
        return sorted({1, cores()})
    try:
        return sorted({int(word) for word in args.threads.split(",")})
    except ValueError:
        raise ValueError(f"threads must be whole numbers with commas, not {args.threads}") from None


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; the exit status is 2 if the arguments make no sense."""
    args = _arguments(argv)
    try:
        scenes, contenders, threads = _scenes(args), _contenders(args), _threads(args)
        for scene, count in ((scene, count) for scene in scenes for count in threads):
            scene.settings("numpy", count)  # checks
        if args.repeats < 1:
            raise ValueError(f"repeats must be at least 1, not {args.repeats}")
        if not args.limit > 0:
            raise ValueError(f"limit must be more than 0 seconds, not {args.limit:g}")
        if args.readme and "tutorial" not in (scene.name for scene in scenes):
            raise ValueError("--readme needs the scene tutorial")
        around_short = split_at(args.readme, STAGES_HERE) if args.readme else None
        around_full = split_at(args.report, performance_here(args.isa)) if args.report else None
    except (ValueError, OSError) as error:
        print(f"mandel_core.bench: {error}", file=sys.stderr)
        return 2
    if args.isa:
        confine(args.isa)
    measured = measure_all(scenes, contenders, threads, args.repeats, args.limit)
    result = report(scenes, measured, args.repeats, args.limit)
    print(json.dumps(result, indent=2) if args.json else full(result))
    if around_short:
        args.readme.write_bytes(f"\n{short(result)}\n".join(around_short).encode())
    if around_full:
        from mandel_core.bench.chart import draw

        suffix = f"-{args.isa}" if args.isa else ""
        picture = args.report.with_name(f"{args.report.stem}{suffix}.svg")
        draw(result, picture)
        text = f"\n![Times of all contenders]({picture.name})\n\n{full(result)}\n"
        args.report.write_bytes(text.join(around_full).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
