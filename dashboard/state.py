"""What is seen, as plain values with their limits: the widgets, the link and Python share it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from decimal import Decimal

from dashboard import server_settings
from mandel_core import FORMULAS, STAGES
from mandel_core.colour.colouring import DENSITIES, Colouring
from mandel_core.colour.interior import INSIDES
from mandel_core.colour.looks import LOOKS
from mandel_core.colour.palettes import OWN, PALETTES
from mandel_core.model.link import MAX_CENTRE, MAX_DIGITS, MAX_WIDTH, MIN_WIDTH

# What one request may cost: neither a link nor a slip of the keyboard starts a day's work.
MAX_ITERATIONS = min(1_000_000, server_settings.current().max_iterations)
MAX_CHUNK = 200
MAX_PIXELS = 4096

PRECISIONS = ("automatic", "float32", "float64")
DEVICES = ("cpu", "cuda", "mps")
LOOK_NAMES = {look.title: name for name, look in LOOKS.items()}
INSIDE_NAMES = {inside.title: name for name, inside in INSIDES.items()}
PALETTE_NAMES = (*PALETTES, OWN)


def stage_names() -> dict[str, str]:
    """The names of the stages to choose from, by number and title; registered ones have none."""
    offers = server_settings.current().offers
    numbered = len(STAGES) - len(STAGES.registered)
    titles = (
        f"{number} · {stage.title}" if number < numbered else stage.title
        for number, stage in enumerate(STAGES)
    )
    named = dict(zip(titles, STAGES, strict=True))
    return {title: stage.name for title, stage in named.items() if offers(stage.name)}


def formula_names() -> dict[str, str]:
    """The names by their titles of the formulas to choose from, registered ones included."""
    return {formula.title: formula.name for formula in FORMULAS}


@dataclass(frozen=True)
class State(Colouring):
    """A view and how it is made and coloured; x, y and width in units of the complex plane.

    formula, c : what is iterated; c is of meaning where the formula has a constant.
    maxiter : the limit of iterations.
    automatic : whether it follows the view.
    antialias : whether the edges of a picture at rest are smoothed.
    """

    x: Decimal = Decimal("-0.75")
    y: Decimal = Decimal(0)
    width: Decimal = Decimal("3.5")
    formula: str = "mandelbrot"
    c: complex = -0.8 + 0.156j
    stage: str = "fast"
    chunksize: int = 10
    device: str = "cpu"
    maxiter: int = 200
    automatic: bool = True
    precision: str = "automatic"
    antialias: bool = True

    @property
    def colouring(self) -> Colouring:
        """How its picture is coloured."""
        return Colouring(**{name: getattr(self, name) for name in COLOURS})


COLOURS = tuple(field.name for field in fields(Colouring))
HOME = State()


def home(formula: str, size: tuple[int, int] | None = None) -> State:
    """The view that shows all of a formula's picture, with the formula's own c.

    size : the window's columns and rows; in one that is wide for its height the view is wider, to
        two decimals. None where they are not known yet.
    """
    known = FORMULAS[formula]
    own, c = known.home, known.constant
    c = HOME.c if c is None else c
    width = own.width if size is None else min(own.width_in(*size), MAX_WIDTH)
    return replace(HOME, formula=formula, x=own.x, y=own.y, width=width, c=c)


__all__ = [
    "COLOURS",
    "DENSITIES",
    "DEVICES",
    "HOME",
    "INSIDES",
    "INSIDE_NAMES",
    "LOOKS",
    "LOOK_NAMES",
    "MAX_CENTRE",
    "MAX_CHUNK",
    "MAX_DIGITS",
    "MAX_ITERATIONS",
    "MAX_PIXELS",
    "MAX_WIDTH",
    "MIN_WIDTH",
    "PALETTE_NAMES",
    "PRECISIONS",
    "State",
    "formula_names",
    "home",
    "stage_names",
]
