"""The link: a state as a query string, and a query string, however bad, as a state."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlencode

from dashboard.state import (
    DENSITIES,
    DEVICES,
    HOME,
    INSIDES,
    LOOKS,
    MAX_CENTRE,
    MAX_CHUNK,
    MAX_DIGITS,
    MAX_ITERATIONS,
    MAX_WIDTH,
    MIN_WIDTH,
    PALETTE_NAMES,
    PRECISIONS,
    State,
    formula_names,
    home,
    stage_names,
)
from dashboard.words import plain
from mandel_core import FORMULAS
from mandel_core.colour.palettes import parse_stops, rgb_of
from mandel_core.model.viewport import exact

MAX_LENGTH = 4096


def _decimal(low: Decimal, high: Decimal) -> Callable[[str], Decimal]:
    def parse(text: str) -> Decimal:
        if len(text) > MAX_DIGITS:
            raise ValueError(f"it is longer than {MAX_DIGITS} characters")
        value = exact(text)
        if not low <= value <= high:
            raise ValueError(f"it must lie between {plain(low)} and {plain(high)}")
        return value

    return parse


def _width(text: str) -> Decimal:
    value = _decimal(Decimal(0), Decimal("Infinity"))(text)
    if value == 0:
        raise ValueError("it must be more than 0")
    return value


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            raise ValueError(f"it is not a whole number from {low} to {high}")
        if not low <= int(text) <= high:
            raise ValueError(f"it must lie between {low} and {high}")
        return int(text)

    return parse


def _one_of(names: Collection[str]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in names:
            raise ValueError(f"there are {', '.join(names)}")
        return text

    return parse


def _yes(text: str) -> bool:
    return _one_of(("yes", "no"))(text) == "yes"


def _number(low: float, high: float) -> Callable[[str], float]:
    part = _decimal(Decimal(repr(float(low))), Decimal(repr(float(high))))
    return lambda text: float(part(text))


def _colour(text: str) -> str:
    """Without its "#", which a link writes as three characters."""
    rgb_of(f"#{text}")
    return f"#{text.lower()}"


def _stops(text: str) -> str:
    if text:
        parse_stops(text)
    return text


def _stage(text: str) -> str:
    return _one_of(tuple(stage_names().values()))(text)  # those registered by now as well


def _formula(text: str) -> str:
    return _one_of(tuple(formula_names().values()))(text)


def _constant(text: str) -> complex:
    parts = text.split(",")
    if len(parts) != 2:
        raise ValueError("it is not two numbers with a comma between")
    part = _decimal(-MAX_CENTRE, MAX_CENTRE)
    return complex(*(float(part(one)) for one in parts))


# Field of the state, key in the link, and what makes one of the other.
_FIELDS: tuple[tuple[str, str, Callable[[str], Any]], ...] = (
    ("formula", "formula", _formula),
    ("x", "x", _decimal(-MAX_CENTRE, MAX_CENTRE)),
    ("y", "y", _decimal(-MAX_CENTRE, MAX_CENTRE)),
    ("width", "width", _width),
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
# the picture behind a link must not. A new version is needed where a default changes.
VERSION = "2"

# Links of 0.1.0 spelled out every field that there was, and had no version.
_FIRST = {"cyclic": False, "density": 1.0, "phase": 0.0, "inside": "plain", "interior": "#000000"}
_SIGN_OF_FIRST = {
    *("x", "y", "width", "stage", "chunk", "device", "iterations", "auto", "precision"),
    *("colour", "palette"),
}


def encode(state: State) -> str:
    """The state as a query string, "?" included: what differs from the home of its formula."""
    usual = home(state.formula) if state.formula in FORMULAS else HOME
    told = {
        key: _text(getattr(state, field))
        for field, key, _ in _FIELDS
        if getattr(state, field) != getattr(usual, field) and field != "automatic"
    }
    if state.formula != HOME.formula:
        told["formula"] = state.formula
    if state.automatic != ("iterations" not in told):
        told["auto"] = _text(state.automatic)
    return "?" + urlencode(told | {"v": VERSION}, safe=",")


def spelled_out(state: State) -> dict[str, str]:
    """Every field of a state as a link writes it, by its key."""
    return {key: _text(getattr(state, field)) for field, key, _ in _FIELDS}


def _text(value: object) -> str:
    if isinstance(value, complex):
        return f"{value.real},{value.imag}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return plain(value)
    return str(value).removeprefix("#")


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"


def decode(query: str) -> tuple[State, tuple[str, ...]]:
    """The state a query string stands for, and a sentence for each value that was not taken.

    Never raises: what is missing, malformed or out of its limits takes its default, which for the
    view and c is that of the formula. Keys that mean nothing here are passed over. Iterations that
    are given without a word on whether they are automatic are not. Links of any version are read.
    """
    if len(query) > MAX_LENGTH:
        return HOME, (f"The link is longer than {MAX_LENGTH} characters and was not read.",)
    try:
        given = parse_qs(query.removeprefix("?"), keep_blank_values=True, max_num_fields=64)
    except ValueError:
        return HOME, ("The link has too many fields and was not read.",)
    values: dict[str, Any] = {}
    usual = HOME
    notices: list[str] = []
    for field, key, parse in _FIELDS:  # the formula first
        if key not in given:
            continue
        text = given[key][0]
        try:
            values[field] = parse(text)
            usual = home(values[field]) if field == "formula" else usual
        except ValueError as error:
            kept = _text(getattr(usual, field))
            notices.append(
                f"The link's {key} “{_shortened(text)}” was replaced by {kept}: {error}."
            )
    if (width := values.get("width")) is not None:
        values["width"] = nearest = min(max(width, MIN_WIDTH), MAX_WIDTH)
        if nearest != width:
            notices.append(
                f"The link's width “{_shortened(given['width'][0])}” was replaced by {nearest:g}, "
                "the nearest that can be shown."
            )
    if "maxiter" in values:
        values.setdefault("automatic", False)
    if "v" not in given and given.keys() >= _SIGN_OF_FIRST:
        values = _FIRST | values
    return replace(usual, **values), tuple(notices)
