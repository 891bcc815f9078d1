"""Numba's cache on disk, which never is a reason not to run. Importing this module imports Numba.

Numba takes what is in its files on trust: a file that was cut short, by a full disk or by the end
of the machine, would fail the kernel until it is removed. Here it is removed, and the kernel is
compiled as if there had been none.

Nor does Numba know of other processes, of which a server has several: all of them would compile
what none has found, and of two that write to a kernel's index at the same time one would lose its
entry, or have it lead to what the other has compiled. Here one process compiles a kernel while the
others wait, and then load it; and one at a time writes. Where files cannot be locked each goes on
as if it were alone, and what is found of other types is removed as well.

A kernel's file on disk is known by the kernel's own source. What it is made of lies in this folder,
in the modules that write LLVM's code; so these count, too.
"""

from __future__ import annotations

import glob
import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from mandel_core.compilers import numba_import  # noqa: F401  before the line below: it finds the folder

# isort: split
from filelock import FileLock
from numba.core import sigutils
from numba.core.caching import FunctionCache
from numba.core.compiler_lock import global_compiler_lock

from mandel_core.compilers.preparing import preparing

F = TypeVar("F", bound=Callable[..., Any])
_log = logging.getLogger(__name__)

# Warned of once a process and reason: each kernel has files of its own, and all of them fail alike.
_warned: set[str] = set()

# A process that was stopped holds its locks. Then another compiles for itself, which takes less.
LONGEST_WAIT_SECONDS = 60.0


def kept(kernel: F) -> F:
    """Have what a kernel of Numba's compiles kept on disk; wherever that fails, only in memory."""
    function = kernel.py_func  # type: ignore[attr-defined]
    try:
        cache = _Cache(function)
    except RuntimeError as error:  # there is no folder that can be written
        _warn_once(error)
        return kernel
    kernel._cache = cache  # type: ignore[attr-defined]
    kernel.compile = cache.in_turn(kernel)  # type: ignore[attr-defined]
    return kernel


class _Cache(FunctionCache):  # type: ignore[misc]
    """A kernel's files, of which the broken ones count as not there."""

    compiling = False  # whether this process compiles any kernel; guarded by Numba's own lock

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
            with _locked(self._index.with_suffix(".lock")):
                super().save_overload(sig, data)
        except Exception as error:  # an index that was damaged a moment ago, beside a full disk
            _warn_once(error)

    def in_turn(self, kernel: Any) -> Callable[[Any], Any]:
        """`kernel.compile` for one process at a time; one that waited finds what it would compile.

        Of the kernels that a kernel calls, which are compiled with it, none waits by itself.
        """
        compile_now = kernel.compile

        def compile_in_turn(sig: Any) -> Any:
            with global_compiler_lock:
                types = tuple(sigutils.normalize_signature(sig)[0])
                if _Cache.compiling or types in kernel.overloads or not _lasting(sig):
                    return compile_now(sig)
                name = hashlib.sha256(str(types).encode()).hexdigest()[:16]
                _Cache.compiling = True
                try:
                    with preparing(), _locked(self._index.with_suffix(f".{name}.lock")):
                        return compile_now(sig)
                finally:
                    _Cache.compiling = False

        return compile_in_turn

    @property
    def _index(self) -> Path:
        return Path(self._cache_file._index_path)

    def _remove(self) -> None:
        index = self._index
        for path in (index, *index.parent.glob(f"{glob.escape(index.stem)}.*.nbc")):
            with suppress(OSError):
                path.unlink()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock that is this file, unless it cannot be had."""
    lock = FileLock(path)
    with suppress(OSError, NotImplementedError):  # a full disk, or one without locks; waited long
        lock.acquire(timeout=LONGEST_WAIT_SECONDS)
    try:
        yield
    finally:
        lock.release()  # does nothing where it is not held


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
