"""What LLVM compiles for here: the vectors and registers of the machine, as Numba's kernels see it.

Numba is not imported for it: it takes a second, and who only wants to name the instruction set of a
measurement need not wait for that.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache

import llvmlite.binding as llvm

# More numbers than there is room for, so that all registers are used; and a product that is added
# to, which is one instruction where the processor has one for it.
_PROBE = """
define <256 x float> @probe(ptr %p) {
  %x = load <256 x float>, ptr %p
  %y = fneg <256 x float> %x
  %z = call <256 x float> @llvm.fmuladd.v256f32(
      <256 x float> %x, <256 x float> %y, <256 x float> %x)
  ret <256 x float> %z
}
declare <256 x float> @llvm.fmuladd.v256f32(<256 x float>, <256 x float>, <256 x float>)
"""


@dataclass(frozen=True)
class Target:
    """The vector unit that LLVM makes code for.

    name : of the instruction set, for people.
    vector_bits : of one register.
    registers : how many of them.
    fused : whether a product is added to in one instruction, rounded once.
    """

    name: str
    vector_bits: int
    registers: int
    fused: bool


@cache
def target() -> Target:
    """The one of this process: the host's, unless NUMBA_CPU_NAME or NUMBA_CPU_FEATURES confine it.

    The code that LLVM makes for a probe tells: there are too many processors to know their names.
    """
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    triple = llvm.get_process_triple()
    cpu, features = cpu_and_features()
    machine = llvm.Target.from_triple(triple).create_target_machine(cpu, features, opt=2)
    code = machine.emit_assembly(llvm.parse_assembly(_PROBE))
    fused = re.search(r"\b(vfn?m\w+|fmla|fmls|fmadd)\b", code) is not None
    if "zmm" in code:
        return Target("AVX-512", 512, 32, fused)
    if "ymm" in code:
        if re.search(r"\bymm(1[6-9]|2\d|3[01])\b", code):
            return Target("AVX-512, vectors of 256 bits", 256, 32, fused)
        return Target("AVX2" if fused else "AVX", 256, 16, fused)
    if triple.startswith("x86_64"):
        return Target("SSE", 128, 16, fused)
    if triple.startswith(("aarch64", "arm64")):
        return Target("NEON", 128, 32, fused)
    return Target(triple.partition("-")[0], 128, 32, fused)


def cpu_and_features() -> tuple[str, str]:
    """The processor and its features that Numba compiles for, in LLVM's words."""
    cpu = os.environ.get("NUMBA_CPU_NAME")
    features = os.environ.get("NUMBA_CPU_FEATURES")
    if features is None:
        features = "" if cpu == "generic" else llvm.get_host_cpu_features().flatten()
    return cpu or llvm.get_host_cpu_name(), features
