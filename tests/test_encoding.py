"""Coded pictures: small, and the same when decoded but for what WebP loses."""

from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from PIL import Image

from mandel_core import Frame, Viewport, render
from mandel_core.colour.colouring import Colouring
from mandel_core.colour.encoding import MOST_BYTES_PER_PIXEL, Indices, encode_indices, encode_rgba
from mandel_core.colour.measures import Measures
from mandel_core.colour.painting import paint
from mandel_core.colour.palettes import palette_colours
from mandel_core.colour.shading import shade

PALETTE = palette_colours("inferno")
HOME = Viewport.from_screen("-0.75", "0", "3.5", 600, 500)
NOISY = Viewport.from_screen("-0.743643887037151", "0.13182590420533", "3e-5", 600, 500)


def equalised(frame: Frame) -> Indices:
    painting, _ = paint(Measures(frame), Colouring("equalised", "inferno"))
    assert painting.indices is not None
    return painting.indices


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean((one.astype(float) - other) ** 2)))


def test_indices_travel_without_loss() -> None:
    indices = equalised(render(HOME, "fast"))
    coded = encode_indices(indices, PALETTE)
    assert (coded.coding, coded.nx, coded.ny) == ("indices", 600, 500)
    assert zlib.decompress(coded.data) == indices.tobytes()
    np.testing.assert_array_equal(coded.rgba(), PALETTE[indices])
    assert len(coded.data) <= MOST_BYTES_PER_PIXEL * indices.size


def test_a_picture_full_of_noise_becomes_webp() -> None:
    indices = equalised(render(NOISY, "fast", 5000, dtype="float64"))
    coded = encode_indices(indices, PALETTE)
    assert coded.coding == "webp"
    assert len(coded.data) <= MOST_BYTES_PER_PIXEL * indices.size
    np.testing.assert_array_equal(coded.palette, PALETTE)
    assert coded.rgba().shape == (500, 600, 4)
    assert psnr(coded.rgba(), PALETTE[indices]) > 20


def test_random_colours_fit_as_well() -> None:
    rng = np.random.default_rng(0)
    coded = encode_rgba(rng.integers(0, 256, (400, 500, 4), np.uint8))
    assert len(coded.data) <= MOST_BYTES_PER_PIXEL * 400 * 500


def test_the_hill_shaded_picture_is_webp_and_looks_the_same() -> None:
    rgba = shade(render(HOME, "fast"), "hill-shaded", "hot")
    coded = encode_rgba(rgba)
    assert coded.coding == "webp"
    assert not coded.palette.any()
    assert psnr(coded.rgba(), rgba) > 30
    assert (coded.rgba()[..., 3] == 255).all()


def test_the_first_row_of_the_file_is_the_bottom_row() -> None:
    rgba = np.full((40, 30, 4), 255, np.uint8)
    rgba[:8, :, :3] = 0
    coded = encode_rgba(rgba)
    with Image.open(io.BytesIO(coded.data)) as image:
        file = np.asarray(image)
    assert file[0].max() < 60
    assert file[-1].min() > 200
    assert coded.rgba()[0, :, :3].max() < 60


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (9, 1)])
def test_the_smallest_pictures_are_kept_as_they_are(shape: tuple[int, int]) -> None:
    indices = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    for given in (indices, np.asfortranarray(indices)[::-1]):
        coded = encode_indices(given, PALETTE)
        np.testing.assert_array_equal(coded.rgba(), PALETTE[given])


def test_webp_says_what_it_cannot_hold() -> None:
    with pytest.raises(ValueError, match=r"^a WebP picture has at most 16383 pixels a side"):
        encode_rgba(np.zeros((1, 20_000, 4), np.uint8))
