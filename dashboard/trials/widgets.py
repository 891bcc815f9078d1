"""What a page may send of its widgets, right in type, and beyond what anybody would choose."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from dashboard.bench.asking import Model, changed
from dashboard.trials.guest import pressed
from dashboard.trials.values import TEXTS

NUMBERS = (
    -1,
    0,
    1,
    2,
    0.5,
    1e308,
    -1e308,
    2**31,
    2**53,
    10**30,
    10**400,
    None,
    200,
    10**6,
    10**6 + 1,
)
WORDS = (*TEXTS, "cuda", "mps", "numpy", "hot", "as_is", "default_device", "float64",
         "000000001999", "1, 2, 5", "0", "201", "1" * 5000, "1 " * 100)  # fmt: skip
LISTS: tuple[list[Any], ...] = ([], [0], [1], [99], [-1], [0, 0], [0, 1, 2])
ACTIVE = (0, 1, 2, 3, 4, 5, 99, -1, -2, -6, 2**31)
# The end of a type's name, the property that a person changes, and what to.
CHANGED: dict[str, tuple[str, Sequence[Any]]] = {
    "Spinner": ("value", NUMBERS),
    "CustomSelect": ("value", WORDS),
    "TextInput": ("value", WORDS),
    "CheckboxGroup": ("active", LISTS),
    "Tabs": ("active", ACTIVE),
    "Range1d": ("start", NUMBERS),
    "Figure": ("inner_width", NUMBERS),
}
# One value in each column, as the browser has them; one of them is replaced.
REQUEST = {"seq": 1, "x": -0.75, "y": 0.0, "width": 3.5, "nx": 200, "ny": 150, "coarse": 1,
           "rest": True, "surround": True}  # fmt: skip
CALLS: tuple[dict[str, Any], ...] = (
    {"kind": "walk", "link": "?x=-0.5&width=2", "steps": 1},
    {"kind": "find", "text": "-0.75, 0.1"},
    {"kind": "point", "asked": 1, "x": -0.5, "y": 0.2, "path": True, "julia": 220},
    {"kind": "julia", "x": -0.8, "y": 0.156},
    {"kind": "formula"},
    {"kind": "back"},
)
INSTEAD: tuple[Any, ...] = (*NUMBERS, True, False, "1", "", [], [1], {}, 5e-324, -0.0, 1e-300, 1e16)
EVENTS = ("value_submit", "enter-pressed", "dblclick_event", "reset", "rangesupdate", "tap",
          "document_ready", "connection_lost")  # fmt: skip


def used(chance: random.Random, document: Sequence[Model]) -> dict[str, Any]:
    """One event of one widget; ids are "@" and a number, as everywhere among the inputs."""
    named = [(f"@{i}", model) for i, model in enumerate(document)]
    widgets = [(at, model, kind) for at, model in named for kind in CHANGED
               if model["name"].rpartition(".")[2] == kind]  # fmt: skip
    buttons = [at for at, model in named if model["name"].endswith("Button")]
    sources = [(at, model["attributes"].get("name")) for at, model in named]
    requests = [(at, REQUEST) for at, name in sources if name == "request"]
    requests += [(at, call) for at, name in sources if name == "asked" for call in CALLS]
    kind = chance.random()
    if kind < 0.5 and widgets:
        at, _, name = chance.choice(widgets)
        attr, values = CHANGED[name]
        return changed(at, **{attr: chance.choice(values)})
    if kind < 0.65 and buttons:
        return pressed(chance.choice(buttons))
    if kind < 0.9 and requests:
        at, good = chance.choice(requests)
        columns: dict[str, list[Any]] = {name: [value] for name, value in good.items()}
        name = chance.choice(list(columns))
        columns[name] = [chance.choice((*INSTEAD, *TEXTS))] if chance.random() < 0.7 else []
        entries = [[name, column] for name, column in columns.items()]
        return changed(at, data={"type": "map", "entries": entries})
    of = {"type": "map", "entries": [["model", {"id": chance.choice(named)[0]}]]}
    event = {"type": "event", "name": chance.choice(EVENTS), "values": of}
    return {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": event}
