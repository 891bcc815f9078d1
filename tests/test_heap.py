"""What a process gives back of its memory that nothing uses."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HOLES = """
import numpy, psutil
from mandel_core.runtime import heap
held = [numpy.ones(2**17) for _ in range(100)]  # 1 MiB each, in one stretch
del held[::2]
process = psutil.Process()
before = process.memory_info().rss
heap.give_back()
print((before - process.memory_info().rss) >> 20)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc is asked to")
def test_holes_between_what_is_in_use_are_given_back() -> None:
    from mandel_core.worker.child import KEEP_MEMORY

    given = subprocess.run(
        [sys.executable, "-c", HOLES],
        env=os.environ | KEEP_MEMORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(given.stdout) >= 40
