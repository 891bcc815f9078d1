"""Compile `fast` ahead of time, as at installation, so that the first picture need not wait.

    python -m mandel_core.rendering.ahead_of_time [FORMULA ...]

Without names it is the Mandelbrot set's kernels. They are kept where Numba keeps them, beside the
package if that can be written and else in the user's cache folder, for the processor, and for the
user, that this runs on and as.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import get_args

from mandel_core.formulas import FORMULAS, MANDELBROT
from mandel_core.model.failures import StageFailure
from mandel_core.model.viewport import Precision, Viewport
from mandel_core.rendering.engine import render


def main(names: Sequence[str] | None = None) -> int:
    """Compile and tell; the exit status is 2 for a name that is none, 1 where compiling failed."""
    names = sys.argv[1:] if names is None else names
    view = Viewport.from_bounds(-2, 2, -2, 2, 8, 8)
    try:
        formulas = [FORMULAS.find(name) for name in names or [MANDELBROT.name]]
    except ValueError as error:
        print(f"mandel_core.rendering.ahead_of_time: {error}", file=sys.stderr)
        return 2
    for formula in formulas:
        for dtype in get_args(Precision):
            try:
                frame = render(view, "fast", 1, dtype=dtype, formula=formula.name)
            except StageFailure as failure:
                print(f"{formula.name}, {dtype}: {failure.reason}", file=sys.stderr)
                return 1
            print(f"{formula.name}, {dtype}: {frame.compile_seconds:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
