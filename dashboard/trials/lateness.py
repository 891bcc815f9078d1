"""By when a picture is due although workers die: judged from times alone."""

from __future__ import annotations

from collections.abc import Iterable

# Seconds after the request, or after a fault while it is not answered yet.
ALLOWED = 3.0


def late_by(
    asked: float, answered: float | None, faults: Iterable[float], allowed: float = ALLOWED
) -> float:
    """By how many seconds a picture came too late: 0 if it did not, infinity if it never came.

    Each fault before it is due gives it as much time again.
    """
    due = asked + allowed
    for fault in sorted(faults):
        if asked <= fault <= due:
            due = fault + allowed
    if answered is None:
        return float("inf")
    return max(answered - due, 0.0)
