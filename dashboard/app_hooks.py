"""What `panel serve dashboard` does once, before the first visitor."""

from __future__ import annotations

from typing import Any


def on_server_loaded(server_context: Any) -> None:
    """Start the worker and import what every page needs, so that the first page opens fast."""
    # Imported for their cost, which is paid here; Panel asks for Matplotlib with the first page.
    import matplotlib.figure  # noqa: F401

    from dashboard.page import template
    from dashboard.routes import close_components
    from dashboard.workers import warm_up

    close_components()  # before the first request is answered
    warm_up()
    template()
