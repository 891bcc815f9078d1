"""A stage of one's own: a NumPy step with the signature of one of the tutorial's."""

from __future__ import annotations

import inspect
import types
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from textwrap import dedent
from tokenize import TokenError
from typing import Any, Literal, get_args

import numpy as np

from mandel_core.compilers.arrays import location_for, tensors_on
from mandel_core.compilers.torch_compile import compile_step, forget
from mandel_core.formulas.formula import Formula
from mandel_core.model.failures import StageFailure
from mandel_core.model.job import Job
from mandel_core.model.settings import Settings
from mandel_core.model.sources import Part
from mandel_core.model.stage import BETWEEN, ZN, Stage, Step, Varies, helpers, parts_of
from mandel_core.model.viewport import Viewport
from mandel_core.runtime import own_code
from mandel_core.stages import STAGES, planes
from mandel_core.stages.applying import refuse_others
from mandel_core.stages.loops import chunk_loop, complex_loop, pairs_loop, planes_loop

Layout = Literal["complex", "pairs", "chunked", "planes"]

_ARGUMENTS = {
    "complex": ("n", "C", "Z", "N", "horizon"),
    "pairs": ("n", "c", "Z", "N", "horizon"),
    "chunked": ("n0", "c", "Z", "N", "horizon", "chunksize"),
    "planes": ("cx", "cy", "re", "im", "N", "horizon2"),
}
_NO_SOURCE = "# The source is not at hand: it was neither in a file nor in a notebook's cell.\n"


@dataclass(frozen=True)
class OwnStage(Stage):
    """A registered stage.

    text : the source, read when the stage was made.
    definition : all that another process needs to know the stage.
    """

    text: str = ""
    definition: bytes = b""

    def parts_for(self, formula: Formula, device: str = "cpu") -> tuple[Part, ...]:
        """The helpers beside the step that it calls, and the step; none where there is no text.

        The formula is written in them.
        """
        if self.text == _NO_SOURCE:
            return ()
        return parts_of(self.step)

    def source_for(self, formula: Formula, device: str = "cpu") -> str:
        """The text of `parts`, or a comment if there is none."""
        return self.text

    @property
    def about(self) -> str:
        """The step's docstring."""
        return inspect.getdoc(self.step) or ""


def register_stage(
    name: str,
    step: Callable[..., Any],
    layout: Layout = "pairs",
    title: str | None = None,
    compile: bool = True,  # noqa: A002
) -> Stage:
    """Make a NumPy function a stage like any other, in this process and its workers.

    Parameters
    ----------
    name : a lower-case identifier. One that was registered before is replaced, as when a cell is
        run again; those of the package are not.
    step : a Python function on NumPy arrays with the signature of a tutorial's stage, below. What
        it uses of its own module is taken as it is now; other modules are imported.
    layout : "complex", ``step(n, C, Z, N, horizon)`` on complex arrays of shape (ny, nx), stage 1;
        "pairs", ``step(n, c, Z, N, horizon)`` with a last dimension of two for the real and the
        imaginary part, stage 3; "chunked", ``step(n0, c, Z, N, horizon, chunksize)`` for so many
        iterations, stage 4; all three return Z and N. "planes",
        ``step(cx, cy, re, im, N, horizon2)`` on flat arrays, N counting steps, which returns re, im
        and N, stage 9.
    title : for people; the name if there is none.
    compile : with torch.compile; False runs the step as plain NumPy. What cannot be compiled whole
        is a StageFailure, but for "complex", which goes on in NumPy where compiling ends.

    Raises
    ------
    ValueError : in one sentence, for a name or title that cannot be had, and for a step that does
        not fit the layout: it is tried on a few points.

    Examples
    --------
    >>> import numpy as np
    >>> from mandel_core import Viewport, compare, register_stage
    >>> def burning_ship(n, C, Z, N, horizon):
    ...     I = np.abs(Z) < horizon
    ...     N[I] = n
    ...     Z[I] = (np.abs(Z[I].real) + 1j * np.abs(Z[I].imag)) ** 2 + C[I]
    ...     return Z, N
    >>> stage = register_stage("ship", burning_ship, layout="complex", compile=False)
    >>> print(stage.title, "·", stage.section)
    Ship · Your own
    >>> view = Viewport.from_bounds(-2.25, 0.75, -1.25, 1.25, 120, 100)
    >>> compare(view, "ship").is_rounding  # another fractal
    False
    """
    title = _checked(name, step, layout, title)
    assert isinstance(step, types.FunctionType)
    parts = {
        "layout": layout,
        "title": title,
        "compile": compile,
        "lines": own_code.lines_of((step, *helpers(step))),
    }
    stage = _stage(name, own_code.pickled(name, step, parts))
    _try(stage, layout)
    _add(stage)
    return stage


