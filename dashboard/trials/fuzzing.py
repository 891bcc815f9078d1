"""Bad inputs without end, the same for the same seed: `inputs(seed, document)`."""

from __future__ import annotations

import base64
import json
import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from dashboard.bench.asking import Model
from dashboard.trials.inputs import (
    BINARY,
    TEXT,
    Frames,
    Http,
    Input,
    Link,
    Patch,
    Raw,
    Token,
)
from dashboard.trials.values import TEXTS, coded, deep, reference, value
from dashboard.trials.widgets import used

# Of a hundred inputs so many are of each family.
SHARES = {"patch": 34, "widget": 16, "frames": 14, "http": 16, "link": 10, "token": 8, "raw": 2}
NEVER = 4_102_444_800  # when no test will run any more
KEYS = ("x", "y", "width", "stage", "chunk", "device", "iterations", "auto", "precision", "colour",
        "palette", "bokeh-session-id", "bokeh-token", "bokeh-autoload-element", "theme", "foo",
        "__proto__", "")  # fmt: skip
WORDS = ("-0.75", "1e-12", "1e-400", "3.5", "9" * 5000, "NaN", "Infinity", "-Infinity", "0x10",
         "1_0", "+1", "[1,2", "{'a':", "cuda", "mps", "float32", "yes", "numpy", "chunked", "hot",
         "1" + "0" * 18, "200", "0", "-0", "1e308", "0." + "3" * 399)  # fmt: skip
EVENTS = ("button_click", "document_ready", "connection_lost", "client_reconnected", "value_submit",
          "rangesupdate", "selectiongeometry", "tap", "lodstart", "reset", "mousemove", "wheel",
          "axis_click", "menu_item_click", "legend_item_click", "data_event", "esm_event",
          "dom_event", "enter-pressed", "upload_event", "plotly_event", "no such event",
          "pinch", "dblclick_event", "keystroke", "")  # fmt: skip
PROPERTIES = ("name", "tags", "visible", "disabled", "value", "data", "text", "children", "tabs",
              "active", "labels", "start", "end", "js_event_callbacks", "js_property_callbacks",
              "subscribed_events", "syncable", "stylesheets", "styles", "renderers", "id",
              "options", "document", "__class__", "_callbacks", "no such property")  # fmt: skip
MESSAGES = ("PATCH-DOC", "PULL-DOC-REQ", "PULL-DOC-REPLY", "PUSH-DOC", "SERVER-INFO-REQ", "ACK",
            "OK", "ERROR", "no such message", "")  # fmt: skip
PATHS = ("/", "/dashboard", "/dashboard/", "/dashboard/autoload.js", "/dashboard/metadata",
         "/dashboard/ws", "/static/js/bokeh.min.js", "/static/", "/static/extensions/panel/",
         "/static/extensions/", "/components/dashboard.main/x/_css/x", "/components/", "/liveness",
         "/health", "/favicon.ico", "/login", "/logout", "/auth", "/rest/session_info", "/admin",
         "/_dist_info", "/apps")  # fmt: skip
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "BREW")
ORIGINS = ("http://evil.example", "null", "http://localhost", "http://localhost:1",
           "https://localhost.evil.example", "http://", "//", "http://[::1", "file://",
           "é")  # fmt: skip


def inputs(seed: int, document: Sequence[Model]) -> Iterator[Input]:
    """Inputs of all families, as many of each as they are worth."""
    chance = random.Random(seed)
    makers: dict[str, Callable[[], Input]] = {
        "patch": lambda: patch(chance, document),
        "widget": lambda: Patch("PATCH-DOC", {"events": [used(chance, document)]}, "widget"),
        "frames": lambda: frames(chance, document),
        "http": lambda: http(chance),
        "link": lambda: Link(link(chance)),
        "token": lambda: token(chance),
        "raw": lambda: raw(chance),
    }
    names, weights = list(SHARES), list(SHARES.values())
    while True:
        (name,) = chance.choices(names, weights)
        yield makers[name]()


