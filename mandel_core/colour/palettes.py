"""The palettes: some of our own, Matplotlib's and colorcet's best known, and one's own from stops.

A palette of stops is written as in a link: `rrggbb-position` for each, in per cent of the palette's
length, joined by `_`. Its colours lie between the stops in straight lines of sRGB, as CSS has it,
and lead from the last stop round to the first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mandel_core.colour.encoding import RGBA

Colours = NDArray[np.float64]
Source = Literal["stops", "matplotlib", "colorcet"]

LEVELS = 255  # of a picture of indices; with the interior they are what fits into a byte
OWN = "own"  # the name of the palette that is made of one's own stops
MOST_STOPS = 16
_STOP = re.compile(r"([0-9a-f]{6})-(\d{1,3}(?:\.\d{1,2})?)", re.ASCII)
_FINE = 1024  # colours of a palette of stops


@dataclass(frozen=True)
class Palette:
    """A palette by name.

    source : where its colours come from. theirs : its name there, or its stops.
    cyclic : whether its end meets its beginning.
    """

    name: str
    source: Source
    theirs: str
    cyclic: bool


def _own() -> tuple[Palette, ...]:
    stops = {
        "lagoon": "04081f-0_123a7c-14_2f86c9-28_b8e4f4-41_fff8e0-50_f8bf52-60_c4641c-71_51180f-84",
        "dusk": "0d0926-0_3d1a66-16_8e2a7e-31_e0556b-45_fdb06e-57_fff3cf-66_8fc1c4-77_24506f-89",
        "aurora": "02100f-0_064a45-15_12967a-29_7fdc8f-41_f4fbc8-51_8fb6ee-64_4a55b8-78_1a1546-90",
        "ember": "120404-0_571008-16_b83210-31_f5842a-44_ffe39a-56_ffffff-63_c9b7a2-73_55403c-86",
        "ink": "101522-0_3b4a63-18_9fb0bf-36_f6f3ea-52_cdb79b-68_6b5344-84",
    }
    return tuple(Palette(name, "stops", text, True) for name, text in stops.items())


def _theirs(source: Source, cyclic: bool, names: str) -> tuple[Palette, ...]:
    split = (name.split(":") for name in names.split())
    return tuple(Palette(name[0], source, name[-1], cyclic) for name in split)


_ALL = (
    *_own(),
    *_theirs("matplotlib", True, "twilight twilight_shifted hsv"),
    *_theirs("colorcet", True, "colorwheel seasons:cyclic_mygbm_30_95_c78"),
    *_theirs("colorcet", True, "four_winds:cyclic_mrybm_35_75_c68 snow:cyclic_mybm_20_100_c48"),
    *_theirs("matplotlib", False, "inferno magma plasma viridis cividis turbo cubehelix"),
    *_theirs("matplotlib", False, "gnuplot2 hot copper bone gray ocean terrain Spectral"),
    *_theirs(
        "colorcet", False, "fire bmy bgyw kbc isolum coolwarm rainbow4:rainbow_bgyrm_35_85_c69"
    ),
)
PALETTES: dict[str, Palette] = {palette.name: palette for palette in _ALL}
# What one's own palette is made of before one has made it.
FIRST_STOPS = PALETTES["lagoon"].theirs


def parse_stops(text: str) -> tuple[tuple[float, str], ...]:
    """The stops that a text stands for: position from 0 to 1, and "rrggbb", in order.

    Raises ValueError, in one sentence, for a text that stands for none.
    """
    stops = []
    for part in text.split("_"):
        found = _STOP.fullmatch(part)
        if found is None or float(found[2]) > 100:
            raise ValueError(
                f"a stop is a colour and a position in per cent, as ffaa00-64, not {part[:40]!r}"
            )
        stops.append((float(found[2]) / 100, found[1]))
    if not 2 <= len(stops) <= MOST_STOPS:
        raise ValueError(f"a palette has 2 to {MOST_STOPS} stops, not {len(stops)}")
    places = [position for position, _ in stops]
    if any(left >= right for left, right in pairwise(places)):
        raise ValueError("the positions of a palette's stops must rise from each to the next")
    return tuple(stops)


def format_stops(stops: tuple[tuple[float, str], ...]) -> str:
    """The text that stands for these stops."""
    return "_".join(f"{colour}-{round(100 * position, 2):g}" for position, colour in stops)


def rgb_of(colour: str) -> tuple[int, int, int]:
    """The parts of "#rrggbb". Raises ValueError, in one sentence, for anything else."""
    if re.fullmatch(r"#[0-9a-fA-F]{6}", colour, re.ASCII) is None:
        raise ValueError(f"a colour is written #rrggbb, not {colour[:40]!r}")
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@lru_cache(64)
def colours(name: str, stops: str = "") -> Colours:
    """A palette's own colours from its beginning to its end, (n, 3), from 0 to 1, read-only.

    stops : those of the palette "own"; FIRST_STOPS if there are none.

    Raises ValueError, naming those there are, for an unknown palette, and for stops that are none.
    """
    check_palette(name)
    if name == OWN:
        own = _between_stops(stops or FIRST_STOPS)
    elif PALETTES[name].source == "stops":
        own = _between_stops(PALETTES[name].theirs)
    elif PALETTES[name].source == "colorcet":
        import colorcet

        own = np.array([rgb_of(colour) for colour in colorcet.palette[PALETTES[name].theirs]]) / 255
    else:
        from matplotlib import colormaps

        colormap = colormaps[PALETTES[name].theirs]
        own = np.asarray(colormap(np.arange(colormap.N)))[:, :3]
    own.setflags(write=False)
    return own


def check_palette(name: str) -> None:
    """Raises ValueError, naming those there are, for an unknown palette."""
    if name not in PALETTES and name != OWN:
        raise ValueError(f"there is no palette {name!r}; there are {', '.join([*PALETTES, OWN])}")


def is_cyclic(name: str) -> bool:
    """Whether the palette's end meets its beginning; one's own is made to."""
    return name == OWN or PALETTES[name].cyclic


def sampled(own: Colours, levels: int) -> Colours:
    """So many colours of a palette at equal distances, both ends included: (levels, 3)."""
    at = np.linspace(0, 1, len(own))
    wanted = np.linspace(0, 1, levels)
    return np.stack([np.interp(wanted, at, channel) for channel in own.T], axis=-1)


@cache
def palette_colours(palette: str) -> RGBA:
    """The colours of a picture of indices: (256, 4) uint8, read-only.

    Row 0 is the interior's black; rows 1 to 255 go from the palette's beginning to its end.

    Raises ValueError, naming those there are, for an unknown palette.
    """
    table = np.zeros((LEVELS + 1, 4), np.uint8)
    table[1:, :3] = np.rint(255 * sampled(colours(palette), LEVELS))
    table[:, 3] = 255
    table.setflags(write=False)
    return table


def _between_stops(text: str) -> Colours:
    stops = parse_stops(text)
    at = [position for position, _ in stops]
    rgb = np.array([rgb_of(f"#{colour}") for _, colour in stops]) / 255
    wanted = np.linspace(0, 1, _FINE)
    # Round from the last to the first, but not where both ends have a stop of their own.
    period = None if (at[0], at[-1]) == (0, 1) else 1
    return np.stack([np.interp(wanted, at, part, period=period) for part in rgb.T], axis=-1)
