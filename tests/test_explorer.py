"""The explorer's params, without a browser: documented, exact, and closed to nonsense."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from dashboard import Explorer
from dashboard.state import HOME, State
from mandel_core import STAGES, Viewport


@pytest.fixture
def explorer() -> Iterator[Explorer]:
    explorer = Explorer()
    yield explorer
    explorer.close()


def test_every_param_is_documented(explorer: Explorer) -> None:
    own = set(Explorer.param) - set(Explorer.__mro__[1].param)
    assert {"x", "y", "width", "stage", "chunksize", "device", "iterations"} <= own
    assert [name for name in own if not explorer.param[name].doc] == []


def test_it_starts_at_home(explorer: Explorer) -> None:
    assert explorer.state == HOME == State()


def test_a_centre_is_kept_digit_by_digit(explorer: Explorer) -> None:
    digits = "-0." + "1234567890" * 10
    explorer.x = digits
    explorer.width = 0.1
    assert explorer.x == Decimal(digits)
    assert explorer.width == Decimal("0.1")
    assert explorer.viewport().x == Decimal(digits)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x", "nan"),
        ("x", "a place"),
        ("y", "1e999"),
        ("width", 0),
        ("width", "1" * 500),
        ("iterations", 10**9),
        ("chunksize", 0),
        ("stage", "quantum"),
        ("palette", "mud"),
    ],
)
def test_nonsense_is_refused_and_changes_nothing(explorer: Explorer, name: str, value: Any) -> None:
    before = explorer.state
    with pytest.raises(ValueError, match=name):
        setattr(explorer, name, value)
    assert explorer.state == before


def test_settings_follow_the_stage_and_the_view(explorer: Explorer) -> None:
    explorer.param.update(stage="chunked", chunksize=7, iterations=300)
    settings = explorer.settings()
    assert (settings.stage, settings.chunksize, settings.maxiter) == ("chunked", 7, 300)
    assert settings.dtype == "float32"
    explorer.width = "1e-6"
    assert explorer.settings().dtype == "float64"


def test_numpys_time_belongs_to_a_view(explorer: Explorer) -> None:
    here, there = explorer.viewport(), Viewport.from_screen("-1.25", 0, "0.5", 8, 8)
    explorer.remember_numpy(here, 200, 0.5)
    assert explorer.numpy_seconds(here, 200) == 0.5
    assert explorer.numpy_seconds(here, 100) is None
    assert explorer.numpy_seconds(there, 200) is None


def test_every_stage_is_offered_in_order(explorer: Explorer) -> None:
    assert tuple(explorer.param.stage.objects) == STAGES.names


def test_iterations_that_were_set_are_kept(explorer: Explorer) -> None:
    assert explorer.automatic
    explorer.iterations = 300
    assert not explorer.automatic
    explorer.automatic = True
    assert explorer.state == State(iterations=300)


def test_iterations_that_were_given_are_kept() -> None:
    given = Explorer(iterations=60)
    assert (given.iterations, given.automatic) == (60, False)
    given.close()
