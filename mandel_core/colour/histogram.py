"""How many points of a picture have which counts, and their colours: for show, from a sample."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mandel_core.colour.painting import Painting
from mandel_core.model.results import Frame

BINS = 64
SAMPLE = 2**14  # points, about


@dataclass(frozen=True)
class Histogram:
    """The smooth counts of a picture's points.

    low, high : the least and the greatest. The k-th of BINS bins begins at
        low + (high - low) * (k / BINS)**2, since low counts are those of most points.
    shares : of all points, in each bin. colours : of a point in the middle of each bin, "#rrggbb";
        "" where it is empty.
    inside : the share of the points that did not escape.
    """

    low: float
    high: float
    shares: tuple[float, ...]
    colours: tuple[str, ...]
    inside: float


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
    edges = low + (high - low) * (np.arange(1, BINS) / BINS) ** 2
    ends = np.array([0, *np.searchsorted(count, edges), count.size])
    colours = tuple(
        "#{:02x}{:02x}{:02x}".format(*rgb[(first + last) // 2]) if last > first else ""
        for first, last in pairwise(ends)
    )
    shares = tuple(float(share) for share in np.diff(ends) / outside.size)
    return Histogram(float(low), float(high), shares, colours, 1 - count.size / outside.size)
