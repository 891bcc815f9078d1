"""What Numba did with a stage, from its dispatchers."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Any, Self

from mandel_core.formulas import FORMULAS
from mandel_core.inspection.report import Inspection, Language, Listing, largest
from mandel_core.model.job import Job
from mandel_core.model.stage import Stage

# In LLVM's language: %7 = fmul contract <16 x float> %5, %6
_ARITHMETIC = re.compile(r"= f(?:mul|add|sub)\b[^<\n]*?(?:<(\d+) x )?(?:float|double)")
_COMPLEX = {"float32": "complex64", "float64": "complex128"}


class Numba:
    """Looks at the kernels that a stage on Numba uses."""

    def __init__(self, stage: Stage, job: Job, cold: bool) -> None:
        self._stage = stage
        self._dtype: str = job.settings.dtype
        self._formula = FORMULAS.find(job.settings.formula)
        self._cold = cold

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def add_to(self, seen: Inspection) -> Inspection:
        """`seen`, and what Numba made of the stage's kernels."""
        listings: list[Listing] = []
        phases: Counter[str] = Counter()
        hits = []
        assert self._stage.kernels is not None
        for used in self._stage.kernels(seen.settings):
            signature = self._signature(used)
            hits.append(used.stats.cache_hits[signature] > 0)
            again = hits[-1] or self._cold
            kernel = _without_cache(used, signature) if again else used
            listings += _listings(kernel, signature)
            phases.update(_phases(kernel.get_metadata(signature)))
        note = (
            "The kernels came from Numba's cache on disk, which keeps no code to look at; "
            "they were compiled again for it, and that is the time shown."
        )
        main = largest(tuple(listings))
        return replace(
            seen,
            listings=tuple(listings),
            kernels=len(hits),
            vector_width=main.lanes if main else None,
            vector_register=seen.settings.dtype,
            phases=tuple(phases.items()),
            cache="hit" if all(hits) else "mixed" if any(hits) else "miss",
            note=" ".join(filter(None, [seen.note, note if any(hits) else ""])),
        )

    def _signature(self, kernel: Any) -> Any:
        names = {self._dtype, _COMPLEX[self._dtype]}
        fitting = (types for types in kernel.signatures if types[0].dtype.name in names)
        # Some kernels are compiled for each formula, others for all.
        return max(fitting, key=self._is_of_formula, default=kernel.signatures[-1])

    def _is_of_formula(self, types: Any) -> bool:
        from mandel_core.compilers.numba_formula import type_of

        return type_of(self._formula) in types


def _without_cache(kernel: Any, signature: Any) -> Any:
    from mandel_core.compilers.numba_import import numba

    options = {name: value for name, value in kernel.targetoptions.items() if name != "nopython"}
    again = numba.njit(**options)(kernel.py_func)
    again.compile(signature)
    return again


def _listings(kernel: Any, signature: Any) -> list[Listing]:
    name = kernel.py_func.__name__
    llvm, asm = kernel.inspect_llvm(signature), kernel.inspect_asm(signature)
    widths = Counter(int(width or 1) for width in _ARITHMETIC.findall(llvm))
    lanes = widths.most_common(1)[0][0] if widths else 1
    kinds: tuple[tuple[str, Language, str], ...] = (
        ("assembly", "asm", asm),
        ("LLVM", "llvm", llvm),
    )
    return [Listing(f"{name}, {kind}", language, text, lanes) for kind, language, text in kinds]


def _phases(metadata: Any) -> dict[str, float]:
    """Seconds by phase, from what Numba notes of each of its passes."""
    phases = dict.fromkeys(("Numba: passes", "Numba: types", "LLVM: machine code"), 0.0)
    for passes in metadata["pipeline_times"].values():
        for name, times in passes.items():
            phase = "Numba: passes"
            if "type_inference" in name:
                phase = "Numba: types"  # and what the kernel calls, where it is not compiled yet
            elif "lowering" in name:
                phase = "LLVM: machine code"
            phases[phase] += times.init + times.run + times.finalize
    return phases
