"""The histogram of a picture's counts, as a drawing with an axis."""

from __future__ import annotations

import math

from mandel_core.colour.histogram import BINS, Histogram

HEIGHT = 40  # pixels
# How far apart two figures of the axis are at least, as a share of its length.
_APART = 0.17


def drawn(histogram: Histogram) -> str:
    """Bars in the colours of their counts, as HTML; figures beneath them, and what they are."""
    tallest = max(histogram.shares)
    bars = "".join(
        # By the root: a few bins have most of the points.
        f"<rect x='{at}' y='{1 - (share / tallest) ** 0.5:.3f}' width='1.02' "
        f"height='{(share / tallest) ** 0.5:.3f}' fill='{colour}'/>"
        for at, (share, colour) in enumerate(zip(histogram.shares, histogram.colours, strict=True))
        if share
    )
    marks = ticks(histogram)
    lines = "".join(f"<path d='M{BINS * at:.2f} 0h.25v1h-.25z'/>" for at in marks)
    figures = "".join(
        f"<span style='position:absolute;left:{100 * at:.1f}%;transform:translateX("
        f"{-100 * at:.0f}%)'>{value:,}</span>"
        for at, value in marks.items()
    )
    share = (
        f"{histogram.interior_share:.0%}" if histogram.interior_share >= 0.005 else "less than 1%"
    )
    inside = f"; {share} of the picture is inside" if histogram.interior_share else ""
    words = f"{max(histogram.low, 0):,.0f} to {histogram.high:,.0f} iterations{inside}"
    return (
        f"<svg viewBox='0 0 {BINS} 1' preserveAspectRatio='none' role='img' "
        f"aria-label='Histogram of the counts, on a logarithmic scale: {words}' "
        f"style='display:block;width:100%;height:{HEIGHT}px;border-bottom:1px solid;"
        f"box-sizing:border-box'><g fill='currentColor' opacity='0.25'>{lines}</g>{bars}</svg>"
        f"<small style='display:block;position:relative;height:1.5em'>{figures}</small>"
        f"<small>{words}</small>"
    )


def ticks(histogram: Histogram) -> dict[float, int]:
    """Round counts for the axis, by where they stand on it, from 0 to 1.

    The lowest; then for each power of ten, five and two times it as far as there is room, the
    first multiple that is as far above the lowest.
    """
    low, high = histogram.low, histogram.high
    length = math.log(high - low + 1)
    wanted = [max(math.ceil(low - 1e-9), 0)]
    powers = [10**digits for digits in range(len(f"{high - low:.0f}"))]
    for part in (1, 5, 2):
        steps = [part * power for power in powers]
        wanted += [math.ceil((low + step) / step) * step for step in steps]
    found: dict[float, int] = {}
    for value in wanted:
        at = math.log(value - low + 1) / length if length else 0.0
        if at <= 1 and all(abs(at - other) >= _APART for other in found):
            found[at] = value
    return dict(sorted(found.items()))
