"""`python -m dashboard.places`: draw the small pictures of the gallery's places.

Only those that are missing, or with names all of those named.
"""

from __future__ import annotations

import argparse

from PIL import Image

from dashboard.places.gallery import PLACES, THUMBNAILS, Place
from mandel_core import FORMULAS, Settings, Viewport
from mandel_core.model.control import NO_CONTROL
from mandel_core.worker.tasks import Draw

COLUMNS, ROWS = 240, 160
FINER = 3  # drawn so many times as large, and then made smaller, which smooths the edges
QUALITY = 78


def draw(place: Place) -> Image.Image:
    """A place's small picture, COLUMNS x ROWS."""
    state = place.state()
    view = Viewport.from_screen(state.x, state.y, state.width, FINER * COLUMNS, FINER * ROWS)
    constant = FORMULAS[state.formula].constant is not None
    settings = Settings(
        "fast",
        maxiter=state.maxiter,
        dtype=view.precision,
        formula=state.formula,
        formula_c=state.c if constant else None,
    )
    picture = Draw(view, settings, state.colouring, automatic=True).run(NO_CONTROL)
    large = Image.fromarray(picture.image.rgba()[::-1]).convert("RGB")
    return large.resize((COLUMNS, ROWS), Image.Resampling.LANCZOS)


def main() -> None:
    """Draw what is missing or named, and take away what no place has."""
    parser = argparse.ArgumentParser(prog="python -m dashboard.places", description=__doc__)
    parser.add_argument("names", nargs="*", help="the places to draw anew")
    names = parser.parse_args().names
    THUMBNAILS.mkdir(exist_ok=True)
    for place in PLACES:
        if place.name in names or not place.thumbnail.exists():
            draw(place).save(place.thumbnail, "WEBP", quality=QUALITY, method=6)
            print(place.thumbnail.name, place.thumbnail.stat().st_size)
    for path in THUMBNAILS.iterdir():
        if path.stem not in {place.name for place in PLACES}:
            path.unlink()


if __name__ == "__main__":
    main()
