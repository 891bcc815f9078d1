"""What measuring would show and how long it takes here, said where nothing is measured yet."""

from __future__ import annotations

import html
from collections.abc import Sequence

from dashboard.lab import stored
from mandel_core import STAGES, Settings
from mandel_core.measurement.ratios import TUTORIAL
from mandel_core.words import count, duration


def before_measuring(todo: Sequence[Settings]) -> str:
    """HTML: what Measure will do with these, how long they compile here, the tutorial's table."""
    sizes = [settings for settings in todo if "chunksize" in STAGES[settings.stage].varies]
    beside = [STAGES[settings.stage].title for settings in todo if settings not in sizes]
    title = STAGES[sizes[0].stage].title if sizes else "the stage"
    against = f", and beside them {_listed(beside)}" if beside else ""
    return (
        "<p><b>What a chunk costs.</b> A compiled call does several iterations, a chunk. Larger "
        "chunks mean fewer calls and longer compiling: which size is the fastest depends on the "
        "machine.</p>"
        f"<p>Measure times {html.escape(title)} with {count(len(sizes), 'chunk size')} on the view "
        f"on screen{html.escape(against)}; the points appear one by one. "
        f"{_how_long(todo, 'chunk size')}</p>{_table()}"
    )


def before_stages(todo: Sequence[Settings], limit_seconds: float) -> str:
    """HTML: what Run all will do with these, and how long they compile here."""
    return (
        "<p><b>Every stage, one after another.</b> Run all computes the view on screen with each "
        f"of the {count(len(todo), 'stage')} and draws a bar for its run time beside the ratios to "
        "NumPy and Numba. Those without torch.compile come first, within seconds; a stage that "
        f"fails says why. {_how_long(todo, 'stage')} None is waited for longer than "
        f"{duration(limit_seconds)}.</p>"
    )


def before_threads(points: Sequence[Settings]) -> str:
    """HTML: what Run will do with these, and how long they compile here."""
    sizes = len({point.chunksize for point in points})
    numbers = [f"{number}" for number in sorted({point.threads or 1 for point in points})]
    threads = "1 thread" if numbers == ["1"] else f"{_listed(numbers)} threads"
    title = html.escape(STAGES[points[0].stage].title) if points else "the stage"
    return (
        f"<p><b>The tutorial's Table I for this machine.</b> Run times NumPy and {title} on the "
        f"view on screen, {count(sizes, 'chunk size')} with {threads}: a field for each says how "
        f"many times as fast as NumPy it is. {_how_long(points, 'field')}</p>"
    )


def _how_long(todo: Sequence[Settings], what: str) -> str:
    """How long compiling takes; what : the word for one of them."""
    compiled = [one for one in todo if STAGES[one.stage].uses_torch(one)]
    known = [seconds for one in compiled if (seconds := stored.compile_seconds(one)) is not None]
    unknown = len(compiled) - len(known)
    if not known:
        return (
            f"Each {what} on torch is compiled first, which takes seconds to minutes; how long "
            "here is known after the first."
        )
    told = f"Compiling {'all' if not unknown else len(known)} of them took {duration(sum(known))}"
    rest = f"; the other {unknown} have not been compiled here yet" if unknown else ""
    return f"{told} here{rest}. What was compiled already goes faster."


def _table() -> str:
    """The tutorial's Table I."""
    chunksizes = sorted({size for size, _ in TUTORIAL})
    threads = sorted({number for _, number in TUTORIAL})
    head = "".join(f"<th scope='col'>{size}</th>" for size in chunksizes)
    rows = "".join(
        f"<tr><th scope='row'>{number} threads</th>"
        + "".join(f"<td>{TUTORIAL[size, number]:g}</td>" for size in chunksizes)
        + "</tr>"
        for number in threads
    )
    return (
        "<table><caption>The tutorial's Table I: how many times as fast as NumPy its chunks "
        "were</caption>"
        f"<thead><tr><th scope='col'>chunk size</th>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
