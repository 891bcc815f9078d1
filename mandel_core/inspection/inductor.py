"""What Dynamo and Inductor did with a stage, from their own counters, metrics and hooks."""

from __future__ import annotations

import ast
import re
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, Self

from mandel_core.compilers import torch_compile
from mandel_core.formulas import FORMULAS
from mandel_core.inspection.report import Cache, Inspection, Language, Listing, Remark, largest
from mandel_core.model.settings import Settings
from mandel_core.model.stage import Stage

# Dynamo ends a guard with the line it comes from: "n == 7  # N[I] = n  # stages/file.py:21 in step"
_PLACE = re.compile(r"([^\s#]+):(\d+) in ")
_LOADED = re.compile(r"::loadu\(.*?, static_cast<int64_t>\((\d+)L?\)\)")
_VECTOR = re.compile(r"at::vec::Vectorized(?:N)?<(\w+)")
_LOOPS, _VECTOR_LOOPS = "generated_kernel_count", "generated_cpp_vec_kernel_count"
_MAKERS: dict[str, Language] = {"cpp_pybinding": "cpp", "cpp": "cpp", "triton": "triton"}


class Inductor:
    """Watches torch's compiler, which starts without the kernels that were kept for later calls."""

    def __init__(self, stage: Stage, settings: Settings, cold: bool) -> None:
        self._stage, self._settings = stage, settings
        self._cold = cold
        self._stack = ExitStack()
        self._code: list[str] = []

    def __enter__(self) -> Self:
        from torch._dynamo import utils
        from torch._inductor import graph, lowering
        from torch._inductor import utils as inductor

        enter = self._stack.enter_context
        if self._cold:
            # Its name before torch 2.8 was fresh_inductor_cache.
            enter(getattr(inductor, "fresh_cache", inductor.fresh_inductor_cache)())
            # It warns once a process; what it is asked for here is the whole story.
            warn = getattr(lowering, "_warn_complex_not_supported", None)
            getattr(warn, "cache_clear", lambda: None)()
        enter(_replaced(torch_compile, "_kernels", OrderedDict()))
        # As `torch._inductor.utils.run_and_get_code` does, which forgets all that was compiled.
        enter(_replaced(graph.GraphLowering, "save_output_code", self._code.append))
        self._breaks = len(utils.graph_break_reasons)
        self._before = _counts()
        self._compiled = utils.get_compilation_metrics()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def add_to(self, seen: Inspection) -> Inspection:
        """`seen`, and what was compiled since entering."""
        counts = _counts() - self._before
        metrics = self._metrics()
        listings = _listings(list(dict.fromkeys(self._code)))
        main = largest(listings)
        recompiles, refused = (
            tuple(
                self._remark(metric.recompile_reason)
                for metric in metrics
                if metric.recompile_reason and bool(metric.fail_type) == failed
            )
            for failed in (False, True)
        )
        return replace(
            seen,
            listings=listings,
            kernels=sum(listing.language != "python" for listing in listings),
            loops=counts["metrics", _LOOPS],
            vector_loops=counts["metrics", _VECTOR_LOOPS],
            operator_calls=counts["inductor", "extern_calls"],
            vector_width=main.lanes if main else None,
            vector_register=_register(main, seen.settings.dtype),
            graph_breaks=self._graph_breaks(counts, failed=seen.failure is not None),
            recompiles=recompiles,
            phases=_phases(metrics),
            cache=_cache(
                counts["inductor", "fxgraph_cache_hit"], counts["inductor", "fxgraph_cache_miss"]
            ),
            failure_line=self._failure_line(seen, refused),
            note=" ".join(filter(None, [seen.note, _too_short(main, counts)])),
        )

    def _metrics(self) -> list[Any]:
        from torch._dynamo.utils import get_compilation_metrics

        known = {id(metric) for metric in self._compiled}  # kept alive by the list
        return [metric for metric in get_compilation_metrics() if id(metric) not in known]

    def _graph_breaks(self, counts: Counter[Any], failed: bool) -> tuple[Remark, ...]:
        from torch._dynamo.utils import graph_break_reasons

        remarks = {
            reason.reason: self._line(reversed(reason.user_stack or ()))
            for reason in graph_break_reasons[self._breaks :]
        }
        # What made Dynamo give up compiling a function is in no list of reasons.
        for key in counts:
            if key[0] == "graph_break" or (key[0] == "unimplemented" and not failed):
                remarks.setdefault(key[1], None)
        return tuple(Remark(reason.strip(), line) for reason, line in remarks.items())

    def _remark(self, reason: str) -> Remark:
        place = _PLACE.search(reason)
        line = self._line_of(place[1], int(place[2])) if place else None
        # The guard alone: what follows it are the lines it comes from.
        guard = re.sub(r"^\d+/\d+: ", "", reason.partition("  #")[0].partition("\n")[0]).strip()
        return Remark(guard, line)

    def _failure_line(self, seen: Inspection, refused: tuple[Remark, ...]) -> int | None:
        if seen.failure is None:
            return None
        stack = getattr(seen.failure.__cause__, "real_stack", None)
        if stack:
            return self._line(reversed(stack))
        return refused[-1].line if refused else None

    def _line(self, frames: Any) -> int | None:
        """The line of the innermost frame that is in the source; `frames` come inside out."""
        lines = (self._line_of(frame.filename, frame.lineno) for frame in frames)
        return next(filter(None, lines), None)

    def _line_of(self, file: str, line: int) -> int | None:
        formula, device = FORMULAS.find(self._settings.formula), self._settings.device
        return self._stage.line_in_source(file, line, formula, device)


@contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


def _counts() -> Counter[Any]:
    """Dynamo's counters by group and name, and Inductor's in the group "metrics"."""
    from torch._dynamo.utils import counters
    from torch._inductor import metrics

    counts = Counter(
        {(group, name): n for group, names in counters.items() for name, n in names.items()}
    )
    for name in (_LOOPS, _VECTOR_LOOPS):
        counts["metrics", name] = getattr(metrics, name)
    return counts


def _listings(modules: list[str]) -> tuple[Listing, ...]:
    """The kernels in the modules that Inductor wrote, then the modules."""
    kernels: dict[tuple[str, str], Listing] = {}
    for number, module in enumerate(modules, 1):
        for name, language, text in _kernels(module):
            full = f"{number}. {name}" if len(modules) > 1 else name
            lanes = _lanes(text) if language == "cpp" else None
            kernels.setdefault((name, text), Listing(full, language, text, lanes))
    calls = "What calls the kernels"
    callers = [
        Listing(f"{calls}, {number}" if len(modules) > 1 else calls, "python", module)
        for number, module in enumerate(modules, 1)
    ]
    return (*kernels.values(), *callers)


def _kernels(module: str) -> Iterator[tuple[str, Language, str]]:
    """Name, language and text of each `name = async_compile.language(..., text, ...)`."""
    for node in ast.parse(module).body:
        match node:
            case ast.Assign([ast.Name(name)], ast.Call(ast.Attribute(attr=maker), arguments)):
                texts = [
                    argument.value
                    for argument in arguments
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
                ]
                if maker in _MAKERS and texts:
                    yield name, _MAKERS[maker], max(texts, key=len).strip("\n") + "\n"


def _lanes(text: str) -> int:
    """How many numbers a C++ kernel works on at once, from the lengths of its vector loads."""
    from torch._inductor.cpu_vec_isa import pick_vec_isa

    loaded = [int(length) for length in _LOADED.findall(text)]
    if loaded:
        return max(loaded)
    return pick_vec_isa().nelements() if _VECTOR.search(text) else 1


def _register(kernel: Listing | None, dtype: str) -> str:
    import torch
    from torch._inductor.cpu_vec_isa import pick_vec_isa

    if kernel is None or kernel.language != "cpp":
        return ""
    isa = pick_vec_isa()
    if not isa:
        return "Inductor knows no vector instructions of this processor"
    room, name = isa.bit_width() // 8 // getattr(torch, dtype).itemsize, str(isa).split()[0]
    return f"a register of {name.upper()} holds {room} {dtype}"


def _too_short(kernel: Listing | None, counts: Counter[Any]) -> str:
    if kernel is None or kernel.lanes != 1 or not counts["metrics", _VECTOR_LOOPS]:
        return ""
    return (
        "Inductor made vector loops, but over fewer numbers than a register holds: "
        "in the largest kernel only their scalar remainders are left."
    )


def _phases(metrics: list[Any]) -> tuple[tuple[str, float], ...]:
    """Seconds by phase; torch counts each phase with those inside it."""

    def total(column: str) -> float:
        return sum(getattr(metric, column, None) or 0 for metric in metrics) / 1e6

    dynamo = total("dynamo_cumulative_compile_time_us")
    autograd = total("aot_autograd_cumulative_compile_time_us")
    inductor = total("inductor_cumulative_compile_time_us")
    compiler = total("triton_compile_time_us")  # the C++ compiler's as well
    return (
        ("Dynamo: tracing", max(dynamo - autograd, 0.0)),
        ("AOTAutograd: passes", max(autograd - inductor, 0.0)),
        ("Inductor: code", max(inductor - compiler, 0.0)),
        ("C++ or Triton compiler", compiler),
    )


def _cache(hits: int, misses: int) -> Cache:
    if hits and misses:
        return "mixed"
    return "hit" if hits else "miss" if misses else "none"
