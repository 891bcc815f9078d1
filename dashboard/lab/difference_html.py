"""A comparison in words: the verdict, what was held against what, how large the differences are."""

from __future__ import annotations

import html

import numpy as np

from dashboard.widgets import theme
from dashboard.widgets.compilers_words import compilers_words
from mandel_core import STAGES, Settings, StageFailure, Viewport
from mandel_core.comparison.marking import SIZES
from mandel_core.words import count
from mandel_core.worker.tasks import Marked


def verdict(found: Marked) -> str:
    """The sentence that answers whether a stage is right, as HTML."""
    return _large(found.verdict)


def failed(failure: StageFailure) -> tuple[str, str]:
    """That there is no comparison, and why, as HTML in place of a verdict and what it is of."""
    title = STAGES[failure.stage].title if failure.stage in STAGES else failure.stage
    words = compilers_words(failure.details)
    return _large(f"{title} cannot be compared."), html.escape(failure.reason) + words


def _large(sentence: str) -> str:
    word, colon, rest = html.escape(sentence).partition(":")
    first = f"<b>{word}{colon}</b>{rest}" if colon else word
    return f"<span style='font-size:1.35em;line-height:1.3'>{first}</span>"


def _named(settings: Settings) -> str:
    stage = STAGES[settings.stage]
    chunk = f", chunk size {settings.chunksize}" if "chunksize" in stage.varies else ""
    return f"{html.escape(stage.title)}{chunk}, {settings.dtype}"


def about(found: Marked) -> str:
    """What was held against what, and how large the differences are, as HTML."""
    view: Viewport = found.view
    line = (
        f"{_named(found.settings)}, against {_named(found.reference)}: "
        f"{view.nx} × {view.ny} pixels, {count(found.settings.maxiter, 'iteration')}."
    )
    if found.reference.stage != "numpy":
        line += " NumPy itself would take too long here; its reference does the same operations."
    return (
        f"<div>{line}</div><div style='display:flex;flex-wrap:wrap;gap:0.8em 2.5em;"
        f"margin-top:0.8em;font-size:0.85em'>{_histogram(found)}{_legend(found)}</div>"
    )


def _histogram(found: Marked) -> str:
    """How many pixels differ by how much, one bar for each doubling."""
    if not found.differing:
        return ""
    bars = []
    if found.sizes:
        for power in range(max(found.sizes).bit_length()):
            low = 2**power
            label = f"{low}" if low == 1 else f"{low}–{2 * low - 1}"
            bars.append((label, found.sizes.get(low, 0)))
    bars.append(("interior", found.interior))
    most = max(pixels for _, pixels in bars)
    cells = "".join(
        "<div style='display:flex;flex-direction:column;justify-content:end;align-items:center;"
        "min-width:3em;padding:0 0.3em'>"
        f"<span>{pixels:,}</span>"
        f"<div style='width:2em;height:{_height(pixels, most):.0f}px;background:currentColor;"
        "opacity:0.45'></div>"
        f"<span style='border-top:1px solid;width:100%;text-align:center'>{label}</span></div>"
        for label, pixels in bars
    )
    return (
        "<div>Pixels, by how far their counts are apart"
        "<div style='display:flex;flex-wrap:wrap;align-items:end;row-gap:0.6em'>"
        f"{cells}</div></div>"
    )


def _height(pixels: int, most: int) -> float:
    """Bars are logarithmic: one pixel is to be seen beside thousands."""
    return 0.0 if not pixels else 4 + 44 * float(np.log1p(pixels) / np.log1p(most))


def _legend(found: Marked) -> str:
    """What the colours of the picture mean, as HTML."""
    if not found.differing:
        return ""
    ends = [*(size - 1 for size in SIZES[1:]), None]
    labels = [
        f"{low}" if low == high else f"{low}–{high}" if high else f"{low} or more"
        for low, high in zip(SIZES, ends, strict=True)
    ]
    lines = [
        ("stays longer by", [*labels, "inside in this stage only"], theme.LONGER),
        ("leaves earlier by", [*labels, "inside in the reference only"], theme.EARLIER),
    ]
    rows = "".join(
        f"<div style='display:flex;flex-wrap:wrap;gap:0.2em 0.9em'><span style='min-width:8em'>"
        f"{what}</span>"
        + "".join(
            "<span style='white-space:nowrap'><span style='display:inline-block;width:0.8em;"
            f"height:0.8em;background:{colour}'></span> {label}</span>"
            for label, colour in zip(names, colours, strict=True)
        )
        + "</div>"
        for what, names, colours in lines
    )
    wide = f" Each mark is {found.size} pixels wide, to be seen." if found.size > 1 else ""
    return f"<div>The colours of the picture{rows}The set itself is grey.{wide}</div>"
