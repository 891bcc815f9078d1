"""A link: how it is read, and what of it says where one looks.

A link is the query of a page's address: fields with a key and a value, of which it says only those
that differ from where the formula's whole picture is seen. Whoever reads one is forgiving: what is
missing takes its default, and so does what is malformed or out of its limits, with a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Any
from urllib.parse import parse_qs

from mandel_core.formulas import FORMULAS, MANDELBROT
from mandel_core.model.decimals import exact, plain

MAX_LENGTH, MAX_FIELDS = 4096, 64
# Past these float64 cannot tell pixels apart, or there is nothing left to see.
MIN_WIDTH, MAX_WIDTH = Decimal("1e-12"), Decimal(16)
MAX_CENTRE = Decimal(8)
MAX_DIGITS = 400
# Longer lists would be no sentence any more: of those the nearest are named.
_MOST_NAMED, _NEAREST = 6, 3
_MOST_SHOWN = 40  # characters of a value

Parser = Callable[[str], Any]


class OutOfReach(ValueError):
    """A value that cannot be shown; `nearest` can."""

    def __init__(self, nearest: Any) -> None:
        super().__init__("the nearest that can be shown")
        self.nearest = nearest


class Reading:
    """What is taken of a link's fields by name, and a sentence for each that was not.

    link : a whole address or its query. `given` are its fields by key, the first of each; none,
        with a sentence, of a link that is too long to be read.
    """

    def __init__(self, link: str) -> None:
        self.values: dict[str, Any] = {}
        self.notices: list[str] = []
        self.given: Mapping[str, str] = {}
        query = query_of(link)
        if len(query) > MAX_LENGTH:
            words = f"The link is longer than {MAX_LENGTH} characters and was not read."
            self.notices.append(words)
            return
        try:
            found = parse_qs(query, keep_blank_values=True, max_num_fields=MAX_FIELDS)
        except ValueError:
            self.notices.append("The link has too many fields and was not read.")
            return
        self.given = {key: values[0] for key, values in found.items()}

    def read_field(self, name: str, key: str, parse: Parser, usual: str) -> None:
        """Have `values[name]` be what `parse` makes of the field; nothing where it is not given.

        parse : may raise ValueError, with words that go on after a colon, and OutOfReach.
        usual : what a notice says was taken instead.
        """
        text = self.given.get(key)
        if text is None:
            return
        try:
            self.values[name] = parse(text)
        except OutOfReach as error:
            self.values[name] = error.nearest
            self._replaced(key, text, f"{error.nearest:g}, {error}")
        except ValueError as error:
            self._replaced(key, text, f"{usual}: {error}")

    def _replaced(self, key: str, text: str, by: str) -> None:
        self.notices.append(f"The link's {key} “{shortened(text)}” was replaced by {by}.")


@dataclass(frozen=True)
class Place:
    """Where a link leads: a formula's name, a centre, and a width from edge to edge.

    width : None where the link says nothing of a view, which is all of the formula's picture.
    """

    formula: str
    x: Decimal
    y: Decimal
    width: Decimal | None

    def width_in(self, columns: int, rows: int) -> Decimal:
        """The width in a window of this shape."""
        if self.width is not None:
            return self.width
        return min(FORMULAS[self.formula].home.width_in(columns, rows), MAX_WIDTH)


def place_of(link: str) -> tuple[Place, tuple[str, ...]]:
    """Where a link leads, and a sentence for each value that was not taken. Never raises."""
    reading = Reading(link)
    reading.read_field("formula", "formula", formula, MANDELBROT.name)
    name = reading.values.get("formula", MANDELBROT.name)
    home = FORMULAS[name].home
    for key, parse in (("x", coordinate), ("y", coordinate), ("width", width)):
        reading.read_field(key, key, parse, plain(getattr(home, key)))
    whole = reading.given.keys().isdisjoint({"x", "y", "width"})
    taken = {key: reading.values.get(key, getattr(home, key)) for key in ("x", "y", "width")}
    place = Place(name, **taken | ({"width": None} if whole else {}))
    return place, tuple(reading.notices)


def query_of(link: str) -> str:
    """The query of an address, or of what is one already."""
    query = link.partition("?")[2] if "?" in link else link
    return query.partition("#")[0]


def formula(text: str) -> str:
    """The name of a formula, also of a registered one. Raises ValueError if there is none."""
    return one_of(FORMULAS.names, text)


def coordinate(text: str) -> Decimal:
    """A part of a centre. Raises ValueError."""
    return decimal(text, -MAX_CENTRE, MAX_CENTRE)


def width(text: str) -> Decimal:
    """The width of a view. Raises ValueError, and OutOfReach for what is too wide or too narrow."""
    value = decimal(text, Decimal("-Infinity"), Decimal("Infinity"))
    if value <= 0:
        raise ValueError("it must be more than 0")
    nearest = min(max(value, MIN_WIDTH), MAX_WIDTH)
    if nearest != value:
        raise OutOfReach(nearest)
    return value


def decimal(text: str, low: Decimal, high: Decimal) -> Decimal:
    """A number, digit by digit. Raises ValueError if it is none between the two."""
    if len(text) > MAX_DIGITS:
        raise ValueError(f"it is longer than {MAX_DIGITS} characters")
    value = exact(text)
    if not low <= value <= high:
        raise ValueError(f"it must lie between {plain(low)} and {plain(high)}")
    return value


def one_of(names: tuple[str, ...], text: str) -> str:
    """A name out of some. Raises ValueError, naming them or, of many, the nearest, for another."""
    if text in names:
        return text
    if len(names) <= _MOST_NAMED:
        raise ValueError(f"there are {', '.join(names)}")
    nearest = get_close_matches(text[:_MOST_SHOWN], names, _NEAREST, cutoff=0)
    raise ValueError(f"of {len(names)} names the nearest are {', '.join(nearest)}")


def shortened(text: str) -> str:
    """A value as a sentence can show it, on one line."""
    text = " ".join(text.split())
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…"
