"""JAX: real pairs, `fori_loop` over the iterations, `where` for the points that have left.

All of the loop is one XLA program. JAX takes as many threads as it sees cores, so it is the
process that is confined to fewer.
"""

from __future__ import annotations

from importlib.metadata import version as installed
from importlib.util import find_spec

import numpy as np

from mandel_core.bench.peers.peer import Answer, Missing, Peer, Prepared
from mandel_core.bench.scenes import Scene


def version() -> str:
    if find_spec("jax") is None:
        raise Missing("not installed: pip install 'mandel-explorer[bench]'")
    return installed("jax")


def prepare(scene: Scene, threads: int) -> Prepared:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    x, y = scene.view.axes(scene.dtype)
    horizon2 = x.dtype.type(scene.horizon) ** 2

    def compute(x: jax.Array, y: jax.Array) -> jax.Array:
        x, y = jnp.broadcast_arrays(x[None, :], y[:, None])

        def step(n: int, state: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
            re, im, count = state
            re2, im2 = re * re, im * im
            inside = re2 + im2 < horizon2
            return (
                jnp.where(inside, re2 - im2 + x, re),
                jnp.where(inside, (re + re) * im + y, im),
                count + inside,
            )

        zero = jnp.zeros_like(x)
        start = (zero, zero, jnp.zeros(x.shape, jnp.int32))
        count: jax.Array = jax.lax.fori_loop(0, scene.maxiter, step, start)[2]
        return count

    program = jax.jit(compute).lower(x, y).compile()

    def run() -> Answer:
        counts = np.asarray(program(x, y))  # waits for the result
        return Answer(counts, counts.size * scene.maxiter)

    return Prepared(run, scene.view, scene.horizon)


PEER = Peer("jax", "JAX, fori_loop and where", version, prepare)
