"""Values that no page would send: of wrong types, immense, nested, or no JSON at all."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable
from typing import Any

NUMBERS = (0, -1, 1, 2, 1.5, -0.0, 1e308, -1e308, 5e-324, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63),
           10**400, float("nan"), float("inf"), float("-inf"))  # fmt: skip
TEXTS = (
    "",
    " ",
    "0",
    "nan",
    "1e999",
    "x" * 10_000,
    "\x00",
    "\ud800",
    "²",
    "١٢",
    "💥" * 50,
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "'; DROP TABLE results; --",
    "{{7*7}}",
    "${jndi:ldap://x}",
    "%s%s%s%n",
    "__class__",
    "numpy",
    "fast",
    "no such stage",
    "1000000",
    "1,2,3",
    "1-200",
    ",".join(["7"] * 500),
)
NAMES = ("CustomJS", "ColumnDataSource", "Range1d", "Figure", "Button", "os.system", "Model", "",
         "HoverTool", "panel.models.esm.ReactiveESM", "CodeBrowser", "Div",
         "DocumentConfig")  # fmt: skip
FIELDS = (*TEXTS[:12], "id", "type", "value", "name")
DTYPES = ("uint8", "float64", "int32", "object", "bool", "complex128", "S1", "M8", "", "x")


def deep(depth: int, inner: Any = None) -> Any:
    """A list in a list in a list."""
    value = inner
    for _ in range(depth):
        value = [value]
    return value


def value(chance: random.Random, ids: int, depth: int = 2) -> Any:
    """Any value; `ids` is how many models there are to refer to."""
    flat: tuple[Callable[[], Any], ...] = (
        lambda: chance.choice((*NUMBERS, True, False)),
        lambda: chance.choice(TEXTS),
        lambda: {"id": reference(chance, ids)},
        lambda: None,
    )
    further: tuple[Callable[[], Any], ...] = (
        lambda: [value(chance, ids, depth - 1) for _ in range(chance.choice((0, 1, 2, 30)))],
        lambda: {chance.choice(FIELDS): value(chance, ids, depth - 1) for _ in range(3)},
        lambda: coded(chance, ids, depth - 1),
        lambda: coded(chance, ids, depth - 1),
        lambda: deep(chance.choice((5, 50, 400)), value(chance, ids, 0)),
    )
    return chance.choice((*flat, *further) if depth else flat)()


def reference(chance: random.Random, ids: int) -> Any:
    """The id of a model of the page, or of none."""
    if chance.random() < 0.85:
        return f"@{chance.randrange(ids)}"
    return chance.choice(("p0", "", "p999999", None, 5, [], {}, "x" * 5000))


def coded(chance: random.Random, ids: int, depth: int) -> Any:
    """What Bokeh's deserializer takes for something else than JSON, good or bad."""
    inner = value(chance, ids, depth)
    other = value(chance, ids, depth)
    data = chance.choice((base64.b64encode(bytes(chance.randrange(40))).decode(), "!", inner,
                          {"id": "no buffer"}))  # fmt: skip
    shape = chance.choice(([4], [2, 2], [-1], [10**12], [0], [], inner, [[1]]))
    return chance.choice(
        (
            {"type": "number", "value": chance.choice(("nan", "+inf", "-inf", "x", inner))},
            {"type": "map", "entries": chance.choice(([[inner, other]], [[[], 1]], inner))},
            {"type": "map"},
            {"type": "set", "entries": chance.choice(([inner], [[]], inner))},
            {"type": "array", "entries": inner},
            {"type": "bytes", "data": data},
            {"type": "slice", "start": inner, "stop": other, "step": 0},
            {"type": "symbol", "name": inner},
            {"type": "typed_array", "array": {"type": "bytes", "data": data},
             "order": chance.choice(("little", "big", "x")), "dtype": chance.choice(DTYPES)},
            {"type": "ndarray", "array": chance.choice(({"type": "bytes", "data": data}, inner)),
             "shape": shape, "dtype": chance.choice(DTYPES), "order": "little"},
            {"type": "object", "name": chance.choice(NAMES),
             "id": chance.choice(("q1", None, "@0")),
             "attributes": chance.choice(({}, {"value": inner}, {"data": inner}, inner))},
            {"type": "object", "name": chance.choice(NAMES)},
            {"type": "value", "value": inner},
            {"type": "field", "field": inner},
            {"type": "expr", "expr": inner},
            {"type": inner},
        )
    )  # fmt: skip
