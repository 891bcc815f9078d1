"""What Numba imports for a picture, and what only for whoever uses it."""

from __future__ import annotations

import subprocess
import sys

import pytest


def test_linear_algebra_is_looked_for_where_it_is_used() -> None:
    pytest.importorskip("scipy")
    code = (
        "import sys\n"
        "import numpy as np\n"
        "from mandel_core import Viewport, render\n"
        "render(Viewport.from_bounds(-2, 1, -1, 1, 8, 6), 'fast', 20)\n"
        "assert 'scipy.linalg' not in sys.modules\n"
        "import numba\n"
        "twice = 2 * np.eye(2)\n"
        "print((numba.njit(lambda a: a @ a)(twice) == 4 * np.eye(2)).all())\n"
        "assert 'scipy.linalg' in sys.modules"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["True"]
