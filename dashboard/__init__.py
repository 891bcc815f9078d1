"""The explorer: a Panel app and a notebook widget around `mandel_core`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dashboard.explorer import Explorer

__all__ = ["Explorer"]


def __getattr__(name: str) -> Any:
    """Import Panel and HoloViews, which takes seconds, only when the Explorer is asked for."""
    if name == "Explorer":
        from dashboard.explorer import Explorer

        return Explorer
    raise AttributeError(f"module 'dashboard' has no attribute {name!r}")
