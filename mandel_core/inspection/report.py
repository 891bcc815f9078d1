"""What a compiler did with a stage, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mandel_core.model.failures import StageFailure
from mandel_core.model.settings import Settings

Language = Literal["cpp", "triton", "python", "llvm", "asm"]
Cache = Literal["hit", "miss", "mixed", "none"]


@dataclass(frozen=True)
class Listing:
    """Code that a compiler made.

    name : the kernel's, unique within its inspection.
    language : "cpp", "triton", "llvm" or "asm"; "python" for the code that calls the kernels.
    text : the code.
    lanes : how many numbers its vector instructions work on at once, 1 without any; None where
        that cannot be told, and for code that is no kernel.
    """

    name: str
    language: Language
    text: str
    lanes: int | None = None


@dataclass(frozen=True)
class Remark:
    """Something the compiler said, and the line of the step's `source` it was about, from 1."""

    text: str
    line: int | None = None


@dataclass(frozen=True, eq=False)
class Inspection:
    """What a compiler did with one stage.

    settings : what was compiled for.
    source : the step's text, as `Stage.source` has it.
    listings : the generated code, the kernels before what calls them.
    kernels : the functions that were generated; each is one call at run time.
    loops, vector_loops : Inductor's count of the loop nests in them, and of those vectorised.
    operator_calls : calls to torch's ready-made operators that Inductor made no code for.
    vector_width : the numbers worked on at once in the largest kernel, by the loads in Inductor's
        C++ (more than one register holds, where it takes two for one) or most arithmetic
        instructions in Numba's LLVM; 1 without vectors, None where that cannot be told.
    vector_register : what they are, and how many of them a register holds, in words.
    graph_breaks, recompiles : why the step was cut in parts, and why it was compiled again.
    warnings : what the compiler warned of. It does not repeat itself where it finds its cache.
    phases : seconds of compiling by phase, in order.
    cache : whether what was compiled was found in the cache on disk.
    failure : why the stage cannot run, else None; failure_line is the line of `source` it is about.
    note : a sentence on what the figures cannot say.
    """

    settings: Settings
    source: str
    listings: tuple[Listing, ...] = ()
    kernels: int = 0
    loops: int | None = None
    vector_loops: int | None = None
    operator_calls: int = 0
    vector_width: int | None = None
    vector_register: str = ""
    graph_breaks: tuple[Remark, ...] = ()
    recompiles: tuple[Remark, ...] = ()
    warnings: tuple[str, ...] = ()
    phases: tuple[tuple[str, float], ...] = ()
    cache: Cache = "none"
    failure: StageFailure | None = None
    failure_line: int | None = None
    note: str = ""

    @property
    def compile_seconds(self) -> float:
        """All phases together."""
        return sum(seconds for _, seconds in self.phases)


def largest(listings: tuple[Listing, ...]) -> Listing | None:
    """The kernel that does most, as far as its length tells; not in LLVM, if in assembly too."""
    kernels = [listing for listing in listings if listing.language not in {"python", "llvm"}]
    return max(kernels, key=lambda listing: len(listing.text), default=None)
