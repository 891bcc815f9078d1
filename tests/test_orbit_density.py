"""Where orbits go: counted against a plain loop, in pieces and at once."""

from __future__ import annotations

import io

import numpy as np
import pytest

from mandel_core import FORMULAS, Settings, Viewport
from mandel_core.model.control import Control
from mandel_core.model.failures import Cancelled
from mandel_core.orbits import density
from mandel_core.orbits.density import Density, add_orbits, counted, evenly_spread, picture, target

HOME = Viewport.from_screen("-0.75", 0, "3.5", 100, 75)


def nothing(nx: int = 60, ny: int = 45) -> Density:
    return Density(np.zeros((ny, nx), np.uint32))


def by_hand(
    view: Viewport, formula: str, first: int, size: int, maxiter: int
) -> tuple[list[tuple[float, float]], int]:
    points: list[tuple[float, float]] = []
    orbits = 0
    for x, y in evenly_spread(view, first, size):
        c = complex(x, y)
        z = 0j
        orbit = []
        for _ in range(maxiter):
            if formula == "burning_ship":
                z = complex(abs(z.real), abs(z.imag))
            z = z * z + c
            orbit.append((z.real, z.imag))
            if abs(z) >= density.RADIUS:
                points += orbit[1:]
                orbits += 1
                break
    return points, orbits


@pytest.mark.parametrize("formula", ["mandelbrot", "burning_ship"])
def test_the_counts_are_those_of_a_plain_loop(
    formula: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(density, "SAMPLES", 500)
    monkeypatch.setattr(density, "POINTS", 700)  # so that an orbit has to wait for the next round
    settings = Settings("fast", 60, dtype="float64", formula=formula)
    found = add_orbits(nothing(), HOME, settings, seconds=0)
    points, orbits = by_hand(HOME, formula, 0, 500, 60)
    # The last step is where the orbit is found outside; it may be one more than the limit.
    assert (found.samples, found.orbits) == (500, orbits)
    assert found.points == len(points)
    place = target(FORMULAS[formula], 60, 45)
    expected = counted(np.array(points), place)
    assert np.abs(found.counts.astype(int) - expected).sum() <= 2  # rounding at a pixel's edge
    assert found.counts.sum() > 100


def test_pieces_go_on_where_the_one_before_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings("fast", 60, dtype="float64")
    monkeypatch.setattr(density, "SAMPLES", 400)
    once = add_orbits(nothing(), HOME, settings, seconds=0)
    monkeypatch.setattr(density, "SAMPLES", 100)
    found = nothing()
    for _ in range(4):
        found = add_orbits(found, HOME, settings, seconds=0)
    assert (found.samples, found.orbits, found.points) == (once.samples, once.orbits, once.points)
    np.testing.assert_array_equal(found.counts, once.counts)


def test_samples_are_spread_evenly() -> None:
    points = evenly_spread(HOME, 0, 4096)
    left, right, bottom, top = HOME.extent
    across, up = points.T
    edges = np.array([[left, right], [bottom, top]])
    squares, _, _ = np.histogram2d(across, up, bins=8, range=edges)
    assert abs(squares - 64).max() <= 6
    np.testing.assert_array_equal(evenly_spread(HOME, 100, 50), points[100:150])


def test_it_can_be_cancelled() -> None:
    with pytest.raises(Cancelled):
        add_orbits(nothing(), HOME, Settings("fast", 60), 60, Control(should_stop=lambda: True))


def test_the_picture_has_what_is_counted() -> None:
    from PIL import Image

    counts = np.zeros((30, 40), np.uint32)
    counts[:10] = 5  # the lower third
    image = np.asarray(Image.open(io.BytesIO(picture(counts))).convert("L"))
    assert image.shape == (30, 40)
    assert image[22:].mean() > 150
    assert image[:18].mean() < 20
    assert picture(np.zeros((30, 40), np.uint32))
