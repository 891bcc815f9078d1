"""The scenes: what is computed, how large, how deep and in which number type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from mandel_core.model.settings import Settings
from mandel_core.model.viewport import Precision, Viewport

HORIZON = 2.0**40
CHUNKSIZE = 10


@dataclass(frozen=True)
class Scene:
    """A viewport, and the settings all contenders share on it."""

    name: str
    title: str
    view: Viewport
    maxiter: int
    dtype: Precision = "float32"
    horizon: float = HORIZON
    chunksize: int = CHUNKSIZE

    @property
    def work(self) -> int:
        """Iterations of a program that gives every point all of them."""
        return self.view.nx * self.view.ny * self.maxiter

    def settings(self, stage: str, threads: int) -> Settings:
        """What a stage is asked to do."""
        return Settings(
            stage, self.maxiter, self.horizon, self.chunksize, "cpu", threads, self.dtype
        )


def _tutorial(nx: int, ny: int) -> Viewport:
    return Viewport.from_bounds(-2.25, 0.75, -1.25, 1.25, nx, ny)


def _screen(x: str, y: str, width: str) -> Callable[[int, int], Viewport]:
    return lambda nx, ny: Viewport.from_screen(x, y, width, nx, ny)


# The minibrot's width is exactly 4 * 2.56 / 2**28.
_PLACES: dict[str, tuple[str, Callable[[int, int], Viewport], int, int, int, Precision]] = {
    "tutorial": ("The tutorial's scene", _tutorial, 1000, 833, 200, "float32"),
    "tutorial-2000": ("The same, deeper", _tutorial, 1000, 833, 2000, "float32"),
    "home": ("Home", _screen("-0.75", "0", "3.5"), 1920, 1080, 1000, "float32"),
    "seahorse": (
        "Seahorse valley",
        _screen("-0.743643887037151", "0.13182590420533", "4e-5"),
        *(960, 540, 5000, "float64"),
    ),
    "minibrot": (
        "Beside a minibrot",
        _screen("-0.6977273122174665", "-0.2589795459061861", "3.814697265625e-8"),
        *(960, 540, 5000, "float64"),
    ),
}
SCENE_NAMES = tuple(_PLACES)


def find(
    name: str,
    nx: int | None = None,
    ny: int | None = None,
    maxiter: int | None = None,
    chunksize: int = CHUNKSIZE,
) -> Scene:
    """The scene of that name, at another size where one is given.

    Raises ValueError, in one sentence, if there is none or a number makes no sense.
    """
    if name not in _PLACES:
        raise ValueError(f"there is no scene {name!r}; there are {', '.join(SCENE_NAMES)}")
    title, place, own_nx, own_ny, own_maxiter, dtype = _PLACES[name]
    view = place(own_nx if nx is None else nx, own_ny if ny is None else ny)
    scene = Scene(name, title, view, own_maxiter, dtype, chunksize=chunksize)
    if maxiter is not None:
        scene = replace(scene, maxiter=maxiter)
    scene.settings("numpy", 1)  # checks
    return scene
