"""Measurements: what is timed, what is not, and that a failure does not end a sweep."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from mandel_core import (
    Cancelled,
    Frame,
    Measurement,
    Settings,
    StageFailure,
    Viewport,
    devices,
    measure,
    render,
    sweep,
)
from mandel_core.measurement.measuring import measure_settings
from mandel_core.measurement.system_load import Load, LoadReading, wait_for_calm
from mandel_core.model.control import Control
from mandel_core.runtime.threads import cores

pytestmark = [pytest.mark.compile, pytest.mark.slow]

VIEW = Viewport.from_bounds(-2, 0.5, -1.25, 1.25, 26, 22)


def test_each_chunk_size_is_compiled_once_and_timed_repeatedly():
    sizes = (2, 1, 3)
    points = list(sweep(VIEW, "chunked", sizes, maxiter=12, repeats=4))
    assert [(point.stage, point.chunksize) for point in points] == [("chunked", n) for n in sizes]
    for point in points:
        assert point.failure is None
        assert point.compile_seconds > 0
        assert len(point.run_seconds) == 4
        assert min(point.run_seconds) > 0
        assert point.first_seconds > 0
        assert 0 <= point.busy <= 1
        assert point.retaken == 0
        assert sorted(point.run_seconds)[1] <= point.median <= sorted(point.run_seconds)[2]
    again = next(iter(sweep(VIEW, "chunked", sizes, maxiter=12, repeats=1)))
    assert again.compile_seconds == 0


def test_a_measurement_comes_as_soon_as_it_is_made():
    asked = []

    def sizes():
        for size in (1, 2):
            asked.append(size)
            yield size

    points = sweep(VIEW, "numpy", sizes(), maxiter=5, repeats=2)
    # All chunk sizes are checked before anything is measured.
    assert asked == [1, 2]
    assert iter(points) is points
    assert next(points).chunksize == 1
    assert next(points).chunksize == 2
    assert list(points) == []


def test_a_failure_is_a_value_and_the_sweep_goes_on():
    missing = next(name for name in ("mps", "cuda") if name not in devices())
    points = list(sweep(VIEW, "chunked", (2, 3), device=missing))
    assert [point.chunksize for point in points] == [2, 3]
    for point in points:
        assert isinstance(point.failure, StageFailure)
        assert point.failure.kind == "no-device"
        assert point.run_seconds == ()
        assert math.isnan(point.median)


def test_a_failure_of_the_compiler_is_a_value_too():
    alone = None
    try:
        render(VIEW, "default_device", maxiter=4)
    except StageFailure as failure:
        alone = failure.kind
    points = list(sweep(VIEW, "default_device", (1, 2), maxiter=4, repeats=1))
    # None on a torch that can trace with a default device.
    assert [point.failure and point.failure.kind for point in points] == [alone, alone]


def test_chunk_sizes_are_those_up_to_maxiter_and_the_nearest_comes_first():
    points = list(sweep(VIEW, "numpy", maxiter=30, nearest_to=9, repeats=1))
    # By ratio: 5 is farther from 9 than 10, and 20 farther than 5.
    assert [point.chunksize for point in points] == [10, 5, 20, 2, 1]
    given = sweep(VIEW, "numpy", (50, 3, 50, 1), maxiter=30, repeats=1)
    assert [point.chunksize for point in given] == [50, 3, 1]


def test_a_sweep_over_threads_takes_all_chunk_sizes_with_one_number_before_the_next():
    points = list(sweep(VIEW, "pairs", (5, 1), maxiter=4, threads=(2, 1), repeats=1, nearest_to=1))
    assert [(point.threads, point.chunksize) for point in points] == [
        (2, 1),
        (2, 5),
        (1, 1),
        (1, 5),
    ]
    assert [point.settings.threads for point in points] == [2, 2, 1, 1]
    assert not any(point.failure for point in points)


@pytest.mark.parametrize(
    "wrong", [{"threads": (1, 0)}, {"nearest_to": 0}, {"chunksizes": (3, -1)}], ids=str
)
def test_nonsense_is_refused_before_anything_is_measured(wrong):
    with pytest.raises(ValueError, match="must be a whole number"):
        sweep(VIEW, "numpy", **wrong)


def test_threads_are_counted():
    assert Measurement(VIEW, Settings("numpy", threads=7)).threads == 7
    assert Measurement(VIEW, Settings("numpy")).threads == cores()


def renders_in(seconds, compiling=0.0, asked=None):
    """A `render_settings` that takes this long, and compiles in its first so many runs."""
    asked = [] if asked is None else asked

    def rendered(view, settings, *_):
        asked.append(settings)
        spent = 2.0 if len(asked) <= compiling else 0.0
        none = np.zeros((1, 1), int)
        return Frame(view, settings, none, none + 0j, seconds, compile_seconds=spent)

    return rendered


@pytest.mark.parametrize(
    ("seconds", "warm", "counted"),
    [(0.01, 10, 15), (0.1, 2, 6), (0.2, 1, 5), (1.5, 0, 3), (9, 0, 1)],
)
def test_short_runs_are_warmed_up_and_repeated_more_often(monkeypatch, seconds, warm, counted):
    asked: list[Settings] = []
    monkeypatch.setattr("mandel_core.measurement.measuring.SHORTEST_WATCH", 0)
    monkeypatch.setattr(
        "mandel_core.measurement.measuring.render_settings", renders_in(seconds, 0, asked)
    )
    assert measure(VIEW, Settings("numpy")).run_seconds == (seconds,) * counted
    assert len(asked) == 1 + warm + counted


@pytest.mark.parametrize("compiling", [2, math.inf])
def test_a_run_that_compiles_is_not_counted(monkeypatch, compiling):
    """A stage may compile once more in its second run, or in every run."""
    asked: list[Settings] = []
    monkeypatch.setattr("mandel_core.measurement.measuring.SHORTEST_WATCH", 0)
    monkeypatch.setattr(
        "mandel_core.measurement.measuring.render_settings", renders_in(1.0, compiling, asked)
    )
    measured = measure(VIEW, Settings("numpy"), repeats=3)
    assert measured.run_seconds == (1.0,) * 3
    assert measured.first_seconds == 1.0
    assert measured.compile_seconds == 2.0 * min(len(asked), compiling)


def test_only_the_work_of_others_counts_as_busy(monkeypatch):
    readings = iter(
        [
            LoadReading(wall=0.0, machine=0.0, own=0.0, cores=2),
            LoadReading(wall=1.0, machine=1.5, own=1.0, cores=2),
            LoadReading(wall=5.0, machine=9.0, own=1.0, cores=2),
            LoadReading(wall=6.0, machine=11.0, own=1.0, cores=2),
        ]
    )
    monkeypatch.setattr("mandel_core.measurement.system_load._read", lambda: next(readings))
    load = Load()
    assert load.share == 0
    with load.watched() as watch:
        pass
    watch.count()
    assert load.share == 0.25
    with load.watched():
        pass  # thrown away
    assert load.share == 0.25


@pytest.mark.parametrize(
    ("others", "looks"),  # by look, what others took of the two cores; how many looks there are
    [([0.0], 1), ([0.9, 0.5, 0.05], 3), ([0.5] * 20, 10)],
    ids=["calm", "calm in the end", "never calm"],
)
def test_it_waits_until_others_are_calm_but_not_for_ever(monkeypatch, others, looks):
    wall = machine = 0.0
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        nonlocal wall, machine
        wall += seconds
        machine += 2 * seconds * others[len(slept)]
        slept.append(seconds)

    module = "mandel_core.measurement.system_load"
    monkeypatch.setattr(f"{module}.time.sleep", sleep)
    monkeypatch.setattr(f"{module}._read", lambda: LoadReading(wall, machine, 0.0, 2))
    wait_for_calm(1.95)
    assert len(slept) == looks


def test_this_process_is_not_the_one_that_keeps_the_machine_busy():
    load = Load()
    with load.watched() as watch:
        deadline = time.process_time() + 0.1
        while time.process_time() < deadline:
            pass
    worked = watch.end.own - watch.start.own
    assert worked >= 0.1
    assert watch.end.machine - watch.start.machine >= worked - 0.05
    assert 1 <= watch.start.cores <= cores()


def test_at_least_one_run_is_counted():
    settings = Settings("numpy", maxiter=3)
    assert len(measure(VIEW, settings, repeats=5, budget_seconds=0).run_seconds) == 1
    assert len(measure(VIEW, settings, repeats=3, budget_seconds=100).run_seconds) == 3


def test_a_measurement_that_nobody_waits_for_is_given_up():
    with pytest.raises(Cancelled):
        measure_settings(VIEW, Settings("numpy"), control=Control(lambda: True))


def test_only_the_runs_that_count_are_said_to_be_running():
    heard: list[str] = []
    view = Viewport.from_bounds(-2, 0.5, -1.25, 1.25, 27, 23)
    result = measure_settings(
        view, Settings("pairs", maxiter=6), repeats=1, control=Control(on_phase=heard.append)
    )
    assert result.compile_seconds > 0
    assert heard[0] == "compiling"
    assert heard[-2:] == ["warming up", "running"]
    assert heard.count("running") == 1


def test_the_median_of_an_even_number_of_runs_is_the_mean_of_the_middle_two():
    measured = Measurement(VIEW, Settings("numpy"), (4.0, 1.0, 2.0, 9.0))
    assert measured.median == 3.0
    assert measured.quartiles == (1.75, 5.25)
