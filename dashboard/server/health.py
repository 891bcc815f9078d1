"""Whether this server is well, for whoever watches it: `/health` and `/metrics`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from bokeh.server.urls import toplevel_patterns
from tornado.web import HTTPError, RequestHandler

from dashboard import server_settings
from dashboard.compute import workers
from dashboard.server.event_loop import lag


class HealthHandler(RequestHandler):
    """200 and "ok" if the event loop and every computing process answer; else 503, and who not."""

    def get(self) -> None:
        """Answer; the event loop does so by answering at all."""
        processes = workers.pool().health()
        well = all(process.answers for process in processes.values())
        self.set_status(200 if well else 503)
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        told = {
            "status": "ok" if well else "degraded",
            "event_loop": {"answers": True, "late_seconds": round(lag.seconds, 3)},
            **{role: asdict(process) for role, process in processes.items()},
        }
        self.finish(json.dumps(told, indent=1) + "\n")


class MetricsHandler(RequestHandler):
    """What Prometheus collects, where the setting `metrics` is on."""

    def get(self) -> None:
        """Answer, 404 if the setting is off."""
        if not server_settings.current().metrics:
            raise HTTPError(404)
        from dashboard.server import metrics

        content, kind = metrics.text()
        self.set_header("Content-Type", kind)
        self.finish(content)


def add_addresses(*more: tuple[str, Any]) -> None:
    """Have the server that is about to be made answer these; Bokeh reads its list only then.

    more : addresses as regular expressions, each with its handler.
    """
    own: tuple[tuple[str, Any], ...] = ((r"/health", HealthHandler), (r"/metrics", MetricsHandler))
    added = [*own, *more]
    known = [pattern[0] for pattern in toplevel_patterns]
    toplevel_patterns.extend(one for one in added if one[0] not in known)
