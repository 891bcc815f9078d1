"""Numba, with a place for its cache wherever this runs. Importing this module imports Numba.

Compiled kernels are kept beside the package, or in the user's cache folder. Where neither can be
written, as in a container or for a system user, Numba refuses to compile at all; then a temporary
folder serves, which the processes of this user share.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import stat
import tempfile
from pathlib import Path

from mandel_core.compilers.preparing import preparing

_log = logging.getLogger(__name__)


def _can_write(folder: Path) -> bool:
    """Whether a file can be made there, after making the folder if need be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _user_cache() -> Path:
    import platformdirs

    return Path(platformdirs.user_cache_dir("numba"))


def _temporary() -> Path | None:
    """A folder that belongs to this user alone, since what is in it is executed."""
    folder = Path(tempfile.gettempdir()) / f"mandel-explorer-numba-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    return folder if own and not found.st_mode & 0o077 else None


def _find_cache() -> None:
    if os.environ.get("NUMBA_CACHE_DIR"):
        return
    beside = Path(__file__).parent / "__pycache__"
    if _can_write(beside) or _can_write(_user_cache()):
        return
    folder = _temporary() or Path(tempfile.mkdtemp(prefix="mandel-explorer-numba-"))
    _log.warning(
        "Neither %s nor %s can be written; compiled kernels are kept in %s.",
        *(beside, _user_cache(), folder),
    )
    os.environ["NUMBA_CACHE_DIR"] = str(folder)


_find_cache()

with preparing():
    import numba  # it reads the variable when it is imported


def _skip_look_at_blas() -> None:
    """Have Numba believe in linear algebra where SciPy is installed.

    It imports `scipy.linalg` to see for itself, which is a fifth of what a process takes to its
    first picture, and looks again where somebody uses it.
    """
    from numba.np import linalg

    look = getattr(linalg, "ensure_blas", None)
    if look is None or importlib.util.find_spec("scipy") is None:
        return
    linalg.ensure_blas = lambda: None
    try:
        import numba.np.arraymath  # noqa: F401
    finally:
        linalg.ensure_blas = look


_skip_look_at_blas()

__all__ = ["numba"]
