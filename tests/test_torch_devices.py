"""Which devices there are is told without importing torch, where that is certain."""

from __future__ import annotations

import ctypes
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from mandel_core.compilers import torch_devices
from mandel_core.worker.pool import Pool

CPU = "cuda: Optional[str] = None\nhip: Optional[str] = None"
CUDA, ROCM = "cuda = '13.0'\nhip = None", "cuda: Optional[str] = None\nhip: Optional[str] = '7.1'"


@pytest.mark.parametrize(
    ("build", "driver", "found"),
    [
        (CPU, True, ("cpu",)),
        (CUDA, False, ("cpu",)),
        (CUDA, True, None),
        (ROCM, True, None),
        ("", False, None),
        ("not Python", False, None),
    ],
)
def test_torch_is_asked_where_it_may_have_more(
    build: str,
    driver: bool,
    found: tuple[str, ...] | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise AssertionError('it was imported')")
    (tmp_path / "torch" / "version.py").write_text(build)

    def load(name: str) -> None:
        if not driver:
            raise OSError(f"{name} cannot be loaded")

    monkeypatch.setattr(ctypes, "CDLL", load)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    assert torch_devices.devices_without_torch() == found


def test_it_is_what_torch_says() -> None:
    code = (
        "import sys\n"
        "from mandel_core.compilers.torch_devices import *\n"
        "found = devices_without_torch()\n"
        "assert 'torch' not in sys.modules\n"
        "print(found is None or found == devices_of_torch(), devices() == devices_of_torch())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["True", "True"]


def test_no_process_is_started_to_find_that_there_is_only_the_cpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def only_cpu() -> tuple[str, ...]:
        return ("cpu",)

    monkeypatch.setattr("mandel_core.worker.pool.devices_without_torch", only_cpu)
    pool = Pool()
    try:
        assert pool.devices().result(0) == ("cpu",)
        assert pool.measuring.pid is None
    finally:
        pool.close()
