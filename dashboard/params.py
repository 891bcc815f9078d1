"""The params of an explorer: what is seen and how it is made, each within its limits."""

from __future__ import annotations

from dataclasses import fields

import param

from dashboard import server_settings
from dashboard.state import (
    DENSITIES,
    DEVICES,
    HOME,
    INSIDE_NAMES,
    LOOK_NAMES,
    MAX_CENTRE,
    MAX_CHUNK,
    MAX_ITERATIONS,
    MAX_WIDTH,
    MIN_WIDTH,
    PALETTE_NAMES,
    PRECISIONS,
    State,
    formula_names,
    stage_names,
)
from dashboard.view.colour import Colour, Stops
from dashboard.view.constant import Constant
from dashboard.view.coordinate import Coordinate
from mandel_core.measurement.measuring import CHUNK_SIZES
from mandel_core.runtime.threads import cores


class Params(param.Parameterized):
    """What the widgets, the link and Python set and see; the link has all but the threads."""

    x = Coordinate(HOME.x, (-MAX_CENTRE, MAX_CENTRE), doc="Real part of the centre, exact.")
    y = Coordinate(HOME.y, (-MAX_CENTRE, MAX_CENTRE), doc="Imaginary part of the centre, exact.")
    width = Coordinate(
        HOME.width, (MIN_WIDTH, MAX_WIDTH), doc="Width of the view, in units of the complex plane."
    )
    formula = param.Selector(
        default=HOME.formula,
        objects=formula_names(),
        doc="What is iterated; choosing it goes to where all of it is seen.",
    )
    c = Constant(HOME.c, doc="The formula's constant, where its pixels are where z starts.")
    stage = param.Selector(
        default=HOME.stage, objects=stage_names(), doc="The stage of optimisation that computes."
    )
    chunksize = param.Integer(
        default=HOME.chunksize,
        bounds=(1, MAX_CHUNK),
        label="Chunk size",
        doc="Iterations per compiled call, for the stages that have it.",
    )
    device = param.Selector(
        default=HOME.device,
        objects=list(DEVICES),
        doc="Where the torch stages compute; those not present are not offered.",
    )
    threads = param.Integer(
        default=cores(),
        bounds=(1, cores()),
        doc="How many threads compute; no part of the link, since machines differ.",
    )
    chunk_sizes = param.List(
        default=list(CHUNK_SIZES[: server_settings.current().sweep_length]),
        item_type=int,
        bounds=(1, server_settings.current().sweep_length),
        label="Chunk sizes to measure",
        doc="Those that Measure and the threads' table go through; no part of the link.",
    )
    maxiter = param.Integer(
        default=HOME.maxiter,
        label="Iterations",
        bounds=(1, MAX_ITERATIONS),
        doc="Iterations after which a point counts as inside; setting them ends automatic ones.",
    )
    automatic = param.Boolean(
        default=HOME.automatic,
        label="Automatic",
        doc="Whether the iterations follow the view, so that nothing with structure is black.",
    )
    precision = param.Selector(
        default=HOME.precision,
        objects=list(PRECISIONS),
        doc="The number type; automatic takes float32 while its rounding cannot be seen.",
    )
    look = param.Selector(
        default=HOME.look,
        objects=LOOK_NAMES,
        label="Colour",
        doc="How the points that escape are coloured.",
    )
    palette = param.Selector(
        default=HOME.palette, objects=list(PALETTE_NAMES), doc="The colours, by name."
    )
    reversed = param.Boolean(
        default=HOME.reversed, doc="Whether the palette runs from its end to its beginning."
    )
    cyclic = param.Boolean(
        default=HOME.cyclic,
        doc="Whether the palette begins anew where it ends; otherwise its last colour goes on.",
    )
    density = param.Number(
        default=HOME.density,
        bounds=DENSITIES,
        doc="How many times as often the palette is gone through.",
    )
    phase = param.Number(
        default=HOME.phase, bounds=(0, 1), doc="By how much of the palette colours are moved on."
    )
    inside = param.Selector(
        default=HOME.inside,
        objects=INSIDE_NAMES,
        doc="How the points that do not escape are coloured.",
    )
    interior = Colour(HOME.interior, doc="The colour of points that do not escape, as #rrggbb.")
    stops = Stops(HOME.stops, doc="One's own palette, as colours and positions: ff8800-25_...")
    histogram = param.Parameter(default=None, doc="The counts of the picture at rest; to be read.")
    antialias = param.Boolean(
        default=HOME.antialias,
        label="Smooth edges",
        doc="Whether a picture at rest is drawn again with four samples a pixel, where that is "
        "quick.",
    )

    @property
    def state(self) -> State:
        """What is seen now, as plain values."""
        return State(**{field.name: getattr(self, field.name) for field in fields(State)})
