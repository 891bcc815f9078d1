"""Pictures as few bytes: palette indices behind zlib, or WebP where these would be too many."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

RGBA = NDArray[np.uint8]
Indices = NDArray[np.uint8]
Coding = Literal["indices", "webp", "jpeg"]

# What zlib makes of a view full of noise is not worth its bytes: there WebP's loss cannot be seen.
MOST_BYTES_PER_PIXEL = 0.36
# Pictures as small as this are never too large.
SMALL = 2**14
# Higher levels take several times as long for a tenth fewer bytes.
_LEVEL = 1
# How far beyond the limit a sample must be for the rest not to be tried.
_CLEARLY = 1.3
# A picture that stays may be larger: it comes once, when nothing else is on its way.
MOST_BYTES_LOSSLESS, MOST_BYTES_FINE = 0.5, 0.8
_FINE_QUALITIES = (95, 90, 80)
_QUALITIES = (90, 80, 70, 60, 45, 30, 15, 5)
# A sample is bands of so many rows, so many rows apart.
_BAND, _APART = 16, 192


@dataclass(frozen=True, eq=False)
class Encoded:
    """A picture of nx x ny pixels as it travels.

    coding, data : "indices" is a zlib stream of ny * nx uint8, which index the palette; "webp" and
        "jpeg" are image files. In all the first row is the picture's bottom row.
    palette : (256, 4) uint8, RGBA; index 0 is the interior. With an image it is the one that the
        picture was coloured with, or all zeros where it was coloured otherwise.
    """

    coding: Coding
    data: bytes
    palette: RGBA
    nx: int
    ny: int

    def rgba(self) -> RGBA:
        """The picture's colours, (ny, nx, 4) uint8, first row at the bottom."""
        if self.coding == "indices":
            indices = np.frombuffer(zlib.decompress(self.data), np.uint8)
            return self.palette[indices.reshape(self.ny, self.nx)]
        from PIL import Image

        with Image.open(io.BytesIO(self.data)) as image:
            return np.array(image.convert("RGBA"))


def encode_indices(indices: Indices, palette: RGBA) -> Encoded:
    """Code a picture given as palette indices, without loss unless it would be too large.

    indices : (ny, nx) uint8, first row at the bottom. palette : (256, 4) uint8.
    """
    indices = np.ascontiguousarray(indices)
    ny, nx = indices.shape
    # A sixteenth of the picture, in bands, whose repetitions zlib finds almost as well.
    sample = [zlib.compress(indices[row : row + 8].data, _LEVEL) for row in range(0, ny, 128)]
    share = min(8 * len(sample), ny) / ny
    if sum(map(len, sample)) <= _CLEARLY * share * _most_bytes(nx, ny):
        data = zlib.compress(indices.data, _LEVEL)
        if len(data) <= _most_bytes(nx, ny):
            return Encoded("indices", data, palette, nx, ny)
    colours = palette.view(np.uint32)[:, 0].take(indices)
    return _webp(colours.view(np.uint8).reshape(ny, nx, 4), palette)


def encode_rgba(rgba: RGBA) -> Encoded:
    """Code a picture of any colours, (ny, nx, 4) uint8, first row at the bottom; it loses a little.

    Raises ValueError if a side is longer than WebP's 16383 pixels.
    """
    return _webp(rgba, np.zeros((256, 4), np.uint8))


def encode_finely(rgba: RGBA) -> Encoded:
    """Code a picture of any colours, (ny, nx, 4) uint8, first row at the bottom, to be looked at.

    Without loss where that is not much larger than usual, else as a JPEG whose colours are as sharp
    as its brightness, which those of a WebP are not.

    Raises ValueError if a side is longer than WebP's 16383 pixels.
    """
    image = _image(rgba)
    ny, nx = rgba.shape[:2]
    none = np.zeros((256, 4), np.uint8)
    file = io.BytesIO()
    image.save(file, "WEBP", lossless=True, quality=0, method=0)
    if file.tell() <= max(MOST_BYTES_LOSSLESS * nx * ny, SMALL):
        return Encoded("webp", file.getvalue(), none, nx, ny)
    for quality in _FINE_QUALITIES:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality, subsampling=0)
        if file.tell() <= MOST_BYTES_FINE * nx * ny:
            break
    return Encoded("jpeg", file.getvalue(), none, nx, ny)


def _webp(rgba: RGBA, palette: RGBA) -> Encoded:
    image = _image(rgba)
    ny, nx = rgba.shape[:2]
    most = _most_bytes(nx, ny)
    for quality in _QUALITIES[_first_quality(rgba, most) :]:
        data = _webp_file(image, quality)
        if len(data) <= most:
            break
    return Encoded("webp", data, palette, nx, ny)


def _first_quality(rgba: RGBA, most: float) -> int:
    """The index of the best quality that a sample says will do: each try takes as long as it is."""
    ny = rgba.shape[0]
    # Whole macroblocks of WebP's, 16 rows each.
    bands = [rgba[row : row + _BAND] for row in range(0, ny - _BAND + 1, _APART)]
    if len(bands) < 2:
        return 0
    sample = _image(np.concatenate(bands))
    share = _BAND * len(bands) / ny
    for index, quality in enumerate(_QUALITIES):
        if len(_webp_file(sample, quality)) <= share * most:
            return index
    return len(_QUALITIES) - 1


def _webp_file(image: Any, quality: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "WEBP", quality=quality, method=0)
    return file.getvalue()


def _image(rgba: RGBA) -> Any:
    from PIL import Image

    ny, nx = rgba.shape[:2]
    if max(nx, ny) > 16383:
        raise ValueError(f"a WebP picture has at most 16383 pixels a side, not {nx} x {ny}")
    return Image.fromarray(rgba).convert("RGB")


def _most_bytes(nx: int, ny: int) -> float:
    return max(MOST_BYTES_PER_PIXEL * nx * ny, SMALL)
