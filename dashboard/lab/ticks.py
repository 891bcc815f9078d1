"""Ticks of the log axes: where they are and what they say."""

from __future__ import annotations

import math

MINUTE = 60.0
# Steps within a decade, from sparse to dense.
_STEPS = ((1,), (1, 3), (1, 2, 5))


def seconds_label(seconds: float) -> str:
    """A tick of a time axis: "20 ms", "0.1 s", "2 min".

    Round numbers are expected; others are given with three digits. Unlike a `duration`, a tick
    goes from milliseconds to seconds at 0.1 s, and on to minutes.
    """
    if seconds >= MINUTE:
        return f"{seconds / MINUTE:.3g} min"
    if seconds >= 0.0999:
        return f"{seconds:.3g} s"
    if seconds >= 0.000999:
        return f"{1e3 * seconds:.3g} ms"
    return f"{1e6 * seconds:.3g} µs"


def time_ticks(low: float, high: float, most: int = 7) -> dict[float, str]:
    """Ticks between two times in seconds, at most `most`, as positions and their labels."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in reversed(_STEPS):
        # Parsed from text, so that a tick is exactly the number on its label.
        round_ = [float(f"{step}e{decade}") for decade in decades for step in steps]
        found = [tick for tick in round_ if tick < MINUTE]
        found += [MINUTE * tick for tick in round_ if tick >= 1]
        ticks = [tick for tick in found if low <= tick <= high]
        if len(ticks) <= most:
            break
    else:
        ticks = ticks[:: math.ceil(len(ticks) / most)]
    return {tick: seconds_label(tick) for tick in ticks}


def merged(places: dict[str, float], low: float, high: float, apart: float) -> dict[float, str]:
    """Names at places on a log axis, those closer than `apart` of its length named together."""
    scale = math.log(high / low)
    groups: list[list[tuple[float, str]]] = []
    for place, name in sorted((place, name) for name, place in places.items()):
        if groups and math.log(place / groups[-1][-1][0]) < apart * scale:
            groups[-1].append((place, name))
        else:
            groups.append([(place, name)])
    return {
        math.exp(sum(math.log(place) for place, _ in group) / len(group)): ", ".join(
            name for _, name in group
        )
        for group in groups
    }
