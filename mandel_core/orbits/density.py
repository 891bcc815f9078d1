"""Where orbits go: how many points of escaping orbits fall on each place of the plane.

M. Green's Buddhabrot (1993), for the orbits of one view's points: of the whole set's view it is the
well-known figure; of a part of it, where that part's orbits travel. It is made in pieces, each
added to those before, so that it can be shown as it grows and given up at any time.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mandel_core.formulas import FORMULAS
from mandel_core.formulas.formula import Formula
from mandel_core.model.control import NO_CONTROL, Control
from mandel_core.model.settings import Settings
from mandel_core.model.viewport import Viewport
from mandel_core.runtime.pausing import clock

# Points further out come back to no window that shows the set.
RADIUS = 4.0
# Samples that are followed in one go, and points that are aggregated in one go, at least.
SAMPLES, POINTS = 2**14, 2**20
# Counts above this quantile of those that are not 0 are all as bright as can be.
BRIGHTEST = 0.999
PALETTE = "inferno"
# Steps of the low-discrepancy sequence of M. Roberts (2018), powers of the plastic number.
_PLASTIC = 1.324717957244746
_STEPS = np.array([1 / _PLASTIC, 1 / _PLASTIC**2])


@dataclass(frozen=True, eq=False)
class Density:
    """What has been found so far.

    counts : (ny, nx) uint32, first row at the bottom: points on each pixel of `target`.
    samples : how many points of the view have been followed.
    orbits, points : how many of them escape, and how many points their orbits have, wherever.
    """

    counts: NDArray[np.uint32] = field(repr=False)
    samples: int = 0
    orbits: int = 0
    points: int = 0


def prepare() -> None:
    """Load what counts points, and have it compiled; some seconds the first time in a process."""
    counted(np.zeros((1, 2)), Viewport.from_screen(0, 0, 4, 2, 2))


def target(formula: Formula, nx: int, ny: int) -> Viewport:
    """Where orbits are counted: a view of this shape that shows all of the formula's picture."""
    home = formula.home
    return Viewport.from_screen(home.x, home.y, max(home.width, home.height * nx / ny), nx, ny)


def add_orbits(
    before: Density,
    view: Viewport,
    settings: Settings,
    seconds: float,
    control: Control = NO_CONTROL,
) -> Density:
    """Follow more of the view's points, for about so many seconds, and add what they do.

    before : what to add to; its counts have the shape of the target.
    settings : formula, c and iterations; orbits that have not left by then are not counted.

    The points are spread evenly over the view, ever more densely, whatever the pieces are. Raises
    Cancelled soon after `control` says to stop.
    """
    from mandel_core.kernels.escaping_orbits import escaping_orbits

    formula = FORMULAS.find(settings.formula)
    ny, nx = before.counts.shape
    place = target(formula, nx, ny)
    constant = settings.formula_c or 0j
    counts = before.counts.astype(np.uint32)
    samples, orbits, points = before.samples, before.orbits, before.points
    out = np.empty((max(POINTS, settings.maxiter), 2))
    ends = clock() + seconds
    while True:
        pixels = evenly_spread(view, samples, SAMPLES)
        known = _known(formula, pixels)
        done = 0
        while done < SAMPLES:
            control.checkpoint()
            done, written, escaped = escaping_orbits(
                *(formula, pixels, constant.real, constant.imag, RADIUS**2, settings.maxiter),
                *(known, done, out),
            )
            counts += counted(out[:written], place)
            orbits, points = orbits + escaped, points + written
        samples += SAMPLES
        if clock() >= ends:
            return Density(counts, samples, orbits, points)


def evenly_spread(view: Viewport, first: int, size: int) -> NDArray[np.float64]:
    """The points number `first` and following of the view, (size, 2) float64, evenly spread."""
    left, right, bottom, top = view.extent
    numbers = np.arange(first, first + size, dtype=np.float64)
    shares = (0.5 + numbers[:, None] * _STEPS) % 1.0
    points: NDArray[np.float64] = np.array([left, bottom]) + shares * [right - left, top - bottom]
    return points


def counted(points: NDArray[np.float64], place: Viewport) -> NDArray[np.uint32]:
    """How many of the points, (n, 2), fall on each pixel of a view: (ny, nx) uint32."""
    import datashader
    import pandas as pd

    left, right, bottom, top = place.extent
    canvas = datashader.Canvas(place.nx, place.ny, (left, right), (bottom, top))
    table = pd.DataFrame(points, columns=["x", "y"], copy=False)
    found: NDArray[np.uint32] = canvas.points(table, "x", "y").to_numpy()
    return found


def picture(counts: NDArray[np.uint32]) -> bytes:
    """The counts as a WebP file, first row at the top: by their square root, the tops cut off.

    A root shows the faint beside the bright, and keeps empty places black.
    """
    from matplotlib import colormaps
    from PIL import Image

    some = counts[counts > 0]
    most = max(float(np.quantile(some, BRIGHTEST)), 1.0) if some.size else 1.0
    brightness = np.sqrt(np.minimum(counts / most, 1.0))
    colours = colormaps[PALETTE](brightness[::-1], bytes=True)[..., :3]
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(colours)).save(file, "WEBP", quality=90)
    return file.getvalue()


def _known(formula: Formula, pixels: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Which pixels are known to lie inside, where the formula's outlines are known."""
    x, y = pixels.T
    if not formula.outlines:
        return np.zeros(x.size, np.uint8)
    q = (x - 0.25) ** 2 + y**2
    inside = (q * (q + x - 0.25) <= y**2 / 4) | ((x + 1) ** 2 + y**2 <= 1 / 16)
    return np.asarray(inside, np.uint8)
