"""What `panel serve dashboard` does once, before the first visitor."""

from __future__ import annotations

import gc
import re
import sys
from typing import Any

from dashboard import server_settings


def prepare() -> None:
    """Do what has to be done before the server is made, which takes it only then."""
    server_settings.use(server_settings.from_arguments(sys.argv[1:]))

    from dashboard.server.health import add_addresses
    from dashboard.server.incoming import limit_messages
    from dashboard.server.routes import limit_bodies, sign_sessions
    from dashboard.sharing import preview

    add_addresses((re.escape(preview.ADDRESS), preview.PreviewHandler))
    sign_sessions()
    limit_bodies()
    limit_messages()


# Bokeh runs this file under a name of its own, with what follows `--args` as arguments.
if __name__ != "dashboard.app_hooks":
    prepare()


def on_server_loaded(server_context: Any) -> None:
    """Start the worker and import what every page needs, so that the first page opens fast."""
    # Imported for their cost, which is paid here; Panel asks for Matplotlib with the first page.
    import matplotlib.figure  # noqa: F401

    from dashboard.compute.workers import pool, warm_up, watchers
    from dashboard.lab import first_start
    from dashboard.page import template
    from dashboard.server.admission import limit_pages
    from dashboard.server.errors import hide_tracebacks
    from dashboard.server.event_loop import lag
    from dashboard.server.incoming import restrict_patches
    from dashboard.server.leaving import tolerate_disconnects
    from dashboard.server.routes import (
        close_autoload,
        close_components,
        refuse_broken_origins,
        refuse_broken_tokens,
        refuse_null_bytes,
    )

    close_components()  # before the first request is answered
    close_autoload()
    refuse_broken_tokens()
    refuse_broken_origins()
    refuse_null_bytes()
    restrict_patches()
    hide_tracebacks()
    tolerate_disconnects()
    limit_pages(server_settings.current())
    lag.watch()
    if server_settings.current().metrics:
        from dashboard.server import metrics

        watchers.append(metrics.watch)
    computing = pool()
    warm_up(computing)
    if computing.first is not None:
        first_start.keep(computing.first)
    template()
    # Exclude startup objects from garbage collection: they stay, and going through them each time
    # would cost pauses and tens of megabytes.
    gc.collect()
    gc.freeze()


def on_server_unloaded(server_context: Any) -> None:
    """Stop the computing processes: no page waits for them any more."""
    from dashboard.compute.workers import pool

    pool().close()
    # Skip the final garbage collection; it takes seconds.
    gc.freeze()
