"""Measurements: what is timed, what is not, and that a failure does not end a sweep."""

from __future__ import annotations

import math

import pytest

from mandel_core import (
    Cancelled,
    Measurement,
    Settings,
    StageFailure,
    Viewport,
    devices,
    measure,
    render,
    sweep,
)

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


def test_at_least_one_run_is_counted():
    settings = Settings("numpy", maxiter=3)
    assert len(measure(VIEW, settings, repeats=5, budget_seconds=0).run_seconds) == 1
    assert len(measure(VIEW, settings, repeats=3, budget_seconds=100).run_seconds) == 3


def test_a_measurement_that_nobody_waits_for_is_given_up():
    with pytest.raises(Cancelled):
        measure(VIEW, Settings("numpy"), should_stop=lambda: True)


def test_the_first_run_hears_the_phases():
    heard = []
    view = Viewport.from_bounds(-2, 0.5, -1.25, 1.25, 27, 23)
    result = measure(view, Settings("pairs", maxiter=6), repeats=1, on_phase=heard.append)
    assert result.compile_seconds > 0
    assert heard[0] == "compiling"
    assert heard[-1] == "running"


def test_the_median_of_an_even_number_of_runs_is_the_mean_of_the_middle_two():
    measured = Measurement(VIEW, Settings("numpy"), (4.0, 1.0, 2.0, 9.0))
    assert measured.median == 3.0
    assert measured.quartiles == (1.75, 5.25)
