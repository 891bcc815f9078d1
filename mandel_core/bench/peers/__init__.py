"""What a user might take instead of the stages: one short file a peer."""

from __future__ import annotations

from mandel_core.bench.peers import (
    cpp_reference,
    jax_loop,
    mandelbrot_explorer,
    mojo_lanes,
    numba_cuda,
)
from mandel_core.bench.peers.peer import Answer, Missing, Peer, Prepared

PEERS: dict[str, Peer] = {
    peer.name: peer
    for peer in (
        jax_loop.PEER,
        mandelbrot_explorer.PEER,
        mojo_lanes.PEER,
        numba_cuda.PEER,
        cpp_reference.PEER,
    )
}

__all__ = ["PEERS", "Answer", "Missing", "Peer", "Prepared"]
