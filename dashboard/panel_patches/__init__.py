"""Panel in a notebook, mended where it falls short: one module per concern, one guard for all.

A patch is made only with the versions named in `versions.py`, and only if Panel has what it
replaces. With any other version Panel is left as it is, and one warning in the log says so.
"""

from __future__ import annotations

import logging
from functools import cache

from dashboard.panel_patches import versions
from dashboard.panel_patches.lock import changing

__all__ = ["apply", "changing"]

_log = logging.getLogger(__name__)


@cache  # once in a process
def apply() -> None:
    """Make all patches, or none of them with a warning."""
    if unknown := versions.unknown():
        _warn(unknown)
        return
    # Imported only now: what they import need not be there in another version.
    from dashboard.panel_patches import lookup, messages, threads

    patches = [*threads.patches(), *lookup.patches(), *messages.patches()]
    if missing := [f"Panel without {one}" for one in patches if one.is_missing]:
        _warn(missing)
        return
    for one in patches:
        one.make()


def _warn(unknown: list[str]) -> None:
    _log.warning(
        "Not known here: %s. Panel is left as it is: in a notebook it answers more slowly, and "
        "pictures may be lost while several cells run.",
        ", ".join(unknown),
    )
