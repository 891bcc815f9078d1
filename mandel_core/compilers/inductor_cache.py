"""The files that torch's compiler keeps on disk: what was left half written in there is removed.

The linker and the C++ compiler write to a file under its final name, and Inductor takes any file
of that name for complete. So a process that is killed while compiling can leave a library that
cannot be loaded, or whose loading ends the process; a test library for the instruction set, without
which the compiler silently falls back to a slower one; or a precompiled header that slows down or
fails all later compiles. All of that would stay, since these names are not written again.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_log = logging.getLogger(__name__)

# What all files of one compile are named after: "c" and the digest of what was compiled.
_KEY = re.compile(r"\bc[a-z2-7]{51}\b")
_SOURCES = {".cpp", ".h", ".py"}
# With this GCC begins a precompiled header, until it is finished. One that stays so is ignored
# by the compiler silently, and each kernel takes longer.
_UNFINISHED = b"gpcWrite"

# Files that were found whole, by what `stat` says of them; and what was given a second chance.
_whole: set[tuple[str, int, int]] = set()
_renewed: set[str] = set()


def remove_broken() -> None:
    """Remove what is broken, before the compiler looks for it."""
    for root in _roots():
        for folder, _, names in os.walk(root):
            for name in names:
                with suppress(OSError):  # others compile and remove as well
                    _look_at(root, Path(folder, name))


def remove_named(error: BaseException, since: float) -> bool:
    """Remove what the error speaks of if it is older than `since`; whether there was anything.

    Some files do not show whether they are complete; using them fails. In one
    process each is removed once only, so that an error with another cause is not tried for ever.
    """
    keys = {key for cause in _causes(error) for key in _KEY.findall(_words(cause))} - _renewed
    _renewed.update(keys)
    removed = [
        _remove(root, path)
        for root in _roots()
        for path in _files_of(root, keys)
        if path.stat().st_mtime < since
    ]
    _look_for_headers_again()
    return any(removed)


def forget() -> None:
    """Have the compiler look at its files again; of what failed it remembers the failure."""
    from torch._inductor import utils

    # Its name before torch 2.8 was clear_inductor_caches.
    clear = getattr(utils, "clear_caches", None) or utils.clear_inductor_caches
    clear()


def is_cut(head: bytes, size: int) -> bool:
    """Whether a library of this size that begins so is a part of one.

    An ELF file tells where its last part lies, the table of its sections. Of other formats
    only what has no room for a header is known to be broken, and what has nothing in its place.
    """
    if len(head) < 64 or not any(head):
        return True
    if head[:4] != b"\x7fELF":
        return False
    order = "<" if head[5] == 1 else ">"
    (table,) = struct.unpack_from(f"{order}Q", head, 40)
    entry, count = struct.unpack_from(f"{order}HH", head, 58)
    return not table or table + entry * count > size


def _roots() -> Iterator[Path]:
    """The folder of the cache, and the one of the headers, which is always at the same place."""
    with suppress(ImportError, OSError):  # where there is none, compiling will say so
        from torch._inductor.runtime.runtime_utils import cache_dir

        yield Path(cache_dir())
    with suppress(ImportError, AttributeError):
        from torch._inductor import codecache

        yield Path(codecache._HEADER_DIR)


def _look_at(root: Path, path: Path) -> None:
    found = path.stat()
    seen = (str(path), found.st_size, found.st_mtime_ns)
    if path.suffix == ".lock" or path.name.startswith(".") or seen in _whole:
        return
    if not _is_broken(root, path, found.st_size):
        _whole.add(seen)
    elif _remove(root, path):
        _log.warning("The compiler's file %s was left half written; it was removed.", path)
        _look_for_headers_again()


def _look_for_headers_again() -> None:
    """Once a process has seen to a precompiled header, it takes it to be there for good."""
    with suppress(ImportError, AttributeError):
        from torch._inductor import codecache

        codecache._precompile_header.cache_clear()


def _is_broken(root: Path, path: Path, size: int) -> bool:
    if path.suffix == ".so":
        with path.open("rb") as file:
            return is_cut(file.read(64), size)
    if path.suffix in _SOURCES:
        return not size
    if path.suffix == ".gch":
        with path.open("rb") as file:
            return file.read(len(_UNFINISHED)) in {b"", _UNFINISHED}
    if path.relative_to(root).parts[0] in {"fxgraph", "aotautograd"}:
        with path.open("rb") as file:
            file.seek(max(size - 1, 0))
            return file.read() != b"."  # with which every pickle ends
    return False


def _remove(root: Path, path: Path) -> bool:
    """Remove the file unless somebody is writing it; whether it was removed."""
    own = path.parent / "locks"  # the headers have theirs, also where they lie within the cache
    locks = own if own.is_dir() else root / "locks"
    with suppress(OSError), _locked(locks / f"{path.name.partition('.')[0]}.lock"):
        path.unlink()
        return True
    return False


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """While this is held, none of the files is written. Raises BlockingIOError if one is."""
    if not path.exists():
        yield
        return
    with path.open("rb") as file:  # closing it gives the lock back
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def _files_of(root: Path, keys: set[str]) -> Iterator[Path]:
    for key in keys:
        for folder in (root, root / key[1:3]):
            yield from (path for path in folder.glob(f"{key}.*") if path.is_file())


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and those it came from."""
    seen: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        if (one := todo.pop()) is not None and one not in seen:
            seen.append(one)
            yield one
            todo += [one.__cause__, one.__context__, getattr(one, "inner_exception", None)]


def _words(error: BaseException) -> str:
    """What an error says, with the files that it only has as attributes."""
    named = (getattr(error, name, "") for name in ("path", "filename", "name"))
    return " ".join([str(error), *(str(one) for one in named if one)])
