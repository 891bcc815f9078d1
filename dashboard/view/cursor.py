"""The point under the cursor: what is known of it, its orbit, its Julia set.

The browser asks (`browser/cursor.js`), one question at a time; a process that computes answers, and
what it says is told in numbers, which the browser puts into words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from dashboard.compute import workers
from dashboard.compute.pending import Pending
from dashboard.state import MAX_CENTRE, State, home
from dashboard.view.browser_calls import Calls
from dashboard.view.host import PictureHost
from dashboard.view.picture import sent
from dashboard.view.point_request import PointRequest
from mandel_core import FORMULAS, Settings, StageFailure, Viewport
from mandel_core.orbits.report import PointReport
from mandel_core.worker.orbit_tasks import Probe, Probed
from mandel_core.worker.tasks import Draw

# Points of an orbit that are drawn at most: more are a tangle.
PATH_POINTS = 400
# Iterations of the small picture, which has to follow the moving cursor.
JULIA_ITERATIONS = 300
# Each point of SET is the c of one picture of JULIA.
SET, JULIA = "mandelbrot", "julia"


class Cursor:
    """Answers one page's questions about points, and goes to a Julia set and back.

    draw : makes the request for a picture in the colours of now.
    """

    def __init__(
        self, host: PictureHost, calls: Calls, draw: Callable[[Viewport, Settings], Draw]
    ) -> None:
        self._host, self._calls, self._draw = host, calls, draw
        self._pending: Pending[Probed | StageFailure] = Pending(host.in_document)
        self._came_from: State | None = None
        calls.on("point", self._on_point)
        calls.on("formula", lambda _: self.send_formula())
        calls.on("julia", self._on_julia)
        calls.on("back", self._on_back)

    def close(self) -> None:
        """Give up what is under way."""
        self._pending.cancel()

    def send_formula(self) -> None:
        """Say what the picture is of, and where the ways to a Julia set and back lead."""
        formula = self._host.state.formula
        if formula != JULIA:
            self._came_from = None
        self._calls.send(
            "formula",
            title=FORMULAS[formula].title,
            julia=formula == SET,
            back=formula == JULIA,
        )

    def _on_point(self, values: Mapping[str, Any]) -> None:
        request = PointRequest.parse(values)
        settings = replace(self._host.settings("fast"), dtype="float64", threads=None)
        beside = None
        if request.julia and settings.formula == SET:
            beside = self._julia(request)
        task = Probe(
            *(request.x, request.y, settings),
            path=PATH_POINTS if request.path else 0,
            beside=beside,
        )
        self._pending.submit(
            lambda _: workers.probe(task, session=f"{self._host.session}/cursor"),
            on_result=lambda outcome: self._answer(request, outcome),
        )

    def _julia(self, request: PointRequest) -> Draw:
        whole = home(JULIA)
        view = Viewport.from_screen(whole.x, whole.y, whole.width, request.julia, request.julia)
        settings = Settings(
            "fast",
            JULIA_ITERATIONS,
            formula=JULIA,
            formula_c=complex(request.x, request.y),
            dtype=view.precision,
        )
        return self._draw(view, settings)

    def _answer(self, request: PointRequest, outcome: Probed | StageFailure) -> None:
        answer: dict[str, Any] = {"asked": request.asked, "x": request.x, "y": request.y}
        if isinstance(outcome, StageFailure):
            answer["failure"] = outcome.reason
        else:
            answer |= _told(outcome.report)
            if outcome.path is not None:
                answer["path"] = outcome.path.view(np.float64)
            if outcome.picture is not None:
                answer |= sent(outcome.picture.image, outcome.picture.view, "julia_")
        self._calls.send("point", **answer)

    def _on_julia(self, values: Mapping[str, Any]) -> None:
        """Make the Julia set of a point the picture."""
        state = self._host.state
        if state.formula != SET:
            return
        point = PointRequest.parse({"asked": 0, **values})
        limit = float(MAX_CENTRE)
        x, y = (min(max(part, -limit), limit) for part in (point.x, point.y))
        self._go(state, self._whole(JULIA), formula=JULIA, c=complex(x, y))
        self._came_from = state

    def _on_back(self, values: Mapping[str, Any]) -> None:
        """Go from a Julia set to where it was taken from, or to where all of its plane is seen."""
        state = self._host.state
        if state.formula == JULIA:
            self._go(state, self._came_from or self._whole(SET), formula=SET, c=state.c)

    def _whole(self, formula: str) -> State:
        """Where all of a formula's picture is seen in the window on screen."""
        view = self._host.viewport
        return home(formula, (view.nx, view.ny))

    def _go(self, state: State, where: State, formula: str, c: complex) -> None:
        x, y, width = where.x, where.y, where.width
        self._host.go(replace(state, formula=formula, c=c, x=x, y=y, width=width))


def _told(report: PointReport) -> dict[str, Any]:
    """A report's values one by one; those that are not known are null."""
    distance, nucleus = report.distance, report.nucleus
    return {
        "iterations": report.iterations,
        "smooth": report.smooth,
        "period": report.period,
        "differentiable": report.differentiable,
        "inner": report.inner,
        "nuclei": report.nuclei,
        "distance": distance and distance.estimate,
        "distance_low": distance and distance.low,
        "nucleus_x": nucleus and nucleus.x,
        "nucleus_y": nucleus and nucleus.y,
        "nucleus_period": nucleus and nucleus.period,
        "nucleus_size": nucleus and nucleus.size,
    }