def receive(name: str, definition: bytes) -> None:
    """Know a stage that another process registered; if that fails, its runs say why."""
    try:
        stage = _stage(name, definition)
    except Exception as error:
        reason = f"The step cannot be loaded where it is to run: {type(error).__name__}: {error}"

        def fail(job: Job) -> ZN:
            raise StageFailure(name, "error", reason)

        stage = OwnStage(name, name, "Your own", fail, fail, needs_torch=False)
    _add(stage)


def _add(stage: Stage) -> None:
    if stage.name in STAGES:
        forget(STAGES[stage.name].step)
    STAGES.add(stage)


def _checked(name: str, step: Any, layout: str, title: str | None) -> str:
    """The title. Raises ValueError for what makes no stage."""
    own = {stage.name for stage in STAGES.registered}
    own_code.check_name("stage", name)
    if name in STAGES.names and name not in own:
        raise ValueError(f"the stage {name!r} comes with the package; choose another name")
    if layout not in get_args(Layout):
        raise ValueError(f"there is no layout {layout!r}; there are {', '.join(_ARGUMENTS)}")
    own_code.check_function(name, step, _ARGUMENTS[layout], f"of the layout {layout!r}")
    title = title or name.replace("_", " ").capitalize()
    if title in {stage.title for stage in STAGES if stage.name != name}:
        raise ValueError(f"there is a stage with the title {title!r}; choose another")
    return title


def _text(step: types.FunctionType) -> str:
    try:
        return BETWEEN.join(dedent(inspect.getsource(part)) for part in (*helpers(step), step))
    # Another text may lie under the file's name by now, and not even be Python.
    except (OSError, TypeError, SyntaxError, TokenError):
        return _NO_SOURCE


def _stage(name: str, definition: bytes) -> OwnStage:
    """The stage of a definition; its step is a copy that nothing else can change."""
    step, parts = own_code.unpickled(name, definition)
    own_code.register_lines(parts["lines"])
    layout, compiles = parts["layout"], parts["compile"]
    varies: set[Varies] = {"chunksize"} if layout == "chunked" else set()
    if compiles:
        varies |= {"device", "threads"}
    run = _compiling if compiles else _plain
    return OwnStage(
        name=name,
        title=parts["title"],
        section="Your own",
        step=step,
        run=lambda job: run(_of_its_own(job), step, layout),
        varies=frozenset(varies),
        needs_torch=compiles,
        any_size=not compiles,
        text=_text(step),
        definition=definition,
    )


def _of_its_own(job: Job) -> Job:
    refuse_others(job, "A step of one's own has its formula written in it")
    return job


def _plain(job: Job, step: Step, layout: Layout) -> ZN:
    # Compiled steps are silent about what happens beyond the horizon.
    with np.errstate(over="ignore", invalid="ignore"):
        if layout == "complex":
            return complex_loop(job, step)
        if layout == "pairs":
            return pairs_loop(job, step)
        if layout == "chunked":
            return chunk_loop(job, lambda size: step)
        return planes_loop(job, step)


def _compiling(job: Job, step: Step, layout: Layout) -> ZN:
    if layout == "planes":
        location = tensors_on(job.settings.device)
        return planes.loop(job, compile_step(job, step, location=location, fullgraph=True))
    location = location_for(job)
    whole = layout != "complex"
    compiled = partial(compile_step, job, step, location=location, fullgraph=whole, any_n=True)
    if layout == "complex":
        return complex_loop(job, compiled(), location)
    if layout == "pairs":
        return pairs_loop(job, compiled(), location)
    return chunk_loop(job, lambda size: compiled(size=size), location)


def _try(stage: OwnStage, layout: Layout) -> None:
    """Raises ValueError if the step, not compiled, makes no frame of a few points."""
    view = Viewport.from_bounds(-2, 1, -1, 1, 5, 3)
    job = Job(view, Settings(stage.name, maxiter=4, horizon=1000.0, chunksize=3))
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            Z, N = _plain(job, stage.step, layout)
    except Exception as error:
        raise ValueError(
            f"the step {stage.name!r} does not work with the layout {layout!r}: "
            f"{type(error).__name__}: {error}"
        ) from error
    for array, what, kinds in ((Z, "Z", "c"), (N, "N", "iu")):
        if array.shape != (3, 5) or array.dtype.kind not in kinds:
            raise ValueError(
                f"the step {stage.name!r} does not work with the layout {layout!r}: of {what} "
                f"it makes {array.dtype} of another shape or type than it was given"
            )
