"""Shared fixtures: the home view, and frames that are computed once for all tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mandel_core import FORMULAS, STAGES, Frame, Viewport, render

Render = Callable[..., Frame]


@pytest.fixture(scope="session", autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Results of tests are not this user's results."""
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MANDEL_EXPLORER_DATA", str(folder))
        yield folder


@pytest.fixture(autouse=True)
def no_stage_stays_registered() -> Iterator[None]:
    """Each test begins with the stages and formulas of the package."""
    yield
    for formula in FORMULAS.registered:
        FORMULAS.remove(formula.name)
    for stage in STAGES.registered:
        STAGES.remove(stage.name)


@pytest.fixture(scope="session")
def home() -> Viewport:
    """The tutorial's box, 97 x 81 points 1/32 apart: every coordinate is exact in float32."""
    return Viewport.from_bounds(-2.25, 0.75, -1.25, 1.25, 97, 81)


@pytest.fixture(scope="session")
def rendered() -> Render:
    """`mandel_core.render`, which compiles for seconds, at most once per set of arguments."""

    @cache
    def once(view: Viewport, stage: str, **settings: Any) -> Frame:
        frame = render(view, stage, **settings)
        frame.iterations.setflags(write=False)
        frame.z.setflags(write=False)
        return frame

    return once


@pytest.fixture(scope="session")
def pinned() -> bool:
    """Whether torch is the version whose outcomes are recorded in the tests."""
    import torch

    return torch.__version__.startswith("2.13.")
