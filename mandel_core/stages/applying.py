"""A formula in the shape that a stage's step takes: `f`, its last argument, which is z² + c there.

The steps show the tutorial's own z² + c; `with_formula` gives the same step another `f`.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np

from mandel_core.formulas import FORMULAS, MANDELBROT
from mandel_core.formulas.formula import Formula
from mandel_core.model.failures import StageFailure, without_folders
from mandel_core.model.job import Job
from mandel_core.model.stage import Step

KEPT = 64  # steps with other formulas, each of which may have kernels


def formula_of(job: Job) -> Formula:
    """The job's formula. Raises ValueError if there is none of that name."""
    return FORMULAS.find(job.settings.formula)


def refuse_previous_z(job: Job) -> None:
    """Raises StageFailure if the formula needs the z before, which most stages do not keep."""
    formula = formula_of(job)
    if formula.needs_previous_z:
        raise StageFailure(
            job.settings.stage,
            "unsupported",
            f"This stage keeps one z a point, and {formula.title} needs the z before as well; "
            "the stages numpy, numba, lanes and fast keep it.",
        )


def refuse_others(job: Job, what: str) -> None:
    """Raises StageFailure if the formula is not z² + c; `what` says what the stage has instead."""
    formula = formula_of(job)
    if formula is not MANDELBROT:
        raise StageFailure(
            job.settings.stage, "unsupported", f"{what}, and {formula.title} was asked for."
        )


@contextmanager
def numba_trouble(stage: str, formula: Formula) -> Iterator[None]:
    """Where Numba cannot compile a formula's step, that is a StageFailure."""
    from mandel_core.compilers.numba_import import numba

    try:
        yield
    except numba.core.errors.NumbaError as error:
        reason = f"Numba cannot compile the step of {formula.title}."
        details = without_folders(str(error))
        raise StageFailure(stage, "unsupported", reason, details) from error


def complex_step(job: Job, step: Step) -> Step:
    """A step on complex arrays, ``f(Z, C)``, with the job's formula."""
    return _applied(job, step, _on_complex)


def pairs_step(job: Job, step: Step) -> Step:
    """A step on arrays whose last dimension is the two parts, ``f(Z, c)``, likewise."""
    return _applied(job, step, _on_pairs)


def planes_step(job: Job, step: Step) -> Step:
    """A step on planes, ``f(a, b, cx, cy)``, likewise."""
    return _applied(job, step, _on_planes)


def _applied(job: Job, step: Step, layout: Callable[[Formula], Step]) -> Step:
    formula = formula_of(job)
    if formula is MANDELBROT:  # as the step itself has it
        return step
    refuse_previous_z(job)
    return _with(step, formula, layout)


@lru_cache(KEPT)  # kernels are kept by the step they are made of
def _with(step: Step, formula: Formula, layout: Callable[[Formula], Step]) -> Step:
    assert isinstance(step, types.FunctionType)
    return types.FunctionType(
        *(step.__code__, step.__globals__, step.__name__),
        *((layout(formula),), step.__closure__),
    )


def _on_complex(formula: Formula) -> Step:
    def f(Z: Any, C: Any) -> Any:
        re, im = formula.next(Z.real, Z.imag, 0, 0, C.real, C.imag)
        return re + 1j * im

    return f


def _on_pairs(formula: Formula) -> Step:
    def f(Z: Any, c: Any) -> Any:
        re, im = formula.next(Z[..., 0], Z[..., 1], 0, 0, c[..., 0], c[..., 1])
        z = np.empty_like(Z)
        z[..., 0] = re
        z[..., 1] = im
        return z

    return f


def _on_planes(formula: Formula) -> Step:
    def f(a: Any, b: Any, cx: Any, cy: Any) -> Any:
        return formula.next(a, b, 0, 0, cx, cy)

    return f
