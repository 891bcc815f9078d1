"""The rounds: every contender on every scene, one after the other, again and again.

A drift of the machine so meets all of them alike. The first round is not counted; it compiles,
tells what each contender computed and how often it can be repeated, and lets its threads spread
over the cores. A counted round takes the median of a few runs in a row.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from mandel_core.bench import contenders as own
from mandel_core.bench import peak
from mandel_core.bench.cases import ONLY_ONCE_SECONDS, Case, References
from mandel_core.bench.contenders import Contender, Failure, Ready
from mandel_core.bench.fresh import Died, FreshProcess
from mandel_core.bench.scenes import Scene
from mandel_core.model.viewport import Precision
from mandel_core.words import count

BUILD_SECONDS = 600.0  # for compiling, before a process is taken for hung
BATCH_PATIENCE = 15.0  # seconds; a few runs in a row may take longer than the limit for one

T = TypeVar("T")
_progress = partial(print, file=sys.stderr, flush=True)


@dataclass
class Measured:
    """All that came of a run: cases in the tables' order, multiply-adds per second."""

    cases: list[Case]
    peaks: dict[tuple[Precision, int], float]
    useful: dict[str, int]


def measure_all(
    scenes: Sequence[Scene],
    contenders: Sequence[Contender],
    threads: Sequence[int],
    repeats: int,
    limit: float,
) -> Measured:
    """Time every contender on every scene with every number of threads, in rounds."""
    # Most threads first: what is too slow with many is not tried with few.
    cases = [Case(c, s, t) for s in scenes for t in sorted(threads)[::-1] for c in contenders]
    dtypes = dict.fromkeys(scene.dtype for scene in scenes)
    peaks: dict[tuple[Precision, int], float] = {(d, t): 0.0 for d in dtypes for t in threads}
    references = References()
    with ExitStack() as stack:
        # A process that had to be killed may still have a compiler writing there.
        folder = tempfile.TemporaryDirectory(prefix="mandel-bench-", ignore_cleanup_errors=True)
        cache = Path(stack.enter_context(folder))
        workers: dict[tuple[str, int], FreshProcess] = {}
        for name, count in {
            *(("peak", count) for count in threads),
            *((case.contender.name, case.threads) for case in cases),
        }:
            own_cache = cache / f"{name}-{count}"
            own_cache.mkdir()
            workers[name, count] = FreshProcess(own_cache, count)
            stack.callback(workers[name, count].close)
        for number in range(repeats + 1):
            for (dtype, count), best in peaks.items():
                rate = workers["peak", count].call(peak.measure, dtype, count)
                peaks[dtype, count] = max(best, rate)
            for case in cases:
                worker = workers[case.contender.name, case.threads]
                if case.is_done(repeats):
                    continue
                if number == 0:
                    _warm_up(case, cases, worker, references, limit)
                else:
                    _repeat(case, worker, limit)
    cases.sort(
        key=lambda case: (
            scenes.index(case.scene),
            contenders.index(case.contender),
            case.threads,
        )
    )
    return Measured(cases, peaks, {scene.name: references.useful(scene) for scene in scenes})


def _warm_up(
    case: Case, cases: list[Case], worker: FreshProcess, references: References, limit: float
) -> None:
    if smaller := next(
        (c for c in cases if _is_smaller_and_given_up(c, case, references, limit)), None
    ):
        reason = f"not tried: {own.not_finished(limit)} on `{smaller.scene.name}`, which is smaller"
        _fail(case, Failure(reason, too_long=True))
        return
    if slower := next((other for other in cases if other.makes_hopeless(case)), None):
        failed = slower.failure
        words = failed.reason if failed else f"{slower.first_seconds:.0f} s"
        reason = (
            f"not tried: {words.removeprefix('not tried: ')} with {count(slower.threads, 'thread')}"
        )
        _fail(case, Failure(reason, too_long=True))
        return
    arguments = (case.contender, case.scene, case.threads)
    ready: Ready | Failure | None = own.missing(case.contender)
    try:
        ready = ready or worker.call(own.prepare, *arguments, timeout=BUILD_SECONDS)
    except (Died, TimeoutError) as error:
        ready = Failure(str(error) or own.not_finished(BUILD_SECONDS))
    if isinstance(ready, Failure):
        _fail(case, ready)
        return
    case.version, case.note = ready.version, ready.note
    sample = _answer(case, worker, limit, partial(own.run, with_counts=True), limit)
    if sample is None:
        return
    assert sample.counts is not None
    case.first_seconds, case.executed = sample.seconds, sample.executed
    case.compile_seconds = ready.seconds + sample.compile_seconds
    case.warnings = sample.warnings
    case.agrees = references.agreement(sample.counts, case.scene)
    _progress(f"{_name(case)}: first run {sample.seconds:.3g} s")
    if sample.seconds > ONLY_ONCE_SECONDS:
        case.rounds.append(sample.seconds)
        case.note = ", ".join(filter(None, [case.note, "a single run, not warmed up"]))
    elif sample.seconds <= own.TOO_LONG_TO_WARM_UP:
        last = _answer(case, worker, limit, own.warm_up, BATCH_PATIENCE)
        case.first_seconds = case.first_seconds if last is None else last


def _is_smaller_and_given_up(other: Case, case: Case, references: References, limit: float) -> bool:
    # What was itself not tried says nothing about its scene.
    given_up = other.failure is not None and other.failure.reason == own.not_finished(limit)
    if not given_up or other.scene == case.scene:
        return False
    return (other.contender, other.threads) == (case.contender, case.threads) and all(
        mine <= theirs
        for mine, theirs in zip(
            (other.scene.work, references.useful(other.scene)),
            (case.scene.work, references.useful(case.scene)),
            strict=True,
        )
    )


def _repeat(case: Case, worker: FreshProcess, limit: float) -> None:
    seconds = _answer(case, worker, limit, own.batch, BATCH_PATIENCE)
    if seconds is not None:
        case.rounds.append(seconds)
        _progress(f"{_name(case)}: round {len(case.rounds)} {seconds:.3g} s")


def _answer(
    case: Case,
    worker: FreshProcess,
    limit: float,
    function: Callable[[Contender, Scene, int, float], T | Failure],
    least_patience: float,
) -> T | None:
    patience = max(limit, least_patience)
    # A stage stops itself, and may compile on the way; a peer has to be stopped.
    if case.contender.kind == "stage":
        patience += BUILD_SECONDS
    arguments = (case.contender, case.scene, case.threads, limit)
    try:
        answer = worker.call(function, *arguments, timeout=patience)
    except TimeoutError:
        answer = Failure(own.not_finished(limit), too_long=True)
    except Died as error:
        answer = Failure(str(error))
    if isinstance(answer, Failure):
        _fail(case, answer)
        return None
    return answer


def _fail(case: Case, failure: Failure) -> None:
    case.failure = failure
    case.rounds.clear()
    _progress(f"{_name(case)}: {failure.reason}")


def _name(case: Case) -> str:
    return f"{case.scene.name}, {case.contender.name}, {count(case.threads, 'thread')}"
