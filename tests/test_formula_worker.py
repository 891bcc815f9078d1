"""A formula of one's own in the process that computes."""

from __future__ import annotations

import numpy as np

from mandel_core import STAGES, StageFailure, Viewport, register_formula, render
from mandel_core.worker.tasks import Render
from mandel_core.worker.worker import Worker

VIEW = Viewport.from_screen(0, 0, 4, 40, 30)


def register(sign: int) -> None:
    def step(a, b, cx, cy, fma):
        return a * a - b * b + cx, sign * 2 * a * b + cy

    register_formula("mine", step)


def test_the_worker_has_the_newest_version() -> None:
    worker = Worker()
    try:
        for sign in (1, -1):
            register(sign)
            settings = STAGES.settings("numpy", 50, formula="mine")
            frame = worker.submit(Render(VIEW, settings)).result(timeout=120)
            assert not isinstance(frame, StageFailure)
            here = render(VIEW, "numpy", 50, formula="mine")
            np.testing.assert_array_equal(frame.iterations, here.iterations)
    finally:
        worker.close()
