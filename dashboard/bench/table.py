"""The result as Markdown: what one visitor meets, what many do, and on what it was measured."""

from __future__ import annotations

import platform
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from dashboard.bench.quantile import quantile
from mandel_core.bench.tables import Markers
from mandel_core.measurement.machine import processor
from mandel_core.runtime.threads import cores
from mandel_core.words import duration

PAGE_HERE: Markers = ("<!-- page -->", "<!-- /page -->")
VERSIONS = ("bokeh", "panel", "holoviews", "mandel-explorer")
Values = list[float]
Visits = list[dict[str, Any]]


def machine() -> dict[str, Any]:
    """The processor, the versions and the day."""
    return {
        "cpu": processor(),
        "cores": cores(),
        "instructions": instructions(),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in VERSIONS},
        },
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def instructions() -> str:
    """The widest vector instructions that the system tells of."""
    try:
        words = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:
        return platform.machine()
    named = {"avx512f": "AVX-512", "avx2": "AVX2", "avx": "AVX", "sse4_2": "SSE4.2"}
    return next((name for flag, name in named.items() if flag in words), platform.machine())


def full(result: dict[str, Any]) -> str:
    """Both tables and the line on the machine."""
    parts = [*_visits(result["visits"]), ""]
    if result["loads"]:
        parts += [*_loads(result["loads"]), ""]
    return "\n".join([*parts, _machine(result)])


def _visits(columns: list[dict[str, Any]]) -> list[str]:
    head = ["one visitor, median (min–max)"]
    head += [f"{each['app']}{', slow line' if each['slow'] else ''}" for each in columns]
    rows: list[tuple[str, Callable[[Visits], str]]] = [
        ("open → first picture painted", lambda v: _time(_each(v, "opened"))),
        ("open → first picture in the screen's pixels", lambda v: _time(_each(v, "opened_whole"))),
        ("server's CPU a page", lambda v: _cpu(v, "opened_cpu", lambda _: 1)),
        ("wheel notch → picture arrived", lambda v: _time(_all(v, "ticks", "arrived"))),
        ("wheel notch → painted", lambda v: _time(_all(v, "ticks", "painted"))),
        (
            "wheel notch → painted in the screen's pixels",
            lambda v: _time(_all(v, "ticks", "whole")),
        ),
        ("notches without a picture", _missed),
        ("received a notch", lambda v: _bytes(_all(v, "ticks", "received_bytes"))),
        ("websocket messages a notch, received", lambda v: _count(_all(v, "ticks", "received"))),
        ("websocket messages a notch, sent", lambda v: _count(_all(v, "ticks", "sent"))),
        ("server's CPU a notch", lambda v: _cpu(v, "ticks_cpu", lambda w: len(w["ticks"]))),
        ("browser's CPU a notch", _browser),
        ("pictures in 2 s of wheel", lambda v: _count(_all(v, "wheels", "pictures"))),
        ("of these in the screen's pixels", lambda v: _count(_all(v, "wheels", "whole"))),
        ("last notch → last picture painted", lambda v: _time(_all(v, "wheels", "rest"))),
        ("received a wheel gesture", lambda v: _bytes(_all(v, "wheels", "received_bytes"))),
        ("pictures in 2 s of dragging", lambda v: _count(_all(v, "drags", "pictures"))),
        ("of these in the screen's pixels", lambda v: _count(_all(v, "drags", "whole"))),
        ("release → last picture painted", lambda v: _time(_all(v, "drags", "rest"))),
        ("received a drag", lambda v: _bytes(_all(v, "drags", "received_bytes"))),
        ("server's CPU a gesture", lambda v: _cpu(v, "gestures_cpu", lambda _: 3)),
        ("others' share of the machine", lambda v: _spread(_each(v, "others"), _percent)),
    ]
    lines = [[name, *(cell(each["visits"]) for each in columns)] for name, cell in rows]
    return _markdown(head, lines)


