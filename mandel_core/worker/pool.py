"""The processes that compute for all visitors, and which of them a request goes to.

Four: one draws what is quick, one what takes long, one by the stages on torch, which compile, and
one measures. So no quick picture waits for another visitor's long one or for a compiler; each
process serves the visitor with the least recent cost first.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from mandel_core.colour.encoding import Encoded
from mandel_core.compilers.torch_devices import devices_without_torch
from mandel_core.model.control import Phase, ignore_phase
from mandel_core.model.failures import StageFailure
from mandel_core.stages import STAGES
from mandel_core.worker.accounts import Accounts
from mandel_core.worker.orbit_tasks import Probe, Probed
from mandel_core.worker.probes import Probes
from mandel_core.worker.submission import Limits
from mandel_core.worker.tasks import Devices, Draw, Refine, Render, Task, TaskOfStage, Time, size_of
from mandel_core.worker.turns import Lane, Turn, Turns
from mandel_core.worker.worker import Health, Worker

T = TypeVar("T")

# A picture that is expected to take longer does not go to the process for quick ones, and leaves
# it once it has taken YIELD_SECONDS and another visitor waits.
QUICK_SECONDS, YIELD_SECONDS = 0.15, 0.2
# Stages that stop within a moment when they are told to.
PROMPT = frozenset({"fast", "lanes", "numba"})
# A long one is begun anew, once, when it has taken so long and another visitor waits.
LONG_YIELD_SECONDS = 3.0
# A process without torch gives a sign of life all the time; torch's compiler may hold on longer.
PATIENCE_SECONDS, TORCH_PATIENCE_SECONDS = 3.0, 20.0


@dataclass(frozen=True)
class PoolLimits:
    """What one visitor may ask of the computing processes.

    picture_seconds, compile_seconds : a picture that takes longer is given up.
    measure_seconds : one measurement, compiling included.
    seconds_per_minute : of a visitor; what is asked beyond waits.
    pixels, work : of one picture; `work` in pixels x iterations.
    memory : bytes of data each process may have; None for no limit. Linux only.
    """

    picture_seconds: float = math.inf
    compile_seconds: float = math.inf
    measure_seconds: float = math.inf
    seconds_per_minute: float = math.inf
    pixels: float = math.inf
    work: float = math.inf
    memory: int | None = None


class Pool:
    """Draws and measures in processes of its own; any thread may ask."""

    def __init__(self, limits: PoolLimits = PoolLimits()) -> None:
        self.limits = limits
        self.accounts = Accounts(limits.seconds_per_minute)
        self.quick = self._worker("drawing", PATIENCE_SECONDS)
        self.long = self._worker("long", PATIENCE_SECONDS)
        self.compiling = self._worker("compiling", TORCH_PATIENCE_SECONDS)
        self.measuring = self._worker("measuring", TORCH_PATIENCE_SECONDS)
        self.workers: dict[Lane, Worker] = {
            "quick": self.quick,
            "long": self.long,
            "compiling": self.compiling,
            "measuring": self.measuring,
        }
        held: tuple[Lane, ...] = ("long", "compiling", "measuring")
        self._turns = Turns({lane: self.workers[lane] for lane in held})
        self._drawn: dict[str, Future[Any]] = {}
        self._giving_way: set[Future[Any]] = set()
        self.first: Future[Any] | None = None  # the picture that `warm_up` begins with
        self._probes = Probes(self._probe, lambda: self.measuring.busy)

    def draw(
        self,
        task: TaskOfStage[T],
        session: str,
        on_phase: Callable[[Phase], None] = ignore_phase,
        expected: float = math.inf,
    ) -> Future[T | StageFailure]:
        """Ask for a picture, or what else is wanted as soon.

        The session's earlier one, if it is not done, is cancelled.

        expected : seconds it will take, as far as is known; short ones go before long ones.
        """
        if failure := self._refused(task):
            return _done(failure)
        limits = Limits(self.limits.picture_seconds, self.limits.compile_seconds)
        outer: Future[T | StageFailure] = Future()

        def forget(_: object) -> None:
            if self._drawn.get(session) is outer:
                del self._drawn[session]

        def go_to(lane: Lane, limits: Limits) -> None:
            inner = self._submit(lane, task, session, on_phase, limits)
            outer.add_done_callback(lambda _: inner.cancel())
            inner.add_done_callback(lambda inner: end(lane, inner))

        def end(lane: Lane, inner: Future[T | StageFailure]) -> None:
            if inner.cancelled():
                outer.cancel()
            elif not _yielded(inner.result()):
                with contextlib.suppress(Exception):  # cancelled in this moment
                    outer.set_result(inner.result())
            elif not outer.done():
                yield_seconds = LONG_YIELD_SECONDS if lane == "quick" else math.inf
                go_to("long", replace(limits, yield_seconds=yield_seconds))

        with self._turns.together():
            for timing in tuple(self._giving_way):
                timing.cancel()
            if (before := self._drawn.get(session)) is not None:
                before.cancel()
            self._drawn[session] = outer
            outer.add_done_callback(forget)
            lane = self._lane(task, expected)
            yield_seconds = {"quick": YIELD_SECONDS, "long": LONG_YIELD_SECONDS}.get(lane, math.inf)
            go_to(lane, replace(limits, yield_seconds=yield_seconds))
        return outer

    def time(self, task: Time, session: str) -> Future[float | StageFailure]:
        """Ask for the time of a picture that has been drawn, of the process for its kind.

        A picture that is asked for meanwhile goes first and cancels this.
        """
        if failure := self._refused(task):
            return _done(failure)
        on_torch = STAGES[task.stage].uses_torch(task.settings)
        limits = Limits(self.limits.picture_seconds, self.limits.compile_seconds, 0.0)
        worker = self.compiling if on_torch else self.quick
        future = worker.submit(task, session, limits=limits)
        self._giving_way.add(future)
        future.add_done_callback(self._giving_way.discard)
        return future

    def refine(self, task: Refine, session: str) -> Future[Encoded | StageFailure]:
        """Ask for a picture that has been drawn, with smooth edges, of the process for long ones.

        Whoever asks for a picture meanwhile goes first, and this one is cancelled.
        """
        if failure := self._refused(task):
            return _done(failure)
        limits = Limits(self.limits.picture_seconds, self.limits.compile_seconds, 0.0)
        future = self._submit("long", task, session, ignore_phase, limits)
        self._giving_way.add(future)
        future.add_done_callback(self._giving_way.discard)
        return future

    def probe(self, task: Probe, session: str) -> Future[Probed | StageFailure]:
        """Ask what is known of a point; the session's earlier question is cancelled."""
        return self._probes.ask(task, session)

    def _probe(self, task: Probe, session: str) -> Future[Probed | StageFailure]:
        limits = Limits(self.limits.picture_seconds, self.limits.compile_seconds)
        return self._submit("quick", task, session, ignore_phase, limits)

    def measure(
        self,
        task: Task[T],
        session: str,
        on_phase: Callable[[Phase], None] = ignore_phase,
        limit_seconds: float = math.inf,
    ) -> Future[T | StageFailure]:
        """Ask for something to be measured, inspected or compared.

        limit_seconds : of compiling, and of all else, where that is less than the pool's limit.

        It stands still while a picture is made, unless both compile, and can be cancelled then,
        too.
        """
        if failure := self._refused(task):
            return _done(failure)
        seconds = min(self.limits.measure_seconds, limit_seconds)
        limits = Limits(seconds, seconds, what="measurement")
        return self._submit("measuring", task, session, on_phase, limits)

    def devices(self) -> Future[tuple[str, ...] | StageFailure]:
        """Ask for the devices of this machine; of a process only where torch has to be asked."""
        if (known := devices_without_torch()) is not None:
            return _done(known)
        return self.measuring.submit(Devices(), session="devices")

    def warm_up(
        self, first: Draw, deeper: Draw, points: tuple[Probe, ...], compiles: Render | None
    ) -> None:
        """Load or compile what the first pictures need, then torch and its compiler's tools.

        From then on a spare process is at hand for quick pictures.

        first, deeper : pictures by stages without torch, the first one the most wanted.
        points : one or more; what is compiled for them is kept on disk, where the process that
            answers visitors finds it.
        compiles : a small one on torch; the first compile of all builds what every other one needs.
            None where nobody will ask for any.
        """
        own = "warm-up"

        def go_on() -> None:  # after the pictures that visitors may wait for by then
            self.quick.submit(deeper, own)
            self.quick.keep_spare(first, deeper)
            _then(self.long.submit(deeper, own), look_at_points)

        def look_at_points() -> None:
            looked = [self.long.submit(point, f"{own}/{i}") for i, point in enumerate(points)]
            if compiles is not None:
                _then(looked[-1], load_torch, compiles)

        def load_torch(compiles: Render) -> None:
            _then(self.measuring.submit(Devices(), own), compile_one, compiles)

        def compile_one(compiles: Render) -> None:
            there = self.measure(compiles, own)
            _then(there, self.compiling.submit, compiles, own)

        self.first = self.quick.submit(first, own)
        _then(self.first, go_on)

    def under_way(self) -> dict[Lane, tuple[str, str]]:
        """By the lane it is in, the session of each task that is under way, and its stage."""
        found = {lane: worker.under_way for lane, worker in self.workers.items()}
        return {lane: task for lane, task in found.items() if task is not None}

    def health(self) -> dict[str, Health]:
        """How each process does, by its role."""
        return {worker.role: worker.health for worker in self.workers.values()}

    def close(self) -> None:
        """Cancel everything and end the processes."""
        for worker in self.workers.values():
            worker.close()

    def _worker(self, role: str, patience: float) -> Worker:
        return Worker(role, self.accounts, self.limits.memory, patience)

    def _lane(self, task: TaskOfStage[Any], expected: float) -> Lane:
        """Where a picture is tried first."""
        stage = STAGES[task.stage]
        if stage.uses_torch(task.settings):
            return "compiling"
        if expected <= QUICK_SECONDS and stage.any_size:
            return "quick"
        # If the long process is busy, use the idle quick one.
        return "quick" if self.long.busy and stage.name in PROMPT else "long"

    def _submit(
        self,
        lane: Lane,
        task: Task[T],
        session: str,
        on_phase: Callable[[Phase], None],
        limits: Limits,
    ) -> Future[T | StageFailure]:
        turn: Turn = self._turns.begin(lane)

        def on_each_phase(phase: Phase) -> None:
            turn.on_phase(phase)
            on_phase(phase)

        try:
            future = self.workers[lane].submit(task, session, on_each_phase, limits)
        except BaseException:
            turn.end()
            raise
        future.add_done_callback(turn.end)
        return future

    def _refused(self, task: Task[Any]) -> StageFailure | None:
        """Why this is more than may be asked for, and what would fit; None if it is not."""
        pixels, iterations = size_of(task)
        limits = self.limits
        if pixels > limits.pixels:
            reason = (
                f"{pixels:,} pixels are more than the {limits.pixels:,.0f} that this server draws; "
                "a smaller window fits."
            )
        elif pixels * iterations > limits.work:
            reason = (
                f"{iterations:,} iterations of {pixels:,} pixels are more than this server "
                f"computes; {int(limits.work / pixels):,} iterations fit in this window."
            )
        else:
            return None
        return StageFailure(task.stage, "too-large", reason)


def _done(result: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(result)
    return future


def _yielded(outcome: object) -> bool:
    return isinstance(outcome, StageFailure) and outcome.kind == "yielded"


def _then(future: Future[Any], go_on: Callable[..., object], *args: Any) -> None:
    """Go on after this, unless the workers have been closed by then."""

    def call(_: object) -> None:
        with contextlib.suppress(RuntimeError):
            go_on(*args)

    future.add_done_callback(call)
