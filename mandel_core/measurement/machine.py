"""What a measurement was made on: the processor, its cores, and the versions of what computes.

The instruction set is a part of it: confined to a smaller one, a processor is another machine.
"""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path

from mandel_core.compilers.target import target
from mandel_core.runtime.threads import cores
from mandel_core.words import count


@dataclass(frozen=True)
class Machine:
    """A machine and the software that computes on it.

    instruction_set : the vectors that compiled code uses here, such as "AVX-512" or "AVX2"; "" for
        a measurement of which it is not known.
    cores : how many this process may use, which is how many threads there are by default.
    python, torch, numpy, numba : versions.
    """

    processor: str
    cores: int
    python: str
    torch: str
    numpy: str
    numba: str
    instruction_set: str = ""

    @classmethod
    def here(cls) -> Machine:
        """The one this program runs on."""
        return _here()

    def __str__(self) -> str:
        with_it = f" with {self.instruction_set}" if self.instruction_set else ""
        return (
            f"{self.processor}{with_it}, {count(self.cores, 'core')}; "
            f"python {self.python}, torch {self.torch}, numpy {self.numpy}, numba {self.numba}"
        )


@cache
def _here() -> Machine:
    libraries = {name: version(name) for name in ("torch", "numpy", "numba")}
    return Machine(
        processor(), cores(), platform.python_version(), **libraries, instruction_set=target().name
    )


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or platform.machine() or os.name)


CARDS = Path("/proc/driver/nvidia/gpus")


def with_card(machine: Machine, device: str) -> Machine:
    """The machine, with the card's name beside the processor's for what runs on a CUDA device."""
    if device.partition(":")[0] != "cuda":
        return machine
    names = " and ".join(sorted(set(_cards()))) or "a CUDA device of unknown name"
    return replace(machine, processor=f"{machine.processor} with {names}")


def _cards() -> Iterator[str]:
    # The driver tells it without torch, which takes seconds to import.
    for file in CARDS.glob("*/information"):
        with contextlib.suppress(OSError):
            for line in file.read_text(encoding="utf-8").splitlines():
                if line.startswith("Model:"):
                    yield line.partition(":")[2].strip()