def _loads(loads: list[dict[str, Any]]) -> list[str]:
    head = ["sessions", "app", "page came: median, max", "request → picture: median", "p95", "max"]
    head += ["pictures/s, of aimed at", "late by 30 s", "received a picture"]
    head += ["server's CPU, own + children", "generator's CPU", "others' share", "failed"]
    lines = []
    for load in loads:
        start = [str(load["sessions"]), load["app"]]
        if not load.get("latencies"):
            lines.append([*start, *["–"] * 10, "; ".join(sorted(set(load["failures"]))) or "–"])
            continue
        took, answers = load["seconds"], load["latencies"]
        own, children = (spent / took for spent in load["server_cpu"])
        lines.append(
            [
                *start,
                f"{duration(median(load['opened']))}, {duration(max(load['opened']))}",
                *map(duration, (median(answers), quantile(answers, 0.95), max(answers))),
                f"{len(answers) / took:.1f} of {load['sessions']}",
                str(load["missed"]),
                _size(median(load["sizes"])),
                f"{own:.0%} + {children:.0%} of a core",
                f"{load['own_cpu'] / took:.0%} of a core",
                _percent(load["others"]),
                str(len(load["failures"])),
            ]
        )
    return _markdown(head, lines)


def _markdown(head: list[str], lines: list[list[str]]) -> list[str]:
    cells = [head, ["---"] * len(head), *lines]
    return [f"| {' | '.join(word.replace('|', ' ') for word in row)} |" for row in cells]


def _machine(result: dict[str, Any]) -> str:
    here, (nx, ny), (wide, high) = result["machine"], result["picture"], result["window"]
    versions = ", ".join(f"{name} {number}" for name, number in here["versions"].items())
    line, slow = result["slow_line"], ""
    if any(each["slow"] for each in result["visits"]):
        slow = (
            f" The slow line delays by {line['seconds_each_way'] * 1e3:g} ms each way"
            f" and passes {line['bits_per_second'] / 1e6:g} Mbit/s."
        )
    return (
        f"A picture of {nx} × {ny} pixels in a window of {wide} × {high}; {here['cpu']},"
        f" {here['cores']} cores, {here['instructions']}; {versions}, {result['chromium']};"
        f" {here['date'][:10]}. {result['rounds']} rounds, the apps in turn.{slow}"
    )


def _each(visits: Visits, name: str) -> Values:
    return [visit[name] for visit in visits if visit[name] is not None]


def _all(visits: Visits, stretch: str, name: str) -> Values:
    return [each[name] for visit in visits for each in visit[stretch] if each[name] is not None]


def _spread(values: Values, form: Callable[[float], str]) -> str:
    if not values:
        return "–"
    return f"{form(median(values))} ({form(min(values))}–{form(max(values))})"


def _time(milliseconds: Values) -> str:
    return _spread([value / 1e3 for value in milliseconds], duration)


def _bytes(values: Values) -> str:
    return _spread(values, _size)


def _count(values: Values) -> str:
    return _spread(values, lambda value: f"{value:g}")


def _percent(value: float) -> str:
    return f"{value:.0%}"


def _cpu(visits: Visits, name: str, number: Callable[[dict[str, Any]], int]) -> str:
    def part(which: str) -> str:
        shares = [visit[name][which] / number(visit) for visit in visits if number(visit)]
        return _spread(shares, duration)

    return f"{part('own')} + children {part('children')}"


def _browser(visits: Visits) -> str:
    used = [visit["ticks_browser"] / len(visit["ticks"]) for visit in visits if visit["ticks"]]
    return _spread(used, duration)


def _missed(visits: Visits) -> str:
    painted = [tick["painted"] for visit in visits for tick in visit["ticks"]]
    return f"{painted.count(None)} of {len(painted)}"


def _size(value: float) -> str:
    return f"{value / 1e6:.2f} MB" if value >= 1e6 else f"{value / 1e3:.1f} kB"
