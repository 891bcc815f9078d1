"""A place in words: coordinates and a width or a zoom, as people and programs write them.

`find` takes what was typed or pasted; what it says of a place it cannot take is a sentence.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

from dashboard.state import (
    MAX_CENTRE,
    MAX_DIGITS,
    MAX_ITERATIONS,
    MAX_WIDTH,
    MIN_WIDTH,
    State,
    home,
)
from dashboard.view.link import decode
from mandel_core.model.decimals import exact
from mandel_core.model.link import MAX_LENGTH, query_of

EXAMPLE = "-0.745+0.113i, width 1e-4"

_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
# Signs, multiplication and powers as they are printed rather than typed.
_AS_TYPED = str.maketrans({"−": "-", "–": "-", "×": "x", "·": "x", "⁻": "-", "\u00a0": " "})
_POWER = re.compile(r"(?<=[\d.])\s*(?:x|\*)\s*10\s*(?:\^|\*\*)\s*\(?([+-]?\d+)\)?")

_NAMES = {
    "x": ("x", "re", "real", "real part", "cx"),
    "y": ("y", "im", "imag", "imaginary", "imaginary part", "cy"),
    "width": ("width", "wide", "w", "size"),
    "height": ("height", "high"),
    "radius": ("radius", "r"),
    "zoom": ("zoom", "magnification", "mag", "z"),
    "iterations": ("iterations", "iteration", "maxiter", "iter", "n"),
}
_KNOWN = {name: field for field, names in _NAMES.items() for name in names}
_NAMED = "|".join(sorted(map(re.escape, _KNOWN), key=len, reverse=True))
_PART = re.compile(
    rf"""
    (?P<name>\b(?:{_NAMED})\b)\s*[:=]?\s*(?P<value>[+-]?\s*{_NUMBER})\s*(?:x(?![\w.]))?
    | (?P<sign>[+-]?)\s*(?:
        (?P<unit_first>[ij])\s*\*?\s*(?P<of_unit>{_NUMBER})
      | (?P<number>{_NUMBER})\s*(?P<mark>\*?\s*[ij]\b|x(?![\w.])|wide\b)?
      | (?P<alone>[ij]\b)
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"[\s,;()\[\]]*(?:\b(?:centre|center|at|c|and)\b\s*[:=]?)?[\s,;()\[\]]*", re.I
)


def find(text: str, state: State) -> tuple[State, tuple[str, ...]]:
    """The state that `text` leads to from `state`, and a sentence for each value that was changed.

    text : a link of this explorer, all of which is taken, or coordinates. Coordinates leave the
        settings as they are, and the width too where there is none. A zoom is how many times
        closer than where all of the formula's picture is seen; a radius is half the height of a
        window as wide as high.

    Raises ValueError, in a sentence, for what is neither.
    """
    text = text.strip()
    if not text:
        raise ValueError(f"Type coordinates, such as {EXAMPLE}, or paste a link.")
    if "?" in text or "://" in text or re.match(r"\w+=[^&\s]*&", text):
        return _from_link(text)
    if len(text) > 3 * MAX_DIGITS:
        raise ValueError(f"That is longer than the {3 * MAX_DIGITS} characters that are read.")
    return _from_words(text, state)


def _plain(number: Decimal) -> str:
    return str(number).replace("E", "e").replace("e+", "e")


def _from_link(text: str) -> tuple[State, tuple[str, ...]]:
    query = query_of(text)
    if "=" not in query:
        raise ValueError("That link says nothing of a view; one of this page has x, y and width.")
    if len(query) > MAX_LENGTH:
        raise ValueError(f"That link is longer than the {MAX_LENGTH} characters that are read.")
    keys = {pair.partition("=")[0] for pair in query.split("&")}
    if keys.isdisjoint({"x", "y", "width", "formula", "v"}):
        raise ValueError("That is not a link of this page: it has no x, y, width or formula.")
    return decode(query)


def _from_words(text: str, state: State) -> tuple[State, tuple[str, ...]]:
    found = _parts(text)
    notices: list[str] = []
    values: dict[str, Any] = {}
    for name in ("x", "y"):
        if name in found:
            values[name] = number = found[name]
            if not -MAX_CENTRE <= number <= MAX_CENTRE:
                part = "real" if name == "x" else "imaginary"
                raise ValueError(
                    f"The {part} part must lie between -{MAX_CENTRE} and {MAX_CENTRE}, "
                    f"not {_short(number)}.{_comma(text)}"
                )
    width = _width(found, state)
    if width is not None:
        if width <= 0:
            raise ValueError(f"A width must be more than 0, not {_short(width)}.")
        nearest = min(max(width, MIN_WIDTH), MAX_WIDTH)
        if nearest != width:
            what = "closer" if width < MIN_WIDTH else "further out"
            notices.append(
                f"A width of {_short(width)} is {what} than can be shown; "
                f"it is {_plain(nearest)} instead."
            )
        values["width"] = nearest
    if "iterations" in found:
        count = found["iterations"]
        if count != count.to_integral_value() or not 1 <= count <= MAX_ITERATIONS:
            raise ValueError(
                f"Iterations must be a whole number from 1 to {MAX_ITERATIONS}, "
                f"not {_short(count)}."
            )
        values |= {"maxiter": int(count), "automatic": False}
    return replace(state, **values), tuple(notices)


