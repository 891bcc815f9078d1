"""The link: a state as a query string, and a query string, however bad, as a state."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from dashboard.state import (
    DENSITIES,
    DEVICES,
    HOME,
    INSIDES,
    LOOKS,
    MAX_CHUNK,
    MAX_ITERATIONS,
    PALETTE_NAMES,
    PRECISIONS,
    State,
    home,
    stage_names,
)
from mandel_core import FORMULAS
from mandel_core.colour.palettes import parse_stops, rgb_of
from mandel_core.model.decimals import plain
from mandel_core.model.link import (
    Reading,
    coordinate,
    decimal,
    formula,
    one_of,
    shortened,
    width,
)

# Keys without a meaning that are told by name.
_MOST_NAMED = 5


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            raise ValueError(f"it is not a whole number from {low} to {high}")
        if not low <= int(text) <= high:
            raise ValueError(f"it must lie between {low} and {high}")
        return int(text)

    return parse


def _one_of(names: Collection[str]) -> Callable[[str], str]:
    return lambda text: one_of(tuple(names), text)


def _yes(text: str) -> bool:
    return one_of(("yes", "no"), text) == "yes"


def _number(low: float, high: float) -> Callable[[str], float]:
    bounds = Decimal(repr(float(low))), Decimal(repr(float(high)))
    return lambda text: float(decimal(text, *bounds))


def _colour(text: str) -> str:
    """Without its "#", which a link writes as three characters."""
    rgb_of(f"#{text}")
    return f"#{text.lower()}"


def _stops(text: str) -> str:
    if text:
        parse_stops(text)
    return text


def _stage(text: str) -> str:
    return one_of(tuple(stage_names().values()), text)  # those registered by now as well


def _constant(text: str) -> complex:
    parts = text.split(",")
    if len(parts) != 2:
        raise ValueError("it is not two numbers with a comma between")
    return complex(*(float(coordinate(part)) for part in parts))


# Field of the state, key in the link, and what makes one of the other.
FIELDS: tuple[tuple[str, str, Callable[[str], Any]], ...] = (
    ("formula", "formula", formula),
    ("x", "x", coordinate),
    ("y", "y", coordinate),
    ("width", "width", width),
    ("c", "c", _constant),
    ("stage", "stage", _stage),
    ("chunksize", "chunk", _whole(1, MAX_CHUNK)),
    ("device", "device", _one_of(DEVICES)),
    ("maxiter", "iterations", _whole(1, MAX_ITERATIONS)),
    ("automatic", "auto", _yes),
    ("precision", "precision", _one_of(PRECISIONS)),
    ("look", "colour", _one_of(LOOKS)),
    ("palette", "palette", _one_of(PALETTE_NAMES)),
    ("reversed", "reversed", _yes),
    ("cyclic", "cyclic", _yes),
    ("density", "density", _number(*DENSITIES)),
    ("phase", "phase", _number(0, 1)),
    ("inside", "inside", _one_of(INSIDES)),
    ("interior", "interior", _colour),
    ("stops", "stops", _stops),
    ("antialias", "smooth", _yes),
)


# What a link leaves out is the default of the version it was written in: defaults may change, and
# the picture behind a link must not. A changed default, also one of the colours, needs a new
# version here, and the old default for links of the older versions, as `_FIRST` has it.
VERSION = "2"
_VERSIONS = ("1", VERSION)
# Beginnings of keys that other sites and Bokeh add to addresses; they are not reported.
_NOT_OURS = ("utm_", "fbclid", "gclid", "msclkid", "igshid", "bokeh-")

# Links of 0.1.0 spelled out every field that there was, and had no version.
_FIRST = {"cyclic": False, "density": 1.0, "phase": 0.0, "inside": "plain", "interior": "#000000"}
_SIGN_OF_FIRST = {
    *("x", "y", "width", "stage", "chunk", "device", "iterations", "auto", "precision"),
    *("colour", "palette"),
}


def encode(state: State) -> str:
    """The state as a query string, "?" included: what differs from the home of its formula.

    A c that the formula makes no use of is not said.
    """
    usual = home(state.formula) if state.formula in FORMULAS else HOME
    told = {
        key: text_of(getattr(state, field))
        for field, key, _ in FIELDS
        if getattr(state, field) != getattr(usual, field) and field != "automatic"
    }
    if not _has_constant(state.formula):
        told.pop("c", None)
    if state.formula != HOME.formula:
        told["formula"] = state.formula
    if state.automatic != ("iterations" not in told):
        told["auto"] = text_of(state.automatic)
    return "?" + urlencode(told | {"v": VERSION}, safe=",")


def _has_constant(formula: str) -> bool:
    return formula in FORMULAS and FORMULAS[formula].constant is not None


def text_of(value: object) -> str:
    if isinstance(value, complex):
        return f"{value.real},{value.imag}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return plain(value)
    return str(value).removeprefix("#")


def decode(link: str) -> tuple[State, tuple[str, ...]]:
    """The state a link stands for, and a sentence for each value that was not taken.

    link : a query string, or an address with one.

    Never raises: what is missing, malformed or out of its limits takes its default, which for the
    view and c is that of the formula; so does a c that the formula makes no use of. Keys that mean
    nothing here are named. Iterations that are given without a word on whether they are automatic
    are not. Links of any version are read.
    """
    reading = Reading(link)
    values, given = reading.values, reading.given
    usual = HOME
    for field, key, parse in FIELDS:  # the formula first
        reading.read_field(field, key, parse, text_of(getattr(usual, field)))
        if field == "formula":
            usual = home(values.get("formula", HOME.formula))
    if not _has_constant(usual.formula):
        values.pop("c", None)
    if "maxiter" in values:
        values.setdefault("automatic", False)
    if "v" not in given and given.keys() >= _SIGN_OF_FIRST:
        values = _FIRST | values
    notices = (*reading.notices, *_of_another_kind(given))
    return replace(usual, **values), notices


def _of_another_kind(given: Mapping[str, str]) -> Iterator[str]:
    """A sentence on a version that is not known, and one on all keys that mean nothing."""
    if (version := given.get("v", VERSION)) not in _VERSIONS:
        yield f"The link's version “{shortened(version)}” is not known; it was read as {VERSION}."
    known = {"v", *(key for _, key, _ in FIELDS)}
    unknown = [key for key in given if key not in known and not key.startswith(_NOT_OURS)]
    if unknown:
        named = [f"“{shortened(key)}”" for key in unknown[:_MOST_NAMED]]
        more = f" and {len(unknown) - len(named)} more" if len(unknown) > len(named) else ""
        verb = "means" if len(unknown) == 1 else "mean"
        yield f"The link's {', '.join(named)}{more} {verb} nothing here."
