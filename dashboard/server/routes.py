"""The addresses this server answers, and what of Panel's and Bokeh's it must not do with them."""

from __future__ import annotations

import functools
import secrets
from typing import Any
from urllib.parse import urlsplit

from bokeh.server import server as bokeh_server
from bokeh.server.views import session_handler
from bokeh.server.views.ws import WSHandler
from panel.io import server
from tornado.web import HTTPError, StaticFileHandler

# The longest thing anybody sends by HTTP is a login form. A websocket's messages have their own
# limit, `--websocket-max-message-size`.
LARGEST_BODY = 2**16


def close_components() -> None:
    """Have Panel's `/components/<module>/...` answer 404, whatever the module.

    Panel 1.9 imports the module that the address names before it checks anything, so that one
    request runs any module installed: `/components/venv.__main__/...` ends the server. The page
    needs nothing from there. Upstream would have to look the component up among those it knows.
    """

    def refuse(self: Any, path: str) -> str:
        raise HTTPError(404)

    server.ComponentResourceHandler.parse_url_path = refuse


def close_autoload() -> None:
    """Have `/dashboard/autoload.js`, which puts the page into a foreign one, answer 404.

    It makes a session without asking `authorize_callback`, and nothing here needs it.
    """

    async def refuse(self: Any, *_: Any, **__: Any) -> None:
        raise HTTPError(404)

    server.AutoloadJsHandler.get = server.AutoloadJsHandler.options = refuse


def sign_sessions() -> None:
    """Have websockets opened only with tokens that this server made.

    By default Bokeh takes any token, and unpacks and parses what is in it before it looks at
    anything: 18 KB that unpack to lists stop the server for twenty seconds. A page may then also be
    asked for under the name of a session that somebody else chose, and so shares.

    Must be called before the server is made. Servers that take turns with one visitor need a common
    BOKEH_SECRET_KEY; without one, what this server signs is good for this server alone.
    """
    make = bokeh_server.BokehTornado

    @functools.wraps(make)
    def signing(*args: Any, **kwargs: Any) -> Any:
        key = kwargs.get("secret_key") or secrets.token_bytes(32)
        return make(*args, **kwargs | {"sign_sessions": True, "secret_key": key})

    bokeh_server.BokehTornado = signing


def refuse_broken_tokens() -> None:
    """Answer 403 to a page that is asked for with a token that is none, at which Bokeh fails."""
    read = session_handler.get_session_id

    def session_of(token: str) -> Any:
        try:
            return read(token)
        except Exception:  # whatever base64, gzip and json raise
            raise HTTPError(403, reason="Invalid token") from None

    session_handler.get_session_id = session_of


def refuse_broken_origins() -> None:
    """Answer 403 to a websocket from an origin that is no address, at which Tornado fails."""
    get = WSHandler.get

    async def get_if_readable(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            urlsplit(self.request.headers.get("Origin", ""))
        except ValueError:
            raise HTTPError(403, reason="Invalid origin") from None
        await get(self, *args, **kwargs)

    WSHandler.get = get_if_readable


def refuse_null_bytes() -> None:
    """Answer 404 where a file's name has a null byte, at which Tornado fails: no file has one."""
    locate = StaticFileHandler.parse_url_path

    def locate_if_possible(self: Any, url_path: str) -> str:
        if "\0" in url_path:
            raise HTTPError(404)
        return locate(self, url_path)

    StaticFileHandler.parse_url_path = locate_if_possible  # type: ignore[method-assign]


def limit_bodies() -> None:
    """Refuse what is posted once it is longer than anything anybody has to say.

    Tornado reads 100 MB into memory for each request, also where nothing may be posted.

    Must be called before the server is made.
    """
    bokeh_server.HTTPServer = functools.partial(bokeh_server.HTTPServer, max_body_size=LARGEST_BODY)
