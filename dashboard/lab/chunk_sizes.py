"""The chunk sizes to measure: typed by a person, put in order."""

from __future__ import annotations

from collections.abc import Iterable

from dashboard import server_settings
from dashboard.lab.order import quickest_first
from dashboard.state import MAX_CHUNK
from mandel_core import Settings
from mandel_core.measurement.measuring import points_of

# A list of all chunk sizes there are is shorter, however it is written.
MOST_CHARACTERS = 6 * MAX_CHUNK


def parse_sizes(text: str) -> tuple[int, ...]:
    """The chunk sizes in a text like "1, 2, 5", each once, in increasing order.

    Raises ValueError, with a sentence for people, if it is anything else.
    """
    if len(text) > MOST_CHARACTERS:
        raise ValueError("That is longer than all chunk sizes together.")
    words = text.replace(",", " ").replace(";", " ").split()
    if not words:
        raise ValueError("There is no chunk size given.")
    for word in words:
        # The length is limited for `int`, but zeros at the beginning must not hide a large number.
        if not (word.isascii() and word.isdigit() and len(word) < 20) or not (
            1 <= int(word) <= MAX_CHUNK
        ):
            shown = word if len(word) <= 20 else word[:20] + "…"
            raise ValueError(
                f"“{shown}” is no chunk size: they are whole numbers from 1 to {MAX_CHUNK}, "
                "with commas between them."
            )
    sizes = sorted({int(word) for word in words})
    most = server_settings.current().sweep_length
    if len(sizes) > most:
        raise ValueError(f"{len(sizes)} chunk sizes are too many; up to {most} are measured.")
    return tuple(sizes)


def in_order(
    common: Settings, sizes: Iterable[int], references: Iterable[Settings]
) -> list[Settings]:
    """What to measure, the quickest first: the references, the current chunk size, the others."""
    current = common.chunksize
    fitting = {size for size in (*sizes, current) if size <= common.maxiter}
    points = points_of(common, fitting, common.threads, nearest_to=current)
    return quickest_first([*references, *points])
