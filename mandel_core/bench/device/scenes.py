"""The scenes on a device: those of the benchmark that a device is not too large for, and larger."""

from __future__ import annotations

from dataclasses import replace

from mandel_core.bench import scenes
from mandel_core.bench.scenes import Scene
from mandel_core.model.viewport import Viewport

FOUR_K = 3840, 2160


def all_scenes() -> list[Scene]:
    """In the tables' order; every name once."""
    home = scenes.find("home", *FOUR_K)
    minibrot = scenes.find("minibrot", *FOUR_K)
    return [
        scenes.find("tutorial"),
        replace(home, name="home-4k"),
        replace(home, name="home-4k-float64", dtype="float64"),
        Scene(
            "period-3-4k",
            "Minibrot of period 3",
            Viewport.from_screen("-1.7549", "0", "0.06", *FOUR_K),
            5000,
        ),
        # Its pixels lie closer together than float32 can tell; what counts is the arithmetic.
        replace(minibrot, name="minibrot-4k-float32", dtype="float32"),
        replace(minibrot, name="minibrot-4k"),
        replace(scenes.find("seahorse", *FOUR_K), name="seahorse-4k"),
    ]
