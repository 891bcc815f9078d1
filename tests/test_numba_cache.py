"""Where neither the package nor home can be written, compiled kernels still have a place."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import pytest

from mandel_core import numba_here


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(numba_here, "_can_write", lambda folder: False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def found(monkeypatch: pytest.MonkeyPatch) -> Path:
    numba_here._find_cache()
    folder = Path(os.environ["NUMBA_CACHE_DIR"])
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    return folder


def test_a_folder_of_this_user_alone_is_shared_by_its_processes(
    monkeypatch: pytest.MonkeyPatch, nowhere: Path
) -> None:
    folder = found(monkeypatch)
    assert folder.parent == nowhere
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert found(monkeypatch) == folder


def test_a_folder_that_others_can_write_is_not_trusted(
    monkeypatch: pytest.MonkeyPatch, nowhere: Path
) -> None:
    """What is in it is executed."""
    first = found(monkeypatch)
    first.chmod(0o777)
    assert found(monkeypatch) != first


def test_where_something_can_be_written_numba_finds_its_own_place(
    monkeypatch: pytest.MonkeyPatch, nowhere: Path
) -> None:
    monkeypatch.setattr(numba_here, "_can_write", lambda folder: True)
    numba_here._find_cache()
    assert "NUMBA_CACHE_DIR" not in os.environ
