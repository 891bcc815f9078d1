"""`--isa`: stages and peers confined to an instruction set that is less than the machine's own.

All of it is said by environment variables, which each library reads when it is loaded; so they
have to be set before, and the processes of the contenders inherit them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

VARIABLE = "MANDEL_BENCH_ISA"  # tells the peers that have to be told in other ways


@dataclass(frozen=True)
class InstructionSet:
    """How one instruction set is called by those who can be confined to it.

    level : that of the x86-64 psABI, which LLVM, GCC and Mojo know.
    torch, xla : the words of ATEN_CPU_CAPABILITY and of XLA.
    numpy : what NumPy must not use of what it is built for.
    mandelbrot_explorer : that peer's kernel.
    """

    level: str
    torch: str
    xla: str
    numpy: tuple[str, ...]
    mandelbrot_explorer: str


_BEYOND_AVX2 = (
    *("X86_V4", "AVX512F", "AVX512CD", "AVX512_SKX", "AVX512_CLX", "AVX512_CNL"),
    *("AVX512_ICL", "AVX512_SPR"),
)
_BEYOND_SSE = ("X86_V3", "AVX", "F16C", "FMA3", "AVX2", *_BEYOND_AVX2)

INSTRUCTION_SETS = {
    "avx2": InstructionSet("x86-64-v3", "avx2", "AVX2", _BEYOND_AVX2, "avx2"),
    "sse": InstructionSet("x86-64-v2", "default", "SSE4_2", _BEYOND_SSE, "scalar"),
    "generic": InstructionSet("x86-64", "default", "SSE4_2", _BEYOND_SSE, "scalar"),
}


def confine(name: str) -> None:
    """Have this process, as far as it has not loaded them yet, and its children keep to it."""
    isa = INSTRUCTION_SETS[name]
    os.environ |= {
        VARIABLE: name,
        "NUMBA_CPU_NAME": isa.level,
        "NUMBA_CPU_FEATURES": "",
        "ATEN_CPU_CAPABILITY": isa.torch,
        "TORCHINDUCTOR_CPP_MARCH": isa.level,
        "XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_max_isa={isa.xla}".strip(),
        "NPY_DISABLE_CPU_FEATURES": " ".join(_known_to_numpy(isa.numpy)),
    }


def confined_to() -> InstructionSet | None:
    """What `confine` said; None if it was not asked."""
    return INSTRUCTION_SETS.get(os.environ.get(VARIABLE, ""))


def _known_to_numpy(features: tuple[str, ...]) -> list[str]:
    """Those that NumPy is built for and would use here; of others it would complain."""
    from numpy._core import _multiarray_umath as core  # type: ignore[attr-defined]

    return [
        name for name in core.__cpu_dispatch__ if name in features and core.__cpu_features__[name]
    ]
