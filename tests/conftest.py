"""Shared fixtures: the home view, frames that are computed once, and a server with the page."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from mandel_core import FORMULAS, STAGES, Frame, Viewport, render
from mandel_core.worker.process import NEW_OBJECTS
from tests.browsing import ROOT, chromium, end_browser, serving

Render = Callable[..., Frame]

# The files whose tests use the fixture `server`.
OF_THE_SERVER = {
    "test_compiler_page",
    "test_cursor_page",
    "test_formula_page",
    "test_gestures",
    "test_getting_around",
    "test_hostile",
    "test_lab_page",
    "test_look_page",
    "test_own_stage",
    "test_page",
    "test_phone",
    "test_sharing",
    "test_shell",
}

# The files whose tests compile the same stages for the same views. A process has what it compiled
# at hand, and traces again what another did.
OF_THE_STAGES = {"test_correctness", "test_stages"}

TOGETHER = {"server": OF_THE_SERVER, "stages": OF_THE_STAGES}

# How long an example takes tells how busy the machine is.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")


def pytest_configure(config: pytest.Config) -> None:
    """Have pytest-xdist keep the order of files; its own puts those with few tests at the end.

    Circular garbage is looked for as seldom as in a computing process: while torch compiles it
    takes a tenth of the time else. And threads of OpenMP that wait for each other sleep: where
    more processes compute than there are cores, those that spin hold up the rest of the tests.
    """
    gc.set_threshold(NEW_OBJECTS)
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # read when torch is imported
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Have one of several processes run all tests of the shared server, which starts only once.

    The server must not be shared by processes: for a picture that one page asks for it gives up
    what another's would have had next, a measured time or smooth edges. The files of the stages
    are also for one process.
    """
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return _group(Path(super()._split_scope(nodeid)))

    return Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that at the end no process waits for another.

    Those that must be in one process take longest together. Of the rest, those that drive a
    browser, which wait at times, and the others take turns.
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
        if "server" in getattr(item, "fixturenames", ()) and item.path.stem not in OF_THE_SERVER:
            raise pytest.UsageError(f"{item.path.stem} uses the server: name it in OF_THE_SERVER.")
    kinds: dict[str, list[list[pytest.Item]]]
    kinds = {kind: [] for kind in (*TOGETHER, "browser", "long", "")}
    for path, tests in files.items():
        marks = {mark.name for test in tests for mark in test.iter_markers()}
        long = "long" if marks & {"slow", "compile"} else ""
        kind = "browser" if "browser" in marks else long
        group = _group(path)
        kinds[group if group in TOGETHER else kind].append(tests)
    turns = chain.from_iterable(zip_longest(kinds["browser"], kinds["long"], fillvalue=[]))
    first = chain.from_iterable(kinds[name] for name in TOGETHER)
    items[:] = chain.from_iterable((*first, *turns, *kinds[""]))


@pytest.fixture(scope="session", autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Results of tests are not this user's results."""
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MANDEL_EXPLORER_DATA", str(folder))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def compiler_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What torch compiles in one test is there for the others, in servers and in processes beside.

    It starts empty: what this user has compiled before decides nothing.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # which all processes of one run have in common
    folder = folder / "inductor"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TORCHINDUCTOR_CACHE_DIR", str(folder))
        yield folder


@pytest.fixture(scope="session")
def server_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the log of the shared server is, `server.log`."""
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="session")
def server(server_folder: Path, compiler_cache: Path) -> Iterator[str]:
    """The address of a server for all tests that leave it as they found it."""
    chromium()
    command = ["panel", "serve", "dashboard", "--liveness"]
    with serving(command, "/liveness", cwd=ROOT, scratch=server_folder) as base:
        yield base


@pytest.fixture(scope="session")
def address(server: str) -> str:
    """The address of the shared server's page."""
    return f"{server}/dashboard"


@pytest.hookimpl(trylast=True)  # when the pages of the test are closed
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """A file's tests share a browser, or those of the server's files; no other's find it there."""
    if nextitem is None or _group(item.path) != _group(nextitem.path):
        end_browser()


def _group(file: Path) -> str:
    """The name of those files of which one process runs all tests."""
    return next((name for name, stems in TOGETHER.items() if file.stem in stems), file.stem)


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

    return str(torch.__version__).startswith("2.13.")
