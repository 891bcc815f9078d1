"""The addresses this server answers, and the one of Panel's that it must not."""

from __future__ import annotations

from typing import Any

from panel.io import server
from tornado.web import HTTPError


def close_components() -> None:
    """Have Panel's `/components/<module>/...` answer 404, whatever the module.

    Panel 1.9 imports the module that the address names before it checks anything, so that one
    request runs any module installed: `/components/venv.__main__/...` ends the server. The page
    needs nothing from there. Upstream would have to look the component up among those it knows.
    """

    def refuse(self: Any, path: str) -> str:
        raise HTTPError(404)

    server.ComponentResourceHandler.parse_url_path = refuse