def link(chance: random.Random) -> str:
    """A query string: some fields with bad values, or no fields at all."""
    kind = chance.random()
    if kind < 0.75:
        fields = [(chance.choice(KEYS), _word(chance)) for _ in range(chance.randint(1, 5))]
        return "?" + urlencode(fields, errors="replace")
    if kind < 0.85:
        return "?" + "&".join(f"x={i}" for i in range(chance.choice((65, 300, 2000))))
    mess = bytes(chance.randrange(256) for _ in range(chance.randint(1, 60)))
    return "?" + quote(mess, safe="%&=;+")


def _word(chance: random.Random) -> str:
    return chance.choice((*WORDS, *TEXTS))


def patch(chance: random.Random, document: Sequence[Model]) -> Patch:
    """A message of the protocol that is well formed outside."""
    kind = "PATCH-DOC" if chance.random() < 0.94 else chance.choice(MESSAGES)
    ids = len(document)
    if kind == "PUSH-DOC":
        root = coded(chance, ids, 1)
        doc: Any = chance.choice(
            ({}, {"roots": []}, {"roots": [root], "title": 5, "version": "x"}, value(chance, ids))
        )
        return Patch(kind, {"doc": doc})
    if kind != "PATCH-DOC" or chance.random() < 0.05:
        return Patch(kind, chance.choice((value(chance, ids), {"events": value(chance, ids)}, {})))
    return Patch(
        kind, {"events": [event(chance, document) for _ in range(chance.choice((1, 1, 3)))]}
    )


