"""Smooth edges: colours averaged in linear light, the same every time, and given up when told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mandel_core import Cancelled, Settings, Viewport, render
from mandel_core.colour.colouring import Colouring
from mandel_core.colour.encoding import MOST_BYTES_FINE, encode_finely
from mandel_core.colour.light import to_linear, to_srgb
from mandel_core.colour.looks import LOOKS
from mandel_core.colour.measures import Measures
from mandel_core.colour.painting import paint, paint_finely
from mandel_core.model.control import Control
from mandel_core.rendering.antialiasing import SAMPLES, antialiased
from mandel_core.rendering.drawing import known_frames
from mandel_core.worker.tasks import Refine

HOME = Viewport.from_screen("-0.75", "0.01", "3.5", 150, 120)
FAST = Settings("fast")


def test_every_channel_survives_linear_light() -> None:
    channels = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(to_srgb(to_linear(channels)), channels)
    # IEC 61966-2-1: half of full light is written as 188.
    assert to_srgb(np.array([0, 0.5, 1], np.float32)).tolist() == [0, 188, 255]


@pytest.mark.parametrize("look", LOOKS)
def test_where_nothing_changes_the_picture_is_the_plain_one(look: str) -> None:
    colouring = Colouring(look, interior="#204060")
    plain = paint(Measures(render(HOME, "fast")), colouring)[0].rgba.astype(int)
    smooth = antialiased(HOME, FAST, colouring).astype(int)
    inside = (plain == (0x20, 0x40, 0x60, 255)).all(axis=-1)
    deep = inside.copy()
    for axis in (0, 1):
        deep &= np.roll(inside, 1, axis) & np.roll(inside, -1, axis)
    assert deep.sum() > 500
    # Not quite everywhere: the valley between two components is narrower than a pixel.
    assert (smooth[deep] == plain[deep]).mean() > 0.995
    if look == "smooth":  # far out one pixel is hardly another colour than the next
        edge = np.abs(smooth - plain)[:8]
        assert edge.max() <= 4


def test_a_pixel_is_the_mean_of_its_samples() -> None:
    colouring = Colouring(density=2, reversed=True)
    found = antialiased(HOME, FAST, colouring)
    step = float(HOME.width) / HOME.nx
    light = []
    for across, up in SAMPLES:
        x, y = float(HOME.x) + across * step, float(HOME.y) + up * step
        moved = replace(HOME, x=x, y=y)  # type: ignore[arg-type]
        light.append(paint_finely(Measures(render(moved, "fast")), colouring))
    expected = to_srgb(np.mean(light, axis=0))
    differ = np.abs(found[..., :3].astype(int) - expected).max(axis=-1)
    # The middles differ by rounding, which single points on the boundary can feel.
    assert (differ > 1).mean() < 0.005


def test_it_is_the_same_every_time_and_other_colours_compute_nothing() -> None:
    first = antialiased(HOME, FAST, Colouring())
    known = len(known_frames)
    again = antialiased(HOME, FAST, Colouring())
    np.testing.assert_array_equal(again, first)
    assert (antialiased(HOME, FAST, Colouring(palette="ember")) != first).any()
    assert len(known_frames) == known


def test_it_stops_when_told() -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    slow = Settings("fast", 5000)
    with pytest.raises(Cancelled):
        Refine(replace(HOME, nx=400, ny=300), slow).run(Control(stop))
    assert asked <= 8  # by each of the threads


def test_fine_pictures_lose_nothing_or_little() -> None:
    picture = antialiased(HOME, FAST, Colouring())
    coded = Refine(HOME, FAST).run(Control())
    assert np.abs(coded.rgba().astype(int) - picture).mean() < 4  # of 255, amid the finest detail
    flat = np.full((120, 150, 4), 255, np.uint8)
    flat[20:60, 30:50, :3] = (12, 200, 99)
    np.testing.assert_array_equal(encode_finely(flat).rgba(), flat)
    noise = np.full((400, 500, 4), 255, np.uint8)
    noise[..., :3] = np.random.default_rng(3).integers(96, 160, (400, 500, 3), np.uint8)
    coded = encode_finely(noise)
    assert coded.coding == "jpeg"
    assert np.abs(coded.rgba().astype(int) - noise).mean() < 10  # of 64: the worst there is
    assert len(coded.data) < 2 * MOST_BYTES_FINE * 400 * 500
