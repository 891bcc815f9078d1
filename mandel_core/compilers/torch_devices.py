"""The devices torch can use here, told without importing torch where that is possible."""

from __future__ import annotations

import ast
import ctypes
import importlib.util
import sys
from pathlib import Path


def devices() -> tuple[str, ...]:
    """The devices torch can use here: always "cpu", and "cuda" and "mps" where present."""
    return devices_without_torch() or devices_of_torch()


def devices_without_torch() -> tuple[str, ...] | None:
    """The same, if it can be told without importing torch, which takes seconds; else None.

    A torch that was built without CUDA and ROCm has no graphics card to use, nor has one for CUDA
    where NVIDIA's driver is missing.
    """
    if "torch" in sys.modules or sys.platform == "darwin":
        return None
    build = _build()
    if build is None or build.get("hip"):
        return None
    return ("cpu",) if build.get("cuda") is None or not _has_cuda_driver() else None


def devices_of_torch() -> tuple[str, ...]:
    """The same, asked of torch itself."""
    import torch

    present = {"cuda": torch.cuda.is_available, "mps": torch.backends.mps.is_available}
    return ("cpu", *(name for name, available in present.items() if available()))


def _build() -> dict[str, object] | None:
    """What the installed torch was built for, from its `version.py`; None if it does not say."""
    try:
        spec = importlib.util.find_spec("torch")
        if spec is None or spec.origin is None:
            return None
        module = ast.parse(Path(spec.origin).with_name("version.py").read_text())
    except (OSError, SyntaxError, ValueError):  # torch itself will say what is wrong with it
        return None
    build: dict[str, object] = {
        target.id: statement.value.value
        for statement in module.body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        and isinstance(statement.value, ast.Constant)
        for target in _targets(statement)
        if isinstance(target, ast.Name)
    }
    return build if {"cuda", "hip"} <= build.keys() else None


def _targets(statement: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return statement.targets if isinstance(statement, ast.Assign) else [statement.target]


def _has_cuda_driver() -> bool:
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True