def event(chance: random.Random, document: Sequence[Model]) -> Any:
    """A change of the document as a page might send it, with a value that none would."""
    ids = len(document)
    number = chance.randrange(ids)
    model = {"id": f"@{number}" if chance.random() < 0.9 else reference(chance, ids)}
    known = list(document[number]["attributes"]) or ["name"]
    attr = chance.choice(known if chance.random() < 0.75 else PROPERTIES)
    any_value = value(chance, ids)
    columns = {chance.choice(("seq", "x", "y", "width", "nx", "ny", "rest", "data", "")): value(
        chance, ids) for _ in range(4)}  # fmt: skip
    as_map = {"type": "map", "entries": [[key, one] for key, one in columns.items()]}
    source = {"id": f"@{chance.choice(_sources(document))}"}
    message = {"type": "event", "name": chance.choice(EVENTS), "values": chance.choice((
        {"type": "map", "entries": [["model", model]]},
        {"type": "map", "entries": [["model", model], ["value", any_value], ["item", any_value]]},
        as_map, any_value))}  # fmt: skip
    choices: tuple[Any, ...] = (
        {"kind": "ModelChanged", "model": model, "attr": attr, "new": any_value},
        {"kind": "ModelChanged", "model": model, "attr": attr, "new": any_value},
        {"kind": "ModelChanged", "model": source, "attr": "data", "new": chance.choice(
            (as_map, columns, any_value))},
        {"kind": "ColumnDataChanged", "model": source, "attr": "data", "data": as_map,
         "cols": chance.choice((None, ["seq"], any_value))},
        {"kind": "ColumnsStreamed", "model": source, "attr": "data", "data": as_map,
         "rollover": chance.choice((None, 1, any_value))},
        {"kind": "ColumnsPatched", "model": source, "attr": "data", "patches": {
            "type": "map", "entries": [["seq", chance.choice(([[0, any_value]], any_value,
                                                               [[10**9, 1]]))]]}},
        {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": message},
        {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": message},
        {"kind": "MessageSent", "msg_type": chance.choice(("x", "", None, 5)),
         "msg_data": any_value},
        {"kind": "RootAdded", "model": chance.choice((model, coded(chance, ids, 1)))},
        {"kind": "RootRemoved", "model": model},
        {"kind": "TitleChanged", "title": any_value},
        {"kind": chance.choice(("", "no such kind", None, 7, "SessionCallbackAdded")),
         "model": model},
        any_value,
    )  # fmt: skip
    chosen = chance.choice(choices)
    if isinstance(chosen, dict) and len(chosen) > 1 and chance.random() < 0.05:
        chosen = {key: one for key, one in chosen.items() if key != chance.choice(list(chosen))}
    return chosen


def _sources(document: Sequence[Model]) -> list[int]:
    found = [i for i, model in enumerate(document) if model["name"] == "ColumnDataSource"]
    return found or [0]


def frames(chance: random.Random, document: Sequence[Model]) -> Frames:
    """A message in pieces that are wrong, or in the wrong order."""
    header: Any = {"msgid": "1", "msgtype": chance.choice(MESSAGES)}
    content: Any = chance.choice(({}, {"events": []}, value(chance, len(document)), deep(900)))
    wrong = chance.choice(("id", "count", "text", "order", "binary", "buffer", "bits", "huge"))
    if wrong == "id":
        header = chance.choice(
            ({}, [], None, "x", 5, {"msgid": None, "msgtype": "PULL-DOC-REQ"}, {"msgtype": []},
             header | {"msgid": value(chance, len(document))})
        )  # fmt: skip
    elif wrong == "count":
        header["num_buffers"] = chance.choice((-1, 1, 10**9, 1.5, "2", None, True, [], 1e308))
    whole: tuple[Any, ...] = (header, {}, content)
    parts = [json.dumps(part).encode() for part in whole]
    kinds = [TEXT] * 3
    if wrong == "text":
        parts[chance.randrange(3)] = chance.choice(
            (b"", b"{", b"\xff\xfe", b"nul", b"[" * 50_000, b"[" * 10**5 + b"]" * 10**5)
        )
    elif wrong == "order":
        chance.shuffle(parts)
        parts = parts[: chance.randint(1, 3)]
    elif wrong == "binary":
        kinds[chance.randrange(3)] = BINARY
    elif wrong == "buffer":
        header["num_buffers"] = 2
        parts = [json.dumps(part).encode() for part in whole]
        parts += chance.choice(
            ([b"{}", b"x"], [b'{"id":"1"}', b"\xff"], [b"x"], [b'{"id":[]}', b""])
        )
        kinds += [chance.choice((TEXT, BINARY)) for _ in parts[3:]]
    elif wrong == "bits":
        # Bits that are reserved, operations that do not exist, control frames that are too long.
        kinds[0] = chance.choice((0x41, 0x31, 0x3, 0xB, 0x0, 0x8, 0x9, 0xA))
        parts[0] = chance.choice((parts[0], b"", b"\x03", bytes(200), b"\x27\x10" + b"x" * 300))
    elif wrong == "huge":
        parts[2] = b'{"events": "' + b"x" * chance.choice((10**5, 10**6, 25 * 10**6)) + b'"}'
    return Frames(tuple(zip(kinds, parts, strict=False)))


def raw(chance: random.Random) -> Raw:
    """Bytes that are no frames."""
    return Raw(
        chance.choice(
            (
                b"\x81\x05hello",  # not masked
                b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff",  # of a length that nobody has
                b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00",
                b"\x00\x80\x00\x00\x00\x00",
                b"GET / HTTP/1.1\r\n\r\n",
                bytes(chance.randrange(256) for _ in range(chance.randint(1, 200))),
            )
        )
    )


def token(chance: random.Random) -> Token:
    """A websocket with a token, an origin or a protocol that the server never gave out."""
    if chance.random() < 0.25:
        return Token(None, origin=chance.choice(ORIGINS))
    if chance.random() < 0.1:
        return Token(None, protocol=chance.choice(("x", "", "bokeh, bokeh", "BOKEH")))
    return Token(forged(chance))


def forged(chance: random.Random) -> str:
    """A token; most are well formed outside, as nobody needs a key to make one."""
    kind = chance.random()
    if kind < 0.2:
        return chance.choice(("", "x", "..", "a.b.c", "x" * 5000, "eyJ4IjoxfQ", "%00", "===="))
    claims: dict[str, Any] = {"session_id": "forged", "session_expiry": NEVER}
    odd: tuple[Any, ...] = (
        None,
        5,
        [],
        {},
        "",
        "x" * 3000,
        "../x",
        "\ud800",
        True,
        1e308,
        -1,
        "nan",
        10**30,
    )
    if kind < 0.5:
        claims[chance.choice(("session_id", "session_expiry"))] = chance.choice(odd)
    elif kind < 0.6:
        del claims[chance.choice(list(claims))]
    else:
        extra: Any = {
            chance.choice(("headers", "cookies", "arguments", "path", "x")): chance.choice(
                (*odd, {"x": "1"}, {"x": ["1"]}, {"x": [None]}, {"stage": [{"bytes": "bnVtcHk"}]},
                 {"x": [{"bytes": "/w=="}]}, {"x": {"bytes": 5}}, {"iterations": [[1]]})
            )
        }  # fmt: skip
        packed = chance.choice((json.dumps(extra).encode(), b"{", b"[]", b"null", b"[" * 5000))
        claims["__bk__zlib_"] = _base64(zlib.compress(packed, 9))
        if chance.random() < 0.1:
            claims["__bk__zlib_"] = _bomb()
        if chance.random() < 0.2:
            claims["__bk__zlib_"] = chance.choice(("", "x", 5, None))
    return _base64(json.dumps(claims).encode())


@cache
def _bomb() -> str:
    """What is small, and becomes 20 MB when it is unpacked."""
    return _base64(zlib.compress(bytes(20 * 10**6), 9))


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def http(chance: random.Random) -> Http:
    """A request, most of them nearly good."""
    path = chance.choice(PATHS)
    if chance.random() < 0.5:
        odd = ("/", "/..", "/../..", "/%2e%2e/%2e%2e/etc/passwd", "//", "/%00", "/%ff", "/\\..",
               "/.git",
               "/x" * 500, "/<script>alert(1)</script>", "/%0d%0aX-Evil:1", ";x", "/__init__.py",
               "/panel/../../../../server.py", "~", "/%c0%ae%c0%ae/")  # fmt: skip
        path += chance.choice(odd)
    if chance.random() < 0.4:
        path += link(chance)
    method = chance.choice(METHODS) if chance.random() < 0.4 else "GET"
    headers = ["Host: localhost", "Connection: close"]
    odd_headers = (
        "Host: evil.example", "Host:", "X-Forwarded-For: ' OR 1", "Cookie: a=\xff; b",
        "Range: bytes=5-1",
        "Range: bytes=0-99999999999", "If-None-Match: \"x", "If-Modified-Since: never",
        "Bokeh-Session-Id: x", "Bokeh-Session-Id: ../..", "Accept-Encoding: gzip;q=x",
        "Transfer-Encoding: chunked", "Transfer-Encoding: x", "Content-Length: -1",
        "Content-Length: 5, 6", "Content-Length: 99999999999", "Content-Type: multipart/form-data",
        "Content-Type: multipart/form-data; boundary=", "Upgrade: websocket",
        "Sec-WebSocket-Version: 1", "Expect: 100-continue", "X: " + "x" * 70_000, "no colon",
        " folded", "Cookie: " + "a=b; " * 2000, "Authorization: Basic !!", "Origin: null",
        "X-Scheme: javascript", "X-Forwarded-Proto: x", "X-Forwarded-Host: evil.example",
    )  # fmt: skip
    headers += chance.sample(odd_headers, chance.choice((0, 0, 1, 1, 3)))
    body = "x" * 100 if method in {"POST", "PUT", "PATCH"} else ""
    if body and chance.random() < 0.7:
        headers.append("Content-Length: 100")
    version = chance.choice(("HTTP/1.1",) * 9 + ("HTTP/1.0", "HTTP/9.9", ""))
    text = "\r\n".join((f"{method} {path} {version}", *headers)) + "\r\n\r\n" + body
    return Http(text.encode("utf-8", errors="replace"))
