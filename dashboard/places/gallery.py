"""Places worth a visit, each with the colours that suit it.

A new one is an entry here; `python -m dashboard.places` then draws its small picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from dashboard.state import HOME, State
from mandel_core import FORMULAS
from mandel_core.colour.colouring import Colouring

THUMBNAILS = Path(__file__).parent / "thumbnails"


@dataclass(frozen=True)
class Place:
    """A view with a name; x, y and width are decimals, in units of the complex plane.

    name : of its file in THUMBNAILS.
    c : of a formula that has a constant.
    """

    name: str
    title: str
    x: str
    y: str
    width: str
    formula: str = "mandelbrot"
    c: complex | None = None
    colours: Colouring = field(default_factory=Colouring)

    def state(self, here: State = HOME) -> State:
        """The state that shows it; how it is computed stays, but for the iterations."""
        c = self.c if self.c is not None else FORMULAS[self.formula].constant or here.c
        return replace(
            here,
            x=Decimal(self.x),
            y=Decimal(self.y),
            width=Decimal(self.width),
            formula=self.formula,
            c=c,
            maxiter=HOME.maxiter,
            automatic=True,
            **vars(self.colours),
        )

    @property
    def thumbnail(self) -> Path:
        """Its small picture, a WebP file."""
        return THUMBNAILS / f"{self.name}.webp"


def _in(palette: str, **colours: Any) -> Colouring:
    return Colouring(palette=palette, **colours)


def _julia(name: str, title: str, c: complex, width: str = "3.2", **rest: Any) -> Place:
    return Place(name, title, "0", "0", width, "julia", c, **rest)


PLACES = (
    Place("seahorses", "Seahorse valley", "-0.7453", "0.1127", "0.0065"),
    Place(
        *("seahorse-tail", "A seahorse's tail", "-0.743643887037151", "0.13182590420533", "0.0012"),
        colours=_in("dusk"),
    ),
    Place(
        *("island", "Island in the tail", "-0.743643887037151", "0.13182590420533", "0.00002"),
        colours=_in("aurora"),
    ),
    Place(
        *("labyrinth", "Labyrinth"),
        *("-0.743643887037158704752", "0.131825904205311970493", "0.00000000004"),
        colours=_in("twilight"),
    ),
    Place("elephants", "Elephant valley", "0.2925", "0.0149", "0.03", colours=_in("ember")),
    Place(
        *("brooch", "Brooch", "0.28692299709", "0.01218247138", "0.0008"),
        colours=_in("twilight"),
    ),
    Place(
        "triple-spirals", "Triple spirals", "-0.0886", "0.6549", "0.006", colours=_in("twilight")
    ),
    Place(
        *("fir-trees", "Fir trees", "-0.1002", "0.8383", "0.014"),
        colours=_in("aurora"),
    ),
    Place("period-three", "The set again", "-1.7549", "0", "0.05", colours=_in("inferno")),
    Place("sun", "Sun", "-0.776592847", "-0.136640848", "0.00003", colours=_in("ember")),
    Place("starfish", "Starfish", "-0.374004139", "0.659792175", "0.0012"),
    Place("lanterns", "Lanterns", "-1.940157343", "0.0000008", "0.000006", colours=_in("magma")),
    Place(
        *("five-arms", "Five arms", "0.001643721971153", "-0.822467633298876", "0.00000004"),
        colours=_in("aurora"),
    ),
    Place("ammonite", "Ammonite", "-0.761574", "-0.0847596", "0.0008", colours=_in("copper")),
    Place("gate", "Gate of doublings", "-1.401155", "0", "0.02", colours=_in("dusk")),
    Place("coral", "Coral", "-0.235125", "0.827215", "0.00008", colours=_in("ink")),
    Place("frost", "Frost", "-0.5622", "0.6428", "0.006", colours=_in("kbc")),
    Place("coast", "Spiral coast", "-0.052", "0.6805", "0.02", colours=_in("cubehelix")),
    Place("lightning", "Lightning", "-0.1011", "0.9563", "0.004", colours=_in("bmy")),
    _julia("sea-dragon", "Sea dragon", -0.835 - 0.2321j),
    _julia("pearls", "Strings of pearls", 0.285 + 0.01j, "2.6", colours=_in("aurora")),
    _julia("flowers", "Two flowers", -0.70176 - 0.3842j, colours=_in("twilight")),
    _julia("vortices", "Vortices", 0.355 + 0.355j, "2.4", colours=_in("ember")),
    _julia("dendrite", "Dendrite", 1j, colours=_in("ink")),
    Place(
        *("armada", "Burning ship", "-1.76", "-0.035", "0.13", "burning_ship"),
        colours=_in("inferno"),
    ),
    Place("phoenix", "Phoenix", "0", "0", "3.2", "phoenix", colours=_in("ember")),
    Place("celtic", "Celtic knots", "-1.2", "0.3", "0.6", "celtic", colours=_in("dusk")),
    Place("clover", "Clover", "0", "0", "3.2", "multibrot4", colours=_in("aurora")),
)
