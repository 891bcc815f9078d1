"""The points of all orbits that escape, written out one after the other.

Importing this module imports Numba. Its kernels call only each other and what is in
`numba_formula`, since Numba would not notice a change in another file.
"""

from __future__ import annotations

from typing import Any

from mandel_core.compilers.numba_formula import begin, following
from mandel_core.compilers.numba_jit import jit


@jit
def escaping_orbits(
    f: Any,
    samples: Any,
    kx: float,
    ky: float,
    radius2: float,
    maxiter: int,
    known: Any,
    first: int,
    out: Any,
) -> tuple[int, int, int]:
    """Write z after 2, 3, ... steps, for each sample that reaches the radius, up to that point.

    The first step is left out: of most formulas it is the sample itself.

    samples : (n, 2) float64, the two parts of pixels.
    known : (n,) uint8; samples where it is not 0 are known never to escape.
    first : the sample to begin with.
    out : (m, 2) float64, with room for at least `maxiter` points.

    The number of the sample to go on with, where `out` became full; how many points were written;
    and of how many orbits.
    """
    written = orbits = 0
    for i in range(first, samples.shape[0]):
        if known[i]:
            continue
        if written + maxiter > out.shape[0]:
            return i, written, orbits
        a, b, cx, cy = begin(f, samples[i, 0], samples[i, 1], kx, ky)
        p = q = 0.0
        a, b, p, q = following(f, a, b, p, q, cx, cy)
        end = written
        for _ in range(maxiter - 1):
            if not a * a + b * b < radius2:
                # Only here does what was written stay; the next sample's is written over the rest.
                orbits += 1
                written = end
                break
            a, b, p, q = following(f, a, b, p, q, cx, cy)
            out[end, 0], out[end, 1] = a, b
            end += 1
    return samples.shape[0], written, orbits
