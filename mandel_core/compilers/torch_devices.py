"""The devices torch can use here, told without importing torch where that is possible."""

from __future__ import annotations

import ctypes
import importlib.util
import re
import sys
from pathlib import Path

# A line such as `cuda: Optional[str] = None`.
_BUILT_FOR = re.compile(r"^(cuda|hip)\b[^=\n]*= *(.+)$", re.MULTILINE)


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
    if build is None or build["hip"] != "None":
        return None
    return ("cpu",) if build["cuda"] == "None" or not _has_cuda_driver() else None


def devices_of_torch() -> tuple[str, ...]:
    """The same, asked of torch itself."""
    import torch

    present = {"cuda": torch.cuda.is_available, "mps": torch.backends.mps.is_available}
    return ("cpu", *(name for name, available in present.items() if available()))


def _build() -> dict[str, str] | None:
    """What the installed torch was built for, as its `version.py` has it; None if it does not."""
    try:
        spec = importlib.util.find_spec("torch")
        if spec is None or spec.origin is None:
            return None
        text = Path(spec.origin).with_name("version.py").read_text()
    except (OSError, ValueError):  # torch itself will say what is wrong with it
        return None
    build = dict(_BUILT_FOR.findall(text))
    return build if build.keys() == {"cuda", "hip"} else None


def _has_cuda_driver() -> bool:
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True
