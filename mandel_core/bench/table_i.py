"""The tutorial's Table I for this machine: `python -m mandel_core.bench.table_i --threads 1,2`.

Sweeps the chunked stage over chunk sizes and thread counts on the tutorial's scene, and prints a
Markdown table of ratios to NumPy, with the tutorial's figures beside. `--report FILE` also puts it
between the markers `<!-- table-i -->` and `<!-- /table-i -->` of FILE, and `--csv FILE` writes all
figures there. Progress goes to stderr. Chunks of 100 and 200 take minutes to compile.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from mandel_core.bench import scenes as places
from mandel_core.bench.scenes import Scene
from mandel_core.bench.tables import split_at
from mandel_core.measurement.machine import Machine
from mandel_core.measurement.measuring import CHUNK_SIZES, measure, points_of
from mandel_core.measurement.ratios import TUTORIAL_SOURCE, ratio, to_csv, to_markdown
from mandel_core.model.results import Measurement
from mandel_core.model.settings import Settings
from mandel_core.runtime.threads import cores
from mandel_core.stages import STAGES
from mandel_core.words import count, duration

MARKERS = ("<!-- table-i -->", "<!-- /table-i -->")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("mandel_core.bench.table_i", description=__doc__)
    add = parser.add_argument
    add("--threads", metavar="N,...", help="default: one, and all cores")
    sizes = ",".join(map(str, CHUNK_SIZES))
    add("--chunksizes", metavar="N,...", help=f"default: those of {sizes} up to --maxiter")
    add("--stage", default="chunked", help="another stage that has chunks")
    add("--nx", type=int, help="instead of the scene's own")
    add("--ny", type=int, help="likewise")
    add("--maxiter", type=int, help="likewise")
    add("--report", type=Path, metavar="FILE", help="also put the table there")
    add("--csv", type=Path, metavar="FILE", help="also write all figures there")
    return parser.parse_args(argv)


def _numbers(name: str, words: str | None) -> list[int] | None:
    try:
        return None if words is None else [int(word) for word in words.split(",")]
    except ValueError:
        raise ValueError(f"{name} must be whole numbers with commas, not {words}") from None


def _points(args: argparse.Namespace, scene: Scene) -> list[Settings]:
    stage = STAGES.find(args.stage)
    if "chunksize" not in stage.varies:
        raise ValueError(f"the stage {stage.name} has no chunks")
    threads = _numbers("threads", args.threads) or sorted({1, cores()})
    common = scene.settings(stage.name, threads[0])
    return points_of(common, _numbers("chunk sizes", args.chunksizes), threads)


def _measured(scene: Scene, points: list[Settings]) -> tuple[Measurement, list[Measurement]]:
    """NumPy, at the beginning and once more at the end, and each of the points between."""
    numpy = measure(scene.view, scene.settings("numpy", 1))
    measured = []
    for settings in points:
        one = measure(scene.view, settings)
        measured.append(one)
        name = f"{settings.chunksize} in {count(one.threads, 'thread')}"
        words = one.failure.reason if one.failure else f"{ratio(numpy, one) or 0:.3g} × NumPy"
        print(f"{name}: {words}", file=sys.stderr, flush=True)
    # The machine may have drifted meanwhile; both ends stand for what lies between.
    last = measure(scene.view, scene.settings("numpy", 1))
    return replace(numpy, run_seconds=numpy.run_seconds + last.run_seconds), measured


def _text(scene: Scene, stage: str, numpy: Measurement, measured: list[Measurement]) -> str:
    view = scene.view
    about = (
        f"Run time of the NumPy listing ({duration(numpy.median)}) divided by that of the stage "
        f"`{stage}`: medians, with those of the quartiles in brackets. "
        f"{view.nx} × {view.ny} points, {scene.maxiter} iterations, {scene.dtype}; "
        f"{Machine.here()}; {datetime.now(UTC):%Y-%m-%d}. The tutorial's: {TUTORIAL_SOURCE}."
    )
    return f"{to_markdown(numpy, measured, with_tutorial=True)}\n\n{about}"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; the exit status is 2 if the arguments make no sense."""
    args = _arguments(argv)
    try:
        scene = places.find("tutorial", args.nx, args.ny, args.maxiter)
        points = _points(args, scene)
        around = split_at(args.report, MARKERS) if args.report else None
        if args.csv:
            args.csv.touch()
    except (ValueError, OSError) as error:
        print(f"mandel_core.bench.table_i: {error}", file=sys.stderr)
        return 2
    numpy, measured = _measured(scene, points)
    text = _text(scene, args.stage, numpy, measured)
    print(text)
    if around:
        args.report.write_bytes(f"\n{text}\n".join(around).encode())
    if args.csv:
        args.csv.write_text(to_csv(numpy, measured), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
