"""Numba's cache: it has a place wherever this runs, and nothing in it can fail a kernel."""

from __future__ import annotations

import errno
import gc
import importlib.util
import os
import re
import selectors
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mandel_core import Viewport, render
from mandel_core.compilers import numba_cache, numba_import
from mandel_core.compilers.preparing import listening
from mandel_core.rendering import ahead_of_time
from tests.browsing import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(numba_import, "_can_write", lambda folder: False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def found() -> Path:
    numba_import._find_cache()
    return Path(os.environ.pop("NUMBA_CACHE_DIR"))  # later tests have their own place


def test_a_folder_of_this_user_alone_is_shared_by_its_processes(
    nowhere: Path,
) -> None:
    folder = found()
    assert folder.parent == nowhere
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert found() == folder


def test_a_folder_that_others_can_write_is_not_trusted(
    monkeypatch: pytest.MonkeyPatch, nowhere: Path
) -> None:
    """What is in it is executed."""
    first = found()
    first.chmod(0o777)
    assert found() != first


def test_where_something_can_be_written_numba_finds_its_own_place(
    monkeypatch: pytest.MonkeyPatch, nowhere: Path
) -> None:
    monkeypatch.setattr(numba_import, "_can_write", lambda folder: True)
    numba_import._find_cache()
    assert "NUMBA_CACHE_DIR" not in os.environ


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Any]]:
    """Makes a kernel that knows nothing but the files in `__pycache__`, as a new process would."""
    gc.freeze()  # to go through all that tests before have left takes a second
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(numba_import.numba.config, "CACHE_DIR", "")
    file = tmp_path / "doubling.py"
    file.write_text("def double(x):\n    return x + x\n")

    def fresh() -> Any:
        gc.collect()  # what an earlier kernel left in memory would do instead of the module
        spec = importlib.util.spec_from_file_location("doubling", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, "doubling", module)
        spec.loader.exec_module(module)
        return numba_cache.kept(numba_import.numba.njit(module.double))

    yield fresh
    gc.unfreeze()


def hits(kernel: Any) -> int:
    return sum(kernel.stats.cache_hits.values())


def only(folder: Path, suffix: str) -> Path:
    (path,) = folder.glob(f"__pycache__/*{suffix}")
    return path


def test_what_was_compiled_is_kept(kernel: Callable[[], Any]) -> None:
    assert kernel()(2) == 4
    again = kernel()
    assert (again(3), hits(again)) == (6, 1)


def test_whoever_runs_tasks_is_told_that_a_kernel_is_compiled_or_loaded(
    kernel: Callable[[], Any],
) -> None:
    heard: list[bool] = []
    with listening(heard.append):
        for _ in range(2):
            double = kernel()
            double(2)
            assert heard == [True, False]
            double(3)
            assert heard == [True, False], "it runs only"
            heard.clear()
    assert hits(double) == 1
    double(2.5)
    assert not heard


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
@pytest.mark.parametrize("left", [0, 7, -9])
def test_a_file_that_was_cut_short_is_made_again(
    kernel: Callable[[], Any],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    suffix: str,
    left: int,
) -> None:
    kernel()(2)
    path = only(tmp_path, suffix)
    path.write_bytes(path.read_bytes()[:left])
    again = kernel()
    assert (again(3), hits(again)) == (6, 0)
    assert "double" in caplog.messages[0]
    assert len(caplog.messages) == 1
    third = kernel()
    assert (third(4), hits(third)) == (8, 1)


def test_nonsense_in_a_file_is_no_failure(kernel: Callable[[], Any], tmp_path: Path) -> None:
    kernel()(2)
    only(tmp_path, ".nbc").write_bytes(bytes(5000))
    assert kernel()(3) == 6


