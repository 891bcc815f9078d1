"""`mandelbrot-explorer` from PyPI: C with vector intrinsics, float64, interior points skipped.

It knows square pixels and the horizon 2 only. 4/zoom is the longer side, and its centre is the
sample of index size // 2, so an even side needs half a pixel more. What remains is said in the
row, and the counts are compared with the reference on the very points that were computed.
"""

from __future__ import annotations

from decimal import Decimal
from importlib.metadata import version as installed
from importlib.util import find_spec

from mandel_core.bench.instruction_sets import confined_to
from mandel_core.bench.peers.peer import Answer, Missing, Peer, Prepared
from mandel_core.bench.scenes import Scene
from mandel_core.model.viewport import Viewport


def version() -> str:
    if find_spec("mandelbrot_explorer") is None:
        raise Missing("not installed: pip install 'mandel-explorer[bench]'")
    return installed("mandelbrot-explorer")


def prepare(scene: Scene, threads: int) -> Prepared:
    import mandelbrot_explorer as explorer

    view = scene.view
    pixel = view.span_x / max(view.nx - 1, 1)
    isa = confined_to()
    kernel = isa.mandelbrot_explorer if isa else None
    context = explorer.Mandelbrot(view.nx, view.ny, scene.maxiter, threads, kernel=kernel)
    zoom = 4 / (float(pixel) * max(view.nx, view.ny))
    x, y = (
        float(centre if size % 2 else centre + pixel / 2)
        for centre, size in ((view.x, view.nx), (view.y, view.ny))
    )
    context.set_view(zoom, x, y)
    square = Viewport(view.x, view.y, view.span_x, pixel * (view.ny - 1), view.nx, view.ny)
    same = abs(square.span_y - view.span_y) < pixel * Decimal("1e-6")
    notes = ["horizon 2", *([] if same else ["square pixels"]), "float64", context.kernel_name]

    def run() -> Answer:
        return Answer(context.render(colors=False, iterations=True))

    return Prepared(run, square, 2.0, ", ".join(notes))


PEER = Peer("mandelbrot-explorer", "mandelbrot-explorer", version, prepare)
