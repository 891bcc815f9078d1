"""Numba's cache on disk, which never is a reason not to run. Importing this module imports Numba.

Numba takes what is in its files on trust: a file that was cut short, by a full disk or by the end
of the machine, would fail the kernel until it is removed. And two processes that compile a
kernel for two types at the same time may both take the same file, so that one's entry leads to what
the other has compiled. Here such files are removed, and the kernel is compiled as if there had been
none.

A kernel's file on disk is known by the kernel's own source. What it is made of lies in this folder,
in the modules that write LLVM's code; so these count, too.
"""

from __future__ import annotations

import glob
import hashlib
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from mandel_core.compilers import numba_import  # noqa: F401  before the line below: it finds the folder

# isort: split
from numba.core import sigutils
from numba.core.caching import FunctionCache

F = TypeVar("F", bound=Callable[..., Any])
_log = logging.getLogger(__name__)

# Warned of once a process and reason: each kernel has files of its own, and all of them fail alike.
_warned: set[str] = set()


def kept(kernel: F) -> F:
    """Have what a kernel of Numba's compiles kept on disk; wherever that fails, only in memory."""
    function = kernel.py_func  # type: ignore[attr-defined]
    try:
        kernel._cache = _Cache(function)  # type: ignore[attr-defined]
    except RuntimeError as error:  # there is no folder that can be written
        _warn_once(error)
    return kernel


class _Cache(FunctionCache):  # type: ignore[misc]
    """A kernel's files, of which the broken ones count as not there."""

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        self._cache_file._source_stamp = (self._cache_file._source_stamp, _made_with())

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """What is kept for these types; None if there is nothing, or nothing that can be used."""
        if not _lasting(sig):
            return None
        try:
            found = super().load_overload(sig, target_context)
            if found is None or tuple(found.signature.args) == tuple(
                sigutils.normalize_signature(sig)[0]
            ):
                return found
            words = "it is of other types"
        except Exception as error:  # pickle raises whatever it stumbles over
            words = f"{type(error).__name__}: {error}"
        _log.warning(
            "What Numba kept of %s cannot be used (%s); it is removed, and compiled again.",
            *(self._py_func.__qualname__, words),
        )
        self._remove()
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep it, if that can be done, and if it can ever be used again."""
        if not _lasting(sig):
            return
        try:
            super().save_overload(sig, data)
        except Exception as error:  # an index that was damaged a moment ago, beside a full disk
            _warn_once(error)

    def _remove(self) -> None:
        index = Path(self._cache_file._index_path)
        for path in (index, *index.parent.glob(f"{glob.escape(index.stem)}.*.nbc")):
            with suppress(OSError):
                path.unlink()


@cache
def _made_with() -> str:
    """What tells one version of the modules that make kernels from another."""
    folder = Path(__file__).parent
    files = (*sorted(folder.glob("numba_*.py")), folder / "target.py")
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _lasting(sig: Any) -> bool:
    """Whether all types outlast the process; those of a registered formula do not."""
    types = sigutils.normalize_signature(sig)[0]
    return all(getattr(kind, "kept_on_disk", True) for kind in types)


def _warn_once(error: Exception) -> None:
    words = f"{type(error).__name__}: {error}"
    reason = str(getattr(error, "errno", words))
    if reason not in _warned:
        _warned.add(reason)
        _log.warning("Compiled kernels cannot be kept on disk (%s).", words)
