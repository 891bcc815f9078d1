"""How many iterations a view needs so that nothing of what it shows ends in black."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import replace
from decimal import Decimal

import numpy as np

from mandel_core.formulas import FORMULAS
from mandel_core.model.control import NO_CONTROL, Control
from mandel_core.model.results import Frame
from mandel_core.model.settings import Settings
from mandel_core.model.viewport import Viewport
from mandel_core.rendering.engine import render_settings
from mandel_core.runtime.recent import Recent

# The tutorial's, at the width that shows the whole set.
HOME_LIMIT = 200
HOME_WIDTH = 3.5
# What is added each time the width is halved: orbits near the boundary take longer there.
PER_HALVING = 20
# Nothing is looked for beyond.
CAP = 100_000

# A limit is enough if of the points that leave within FURTHER times as many iterations no larger
# share than MISSED does so after it.
FURTHER = 4
MISSED = 0.005
# Where fewer points than this share leave, structure may well begin beyond.
ALMOST_NONE = 0.01
# A limit found before is kept if it is enough, and not more than so many times what is.
SLACK = 4

# The grid that is probed, thinned out where its iterations might be more than WORK.
COLUMNS, ROWS = 96, 80
WORK = 2e8
FEWEST = 0.05  # of the grid
# It lies beside the picture's centre and axes by this share of its size, since on a line of
# symmetry orbits are not like those of their neighbours.
ASIDE = 0.0031, 0.0043
ACROSS = 0.98

LADDER = tuple(int(step * 10**power) for power in (2, 3, 4) for step in (1, 1.5, 2, 3, 4, 6, 8))
LADDER = (*LADDER[LADDER.index(HOME_LIMIT) :], CAP)

# What views were found to need; None where nothing was found outside.
known_limits: Recent[Hashable, tuple[int | None]] = Recent(most=256)


def automatic_limit(view: Viewport, settings: Settings, control: Control = NO_CONTROL) -> int:
    """How many iterations `view` needs so that nothing that it shows ends in black.

    settings : those of the picture. Their maxiter is where to start, the limit of a view nearby,
        which is kept if it is enough and not far too much, so that the limit does not flicker from
        view to view. With the result as maxiter the result is the same.

    A coarse grid of the view is computed by the stage `fast`, with higher and higher limits as
    long as it changes. Where nothing leaves within CAP the start is kept, if it is not below what
    any view of this width gets.

    Raises Cancelled soon after `control` says to stop.
    """
    start = settings.maxiter
    # Whatever stage draws the picture and however: the limit is that of its orbits.
    settings = Settings(
        "fast",
        horizon=settings.horizon,
        dtype=settings.dtype,
        formula=settings.formula,
        formula_c=settings.formula_c,
    )
    key = view, settings, FORMULAS.find(settings.formula)
    known = known_limits.get(key)
    if known is None:
        known = (_search(view, settings, control),)
        known_limits.keep(key, known)
    (needed,) = known
    if needed is None:
        return max(start, base(view))
    return start if needed <= start <= SLACK * needed else needed


def base(view: Viewport) -> int:
    """The least limit for a view of this width."""
    width = float(max(view.span_x, view.span_y))
    halvings = math.log2(HOME_WIDTH / width) if width else 60
    return _rung(HOME_LIMIT + PER_HALVING * min(max(0, int(halvings)), 100))


def _rung(limit: float) -> int:
    return next((rung for rung in LADDER if rung >= limit), CAP)


def _search(view: Viewport, settings: Settings, control: Control) -> int | None:
    limit = least = base(view)
    share = 1.0
    while True:
        reach = min(limit * FURTHER, CAP)
        frame = _probe(view, share, replace(settings, maxiter=reach), control)
        counts = np.sort(frame.iterations[np.abs(frame.z) >= settings.horizon])
        most = counts[counts.size - 1 - int(MISSED * counts.size)] if counts.size else reach
        limit = reach if counts.size < ALMOST_NONE * frame.z.size else _rung(max(most + 2, least))
        if reach == CAP or limit * FURTHER <= reach:
            return max(least, _rung(most + 2)) if counts.size else None
        steps = (frame.executed or 0) / frame.z.size * min(limit * FURTHER, CAP) / reach
        share = min(1.0, max(FEWEST, WORK / max(steps * COLUMNS * ROWS, 1)))


def _probe(
    view: Viewport,
    share: float,
    settings: Settings,
    control: Control,
) -> Frame:
    """Compute a grid of about this share of COLUMNS x ROWS points."""
    aside, up, across = (Decimal(part) for part in (*ASIDE, ACROSS))
    grid = Viewport(
        *(view.x + aside * view.span_x, view.y + up * view.span_y),
        *(across * view.span_x, across * view.span_y),
        *(round(side * math.sqrt(share)) for side in (COLUMNS, ROWS)),
    )
    return render_settings(grid, settings, control)
