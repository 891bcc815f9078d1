"""The histogram of a picture's counts, as a drawing."""

from __future__ import annotations

from mandel_core.colour.histogram import BINS, Histogram

HEIGHT = 36  # pixels


def drawn(histogram: Histogram) -> str:
    """Bars in the colours of their counts, as HTML, and what they are in words beneath."""
    tallest = max(histogram.shares)
    bars = "".join(
        # By the root: a few bins have most of the points.
        f"<rect x='{at}' y='{1 - (share / tallest) ** 0.5:.3f}' width='1.02' "
        f"height='{(share / tallest) ** 0.5:.3f}' fill='{colour}'/>"
        for at, (share, colour) in enumerate(zip(histogram.shares, histogram.colours, strict=True))
        if share
    )
    inside = f"; {histogram.inside:.0%} inside" if histogram.inside else ""
    words = f"{max(histogram.low, 0):,.0f} to {histogram.high:,.0f} iterations{inside}"
    return (
        f"<svg viewBox='0 0 {BINS} 1' preserveAspectRatio='none' role='img' "
        f"aria-label='Histogram of the counts: {words}' "
        f"style='display:block;width:100%;height:{HEIGHT}px'>{bars}</svg>"
        f"<small>{words}</small>"
    )