def test_what_another_process_has_compiled_for_other_types_is_not_taken(
    kernel: Callable[[], Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Both had found the index empty, and took the first name for their own."""
    kernel()(np.float32(1.5))
    index = only(tmp_path, ".nbi")
    first = index.read_bytes()
    index.unlink()
    kernel()(np.int64(2))
    index.write_bytes(first)
    assert kernel()(np.float32(1.5)) == 3.0
    assert "other types" in caplog.text


def test_a_folder_that_disappears_is_made_again(kernel: Callable[[], Any], tmp_path: Path) -> None:
    late = kernel()
    kernel()(2)
    shutil.rmtree(tmp_path / "__pycache__")
    assert late(2) == 4
    again = kernel()
    assert (again(3), hits(again)) == (6, 1)


def test_where_nothing_can_be_kept_kernels_run_and_one_line_says_so(
    kernel: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from numba.core.caching import IndexDataCacheFile

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(numba_cache, "_warned", set())
    monkeypatch.setattr(IndexDataCacheFile, "_save_data", full)
    assert [kernel()(2), kernel()(3)] == [4, 6]
    (line,) = caplog.messages
    assert "No space left on device" in line


def test_a_function_without_a_file_to_keep_it_by_still_runs(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numba_cache, "_warned", set())
    made: dict[str, Any] = {}
    exec("def triple(x):\n    return 3 * x", made)
    triple = numba_cache.kept(numba_import.numba.njit(made["triple"]))
    assert triple(2) == 6
    assert "cannot be kept" in caplog.text


def test_what_makes_the_kernels_is_a_part_of_their_name(
    kernel: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel()(2)
    monkeypatch.setattr(numba_cache, "_made_with", lambda: "a later version")
    again = kernel()
    assert (again(3), hits(again)) == (6, 0)


AT_ONCE = """
import sys
from doubling import double
from mandel_core.compilers import numba_cache, numba_import

looked = numba_cache._Cache.load_overload

def look(self, *types):
    found = looked(self, *types)
    print("found" if found else "missing", flush=True)
    if not found:
        sys.stdin.readline()
    return found

numba_cache._Cache.load_overload = look
kernel = numba_cache.kept(numba_import.numba.njit(double))
print("calling", flush=True)
print(kernel(21), flush=True)
"""


def test_of_processes_that_need_a_kernel_at_once_one_compiles(tmp_path: Path) -> None:
    """As those of a server do that has just been installed."""
    (tmp_path / "doubling.py").write_text("def double(x):\n    return x + x\n")
    paths = {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        processes: list[Any] = []
        for _ in range(3):
            command = [sys.executable, "-u", "-c", AT_ONCE]
            # Unbuffered: what comes together with the line that is read would not be noticed.
            process: Any = subprocess.Popen(
                command,
                bufsize=0,
                env=os.environ | paths,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            processes.append(stack.enter_context(process))
            stack.callback(process.kill)
            selector.register(process.stdout, selectors.EVENT_READ, process)
        for process in processes:
            assert process.stdout.readline() == b"calling\n"
        ((looking, _),) = selector.select()  # the others wait, and print nothing
        first = looking.data
        others = [process for process in processes if process is not first]
        said = [process.communicate(b"\n")[0].split() for process in (first, *others)]
    assert said == [[b"missing", b"42"], [b"found", b"42"], [b"found", b"42"]]


def test_fast_can_be_compiled_ahead_of_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert ahead_of_time.main([]) == 0
    told = capsys.readouterr().out
    assert re.findall(r"(\w+), (\w+): [\d.]+ s\n", told) == [
        ("mandelbrot", "float32"),
        ("mandelbrot", "float64"),
    ]
    for dtype in ("float32", "float64"):
        view = Viewport.from_bounds(-2, 1, -1, 1, 30, 20)
        assert render(view, "fast", 1000, dtype=dtype).compile_seconds < 0.01
    assert ahead_of_time.main(["nonsense"]) == 2
    assert "there is no formula 'nonsense'" in capsys.readouterr().err