def _width(found: dict[str, Decimal], state: State) -> Decimal | None:
    given = [name for name in ("width", "height", "radius", "zoom") if name in found]
    if len(given) > 1:
        raise ValueError(f"There is a {given[0]} and a {given[1]}; one of them is enough.")
    if not given:
        return None
    (name,) = given
    value = found[name]
    if value <= 0:
        raise ValueError(f"A {name} must be more than 0, not {_short(value)}.")
    if name == "zoom":
        return _rounded(home(state.formula).width / value)
    return 2 * value if name == "radius" else value


def _rounded(number: Decimal) -> Decimal:
    """A quotient to ten digits, as short as it can be written."""
    return Decimal(f"{number:.9e}").normalize()


def _parts(text: str) -> dict[str, Decimal]:
    """The numbers in a text, by what they are."""
    rest = _POWER.sub(r"e\1", text.translate(_AS_TYPED))
    found: dict[str, Decimal] = {}
    bare: list[Decimal] = []
    at = 0
    while True:
        between = _BETWEEN.match(rest, at)
        at = between.end() if between else at
        if at == len(rest):
            break
        part = _PART.match(rest, at)
        if part is None or _runs_on(rest, part.end()):
            raise ValueError(f"“{_cut(rest[at:])}” is not understood; an example is {EXAMPLE}.")
        at = part.end()
        name, value = _meaning(part)
        if name is None:
            bare.append(value)
        elif name in found:
            raise ValueError(f"There are two numbers for the {_SAID.get(name, name)}.")
        else:
            found[name] = value
    _take_bare(bare, found)
    if not found:
        raise ValueError(f"There is no number in it; an example is {EXAMPLE}.")
    return found


_SAID = {"x": "real part", "y": "imaginary part"}


def _meaning(part: re.Match[str]) -> tuple[str | None, Decimal]:
    if part["name"]:
        return _KNOWN[part["name"].lower()], _number(part["value"])
    sign = part["sign"]
    if part["alone"]:
        return "y", _number(sign + "1")
    if part["unit_first"]:
        return "y", _number(sign + part["of_unit"])
    mark = (part["mark"] or "").lower()
    value = _number(sign + part["number"])
    if mark.endswith(("i", "j")):
        return "y", value
    return {"x": "zoom", "wide": "width"}.get(mark), value


def _take_bare(bare: list[Decimal], found: dict[str, Decimal]) -> None:
    """Numbers without a name: the real part, the imaginary one, the width, as far as they miss."""
    sized = not found.keys().isdisjoint({"width", "height", "radius", "zoom"})
    places = [name for name in ("x", "y") if name not in found]
    places += [] if sized else ["width"]
    if len(bare) > len(places):
        raise ValueError(
            f"There are more numbers than a centre and a width; an example is {EXAMPLE}."
        )
    found.update(zip(places, bare, strict=False))
    if "y" in found and "x" not in found:
        found["x"] = Decimal(0)  # 0.5i
    elif "x" in found and "y" not in found:
        found["y"] = Decimal(0)


def _runs_on(text: str, at: int) -> bool:
    """Whether what ends here goes on as something that is no part of a number."""
    return at < len(text) and (text[at].isalnum() or text[at] in "._%") and text[at - 1] != " "


def _number(text: str) -> Decimal:
    text = text.replace(" ", "")
    if len(text) > MAX_DIGITS:
        raise ValueError(f"A number has more than the {MAX_DIGITS} digits that are read.")
    try:
        number = exact(text)
    except ValueError:
        number = None
    if number is None or (number and abs(number.adjusted()) > MAX_DIGITS):
        raise ValueError(f"“{_cut(text)}” is not a number that can be used.")
    return number


def _comma(text: str) -> str:
    return " Decimals are written with a point." if re.search(r"\d,\d", text) else ""


def _cut(text: str) -> str:
    return text if len(text) <= 24 else text[:24] + "…"


def _short(number: Decimal) -> str:
    return f"{number:.6g}" if len(str(number)) > 24 else _plain(number)
