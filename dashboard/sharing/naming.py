"""What a place is called: by the gallery where it has a name there, else by its coordinates."""

from __future__ import annotations

import math
from decimal import Decimal

from dashboard.places.gallery import PLACES, Place
from dashboard.state import HOME, State, home
from dashboard.words import factor
from mandel_core import FORMULAS

EXPLORER = "Mandelbrot explorer"

# A view is called as a place if each has the other's centre and is at most so many times as wide.
MOST_TIMES = 4
# A view this near to home, by width and by centre, shows all of the picture.
WHOLE, ASIDE = Decimal("0.8"), Decimal("0.1")


def title(state: State) -> str:
    """What a page is called that shows this."""
    name = name_of(state)
    return EXPLORER if name == whole_of(HOME) else f"{name} - {EXPLORER}"


def description(state: State) -> str:
    """A sentence for those who have not opened it yet."""
    where = f"{whole_of(state)}, {FORMULAS[state.formula].expression}"
    if not _is_whole(state):
        where += f", around {_centre(state)}, {float(state.width):.3g} wide ({_zoom(state)})"
    return (
        f"{where}. Opened, it is live: computed for whatever you look at, by every stage of one "
        "NumPy program on its way through a compiler."
    )


def name_of(state: State) -> str:
    """A place of the gallery, all of a formula's picture, or a centre and a zoom."""
    near = [(_distance(place, state), place.title) for place in PLACES if _fits(place, state)]
    if near:
        return min(near)[1]
    if _is_whole(state):
        return whole_of(state)
    return f"{FORMULAS[state.formula].title} at {_centre(state)}, {_zoom(state)}"


def whole_of(state: State) -> str:
    """A formula's whole picture."""
    formula = FORMULAS[state.formula]
    c = state.c
    constant = "" if formula.constant is None else f", c = {_complex(c.real, c.imag, 4)}"
    return f"{formula.title} set{constant}"


def _is_whole(state: State) -> bool:
    usual = home(state.formula)
    near = max(abs(state.x - usual.x), abs(state.y - usual.y)) <= ASIDE * usual.width
    return near and state.width >= WHOLE * usual.width


def _fits(place: Place, state: State) -> bool:
    there = place.state()
    if state.formula != there.formula:
        return False
    if FORMULAS[state.formula].constant is not None and state.c != there.c:
        return False
    apart = max(abs(state.x - there.x), abs(state.y - there.y))
    narrow, wide = sorted((state.width, there.width))
    return wide <= MOST_TIMES * narrow and apart <= narrow / 2


def _distance(place: Place, state: State) -> float:
    there = place.state()
    narrow, wide = sorted((state.width, there.width))
    apart = max(abs(state.x - there.x), abs(state.y - there.y))
    return math.log2(wide / narrow) + float(apart / narrow)


def _centre(state: State) -> str:
    # As many digits as tell views of this width apart.
    digits = max(2 - state.width.adjusted(), 1)
    return _complex(state.x, state.y, min(digits, 20))


def _complex(x: Decimal | float, y: Decimal | float, digits: int) -> str:
    real, imaginary = f"{abs(x):.{digits}f}", f"{abs(y):.{digits}f}"
    minus = "−" if x < 0 and float(real) else ""
    return f"{minus}{real} {'−' if y < 0 and float(imaginary) else '+'} {imaginary}i"


def _zoom(state: State) -> str:
    times = float(home(state.formula).width / state.width)
    return f"zoom {factor(times)}" if times < 1e6 else f"zoom {times:.2g}".replace("e+", "e")
