"""How many points of a picture have which counts, and their colours: for show, from a sample."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mandel_core.colour.painting import Painting
from mandel_core.model.results import Frame

BINS = 64
SAMPLE = 2**14  # points, about


@dataclass(frozen=True)
class Histogram:
    """The smooth counts of a picture's points.

    low, high : the least and the greatest.
    edges : where the bins begin and end, one more than there are bins; see `edges_of`.
    shares : of all points, in each bin. colours : of a point in the middle of each bin, "#rrggbb";
        "" where it is empty.
    interior_share : the share of the points that did not escape.
    """

    low: float
    high: float
    edges: tuple[float, ...]
    shares: tuple[float, ...]
    colours: tuple[str, ...]
    interior_share: float


def edges_of(low: float, high: float) -> NDArray[np.float64]:
    """BINS + 1 counts, evenly spaced by the logarithm of their distance from one below the lowest.

    Low counts are those of most points; deep down the lowest is in the thousands, and the
    logarithm of the counts themselves would tell none of them apart.
    """
    return low - 1 + np.geomspace(1, max(high - low, 1e-9) + 1, BINS + 1)


def histogram(frame: Frame, painting: Painting) -> Histogram | None:
    """The frame's histogram in the colours of its picture; None where no point escapes."""
    from mandel_core.colour.counting import counts  # which imports Numba

    step = max(1, round((frame.iterations.size / SAMPLE) ** 0.5))
    count = counts(frame, step).ravel()
    rgb = painting.sampled(step).reshape(-1, 4)
    outside = ~np.isnan(count)
    if not outside.any():
        return None
    order = np.argsort(count[outside], kind="stable")
    count, rgb = count[outside][order].astype(float), rgb[outside][order]
    low, high = count[0], count[-1]
    edges = edges_of(low, high)
    ends = np.array([0, *np.searchsorted(count, edges[1:-1]), count.size])
    colours = tuple(
        "#{:02x}{:02x}{:02x}".format(*rgb[(first + last) // 2]) if last > first else ""
        for first, last in pairwise(ends)
    )
    shares = tuple(float(share) for share in np.diff(ends) / outside.size)
    interior_share = 1 - count.size / outside.size
    return Histogram(
        float(low), float(high), tuple(edges.tolist()), shares, colours, interior_share
    )
