"""The rounds: every contender on every scene, one after the other, again and again.

A drift of the machine so meets all of them alike. The first round is not counted; it tells what
was spent on compiling, what each contender computed, and how often it can be repeated.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mandel_core.bench import contenders as own
from mandel_core.bench import peak
from mandel_core.bench.cases import Case, References
from mandel_core.bench.contenders import Contender, Failure, Ready, Sample
from mandel_core.bench.scenes import Scene
from mandel_core.bench.worker import Died, Worker
from mandel_core.viewport import Precision

BUILD_SECONDS = 600.0  # for compiling, before a process is taken for hung

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
        workers: dict[tuple[str, int], Worker] = {}
        for name, count in {
            *(("peak", count) for count in threads),
            *((case.contender.name, case.threads) for case in cases),
        }:
            own_cache = cache / f"{name}-{count}"
            own_cache.mkdir()
            workers[name, count] = Worker(own_cache, count)
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
    case: Case, cases: list[Case], worker: Worker, references: References, limit: float
) -> None:
    if slower := next((other for other in cases if _makes_hopeless(other, case)), None):
        reason = f"not tried: {own.not_finished(limit)} with {slower.threads} threads"
        _fail(case, Failure(reason, too_long=True))
        return
    arguments = (case.contender, case.scene, case.threads)
    try:
        ready: Ready | Failure = worker.call(own.prepare, *arguments, timeout=BUILD_SECONDS)
    except (Died, TimeoutError) as error:
        ready = Failure(str(error) or own.not_finished(BUILD_SECONDS))
    if isinstance(ready, Failure):
        _fail(case, ready)
        return
    case.version, case.note = ready.version, ready.note
    sample = _once(case, worker, limit, with_counts=True)
    if sample is not None:
        assert sample.counts is not None
        case.first_seconds, case.executed = sample.seconds, sample.executed
        case.compile_seconds = ready.seconds + sample.compile_seconds
        case.warnings = sample.warnings
        case.agrees = references.agreement(sample.counts, case.scene)
        _progress(f"{_name(case)}: warm-up {sample.seconds:.3f} s")


def _makes_hopeless(other: Case, case: Case) -> bool:
    return (
        (other.scene, other.contender) == (case.scene, case.contender)
        and other.threads > case.threads
        and other.failure is not None
        and other.failure.too_long
    )


def _repeat(case: Case, worker: Worker, limit: float) -> None:
    sample = _once(case, worker, limit, with_counts=False)
    if sample is not None:
        case.runs.append(sample.seconds)
        _progress(f"{_name(case)}: run {len(case.runs)} {sample.seconds:.3f} s")


def _once(case: Case, worker: Worker, limit: float, *, with_counts: bool) -> Sample | None:
    # A stage stops itself, and may compile on the way; a peer has to be stopped.
    patience = limit if case.contender.kind == "peer" else limit + BUILD_SECONDS
    run = partial(own.run, with_counts=with_counts)
    arguments = (case.contender, case.scene, case.threads, limit)
    try:
        sample = worker.call(run, *arguments, timeout=patience)
    except TimeoutError:
        sample = Failure(own.not_finished(limit), too_long=True)
    except Died as error:
        sample = Failure(str(error))
    if isinstance(sample, Failure):
        _fail(case, sample)
        return None
    return sample


def _fail(case: Case, failure: Failure) -> None:
    case.failure = failure
    case.runs.clear()
    _progress(f"{_name(case)}: {failure.reason}")


def _name(case: Case) -> str:
    return f"{case.scene.name}, {case.contender.name}, {case.threads} threads"
