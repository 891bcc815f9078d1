"""What is said of a picture that takes longer than one may, and what would fit."""

from __future__ import annotations

from mandel_core import STAGES, Settings, StageFailure
from mandel_core.words import duration


def too_long(settings: Settings, expected: float, limit: float) -> StageFailure:
    """That a picture will be given up, known after a coarser one of the same.

    expected, limit : the seconds that it would take, and that it may.
    """
    advice = _advice(settings, "about", int(settings.maxiter * limit / expected))
    return StageFailure(
        settings.stage,
        "too-long",
        f"This picture would take about {duration(expected)} here, more than the {limit:g} s that "
        f"one may take; {advice}. What is shown is coarse.",
    )


def given_up(failure: StageFailure, settings: Settings, part: float, limit: float) -> StageFailure:
    """That a picture was given up after so many seconds.

    part : how much of the picture's work the one under way was, which may have been coarser.
    """
    advice = _advice(settings, "fewer than", int(settings.maxiter * part))
    reason = f"The picture was given up after {limit:g} s; {advice}."
    return StageFailure(failure.stage, failure.kind, reason, failure.details)


def _advice(settings: Settings, how_many: str, iterations: int) -> str:
    fits = f"{how_many} {iterations:,} iterations would fit" if iterations else ""
    faster = "" if settings.stage == "fast" else f", and {STAGES['fast'].title} is faster"
    return (fits or "a smaller window would fit") + faster
