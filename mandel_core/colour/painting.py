"""From the places on the palette to colours: indices where these will do, else red, green, blue."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mandel_core.colour import lighting
from mandel_core.colour.colouring import Colouring
from mandel_core.colour.encoding import RGBA, Encoded, Indices, encode_indices, encode_rgba
from mandel_core.colour.interior import INSIDES
from mandel_core.colour.light import to_linear
from mandel_core.colour.looks import LOOKS
from mandel_core.colour.measures import Measures, NotKnown
from mandel_core.colour.palettes import LEVELS, Colours, colours, is_cyclic, rgb_of, sampled

# Where the inside has colours of its own, the indices are divided between the two.
OUTER_LEVELS, INNER_LEVELS = 191, 64
# Colours of a palette where they are not indices: as many as 8 bits a channel can tell apart.
FINE = 4096


@dataclass(frozen=True, eq=False)
class Painting:
    """A picture as it was painted.

    indices : (ny, nx) uint8, which index the table, (256, 4) uint8; or None, and then
    direct : its colours, (ny, nx, 4) uint8. The first row is at the bottom.
    notice : what the colouring asked for and could not have, in a sentence or two.
    """

    table: RGBA
    indices: Indices | None
    direct: RGBA | None = None
    notice: str = ""

    @property
    def rgba(self) -> RGBA:
        """The picture's colours."""
        if self.direct is not None:
            return self.direct
        assert self.indices is not None
        packed = self.table.view(np.uint32)[:, 0].take(self.indices)
        return packed.view(np.uint8).reshape(*self.indices.shape, 4)

    def sampled(self, step: int) -> RGBA:
        """The colours of every so many-th row and column."""
        if self.direct is not None:
            return self.direct[::step, ::step]
        assert self.indices is not None
        return self.table[self.indices[::step, ::step]]

    def encoded(self) -> Encoded:
        """The picture as it travels."""
        if self.direct is not None:
            return encode_rgba(self.direct)
        assert self.indices is not None
        return encode_indices(self.indices, self.table)


def paint(measures: Measures, colouring: Colouring, scale: Any = None) -> tuple[Painting, Any]:
    """The frame's picture, and the scale that gives other frames the same colours.

    scale : what another frame's picture came with; None for this one's own.

    Raises ValueError for a colouring that makes no sense, Cancelled where `measures` is to stop.
    """
    from mandel_core.colour.places import CLAMP, Course

    colouring, notice, inner = _known(measures, colouring)
    look, levels = LOOKS[colouring.look], _levels(colouring)
    places, scale = look.place(measures, scale)
    course = course_of(colouring)
    table = table_of(colouring)
    steps = None
    if inner is not None:
        steps = Course(beyond=CLAMP).indices(inner, INNER_LEVELS, first=levels + 1)
    if look.relief is not None:
        at = places.through(course.on_palette)
        lit = lighting.lit(at, look.relief(measures), run_of(colouring))
        flat = table[0] if steps is None else table[steps]
        np.copyto(lit, flat, where=np.isnan(at)[..., None])
        return Painting(table, None, lit, notice), scale
    indices = places.through(lambda positions: course.indices(positions, levels))
    if steps is not None:
        np.maximum(indices, steps, out=indices)
    return Painting(table, indices, notice=notice), scale


def paint_finely(measures: Measures, colouring: Colouring, scale: Any = None) -> NDArray[Any]:
    """The frame's colours in linear light, (ny, nx, 3) float32, as finely as they can be told."""
    from mandel_core.colour.places import CLAMP, Course

    colouring, _, inner = _known(measures, colouring)
    look = LOOKS[colouring.look]
    if look.relief is not None:
        painting, _ = paint(measures, colouring, scale)
        return to_linear(painting.rgba[..., :3])
    places, _ = look.place(measures, scale)
    course, ramp = course_of(colouring), _fine_ramp(colouring)
    light = places.through(lambda positions: course.colours(positions, ramp))
    if inner is not None:
        colours_inside = Course(beyond=CLAMP).colours(inner, ramp)
        np.copyto(light, colours_inside, where=np.isnan(light))
    interior = to_linear(np.array(rgb_of(colouring.interior), np.uint8))
    np.copyto(light, interior, where=np.isnan(light))
    return light


def course_of(colouring: Colouring) -> Any:
    """How positions run along the colouring's palette: a `places.Course`."""
    from mandel_core.colour.places import CLAMP, FOLD, WRAP, Course

    beyond = CLAMP if not colouring.cyclic else WRAP if is_cyclic(colouring.palette) else FOLD
    return Course(colouring.density, colouring.phase, beyond)


def run_of(colouring: Colouring) -> Colours:
    """The palette's colours in the direction in which they are gone through, (n, 3), 0 to 1."""
    own = colours(colouring.palette, colouring.stops if colouring.palette == "own" else "")
    return own[::-1] if colouring.reversed else own


def _has_inner(colouring: Colouring) -> bool:
    return INSIDES[colouring.inside].place is not None


def _levels(colouring: Colouring) -> int:
    return OUTER_LEVELS if _has_inner(colouring) else LEVELS


def _known(measures: Measures, colouring: Colouring) -> tuple[Colouring, str, NDArray[Any] | None]:
    """The colouring as far as it can be had here, what cannot, and the inside's places."""
    notices, inner = [], None
    try:
        LOOKS[colouring.look].check(measures)
    except NotKnown as missing:
        notices.append(f"{missing} The smooth colours are shown instead.")
        colouring = replace(colouring, look="smooth")
    if (place := INSIDES[colouring.inside].place) is not None:
        try:
            inner = place(measures)
        except NotKnown as missing:
            notices.append(str(missing))
            colouring = replace(colouring, inside="plain")
    return colouring, " ".join(notices), inner


@lru_cache(64)
def table_of(colouring: Colouring) -> RGBA:
    """The colours of a picture's indices, (256, 4) uint8, read-only; the interior's is first."""
    own = run_of(colouring)
    levels = _levels(colouring)
    table = np.full((256, 4), 255, np.uint8)
    table[0, :3] = rgb_of(colouring.interior)
    table[1 : levels + 1, :3] = np.rint(255 * sampled(own, levels))
    if levels < LEVELS:
        table[levels + 1 :, :3] = np.rint(255 * sampled(own, INNER_LEVELS))
    table.setflags(write=False)
    return table


@lru_cache(8)
def _fine_ramp(colouring: Colouring) -> NDArray[np.float32]:
    return to_linear(255 * sampled(run_of(colouring), FINE))
