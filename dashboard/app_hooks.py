"""What `panel serve dashboard` does once, before the first visitor."""

from __future__ import annotations

from typing import Any


def on_server_loaded(server_context: Any) -> None:
    """Start the worker and import what every page needs, so that the first page opens fast."""
    import dashboard.explorer  # noqa: F401  (imported for its cost, which is paid here)
    from dashboard.workers import warm_up

    warm_up()
