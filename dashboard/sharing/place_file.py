"""A place as a file: a picture with its link inside, or a page that shows it without a server."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import jinja2
from markupsafe import Markup

from dashboard.sharing import naming, pyramid
from dashboard.sharing.chart_svg import chart
from dashboard.sharing.pyramid import Do, Level, Pyramid
from dashboard.state import State
from dashboard.subject import Subject
from dashboard.view.link import encode
from dashboard.view.saving import png
from mandel_core import FORMULAS, STAGES, Viewport, __version__
from mandel_core.colour.encoding import Encoded
from mandel_core.colour.interior import INSIDES
from mandel_core.colour.looks import LOOKS
from mandel_core.model.decimals import plain
from mandel_core.words import count
from mandel_core.worker.tasks import Draw, Refine

ADDRESS = "http://localhost:5006/dashboard"  # where `panel serve dashboard` shows it
SIZE = 1200, 800
KINDS = (".html", ".png")
_FOLDER = Path(__file__).parent
_LOCAL = {"localhost", "127.0.0.1", "::1"}


def content(
    kind: str,
    subject: Subject,
    do: Do,
    address: str = ADDRESS,
    most_pixels: int = pyramid.MOST_PIXELS,
    most_seconds: float = pyramid.MOST_SECONDS,
) -> bytes:
    """What is to be in a file with this ending, one of KINDS.

    subject : what is seen; its view says how large the picture is at 1:1.
    address : of a page that shows it live; the link is put after it.
    most_pixels, most_seconds : as in `pyramid.draw`, for a page.

    Raises ValueError, in a sentence, for another ending or a picture out of its limits,
    StageFailure if the picture cannot be made.
    """
    if kind == ".png":
        return _png(subject, do, address)
    if kind != ".html":
        raise ValueError(f"a place is saved as {' or '.join(KINDS)}, not as {kind or 'nothing'!r}")
    size = subject.view.nx, subject.view.ny
    drawn = pyramid.draw(subject.state, size, do, most_pixels, most_seconds)
    return _page(subject, drawn, address).encode()


def _png(subject: Subject, do: Do, address: str) -> bytes:
    """The picture by the stage and on the device of the subject, its edges smoothed if wanted."""
    state, view = subject.state, subject.view
    picture = do(Draw(view, subject.settings(), state.colouring, state.automatic))
    if state.antialias and not picture.all_interior:
        image = do(Refine(view, picture.settings, state.colouring))
        picture = replace(picture, image=image)
    return png(picture, state, address + encode(state))


def _page(subject: Subject, drawn: Pyramid, address: str) -> str:
    state = subject.state
    finest = drawn.levels[-1].view
    drawing, words = chart(subject)
    shown = address + encode(state)
    return _template().render(
        version=__version__,
        title=naming.title(state),
        name=naming.name_of(state),
        description=naming.description(state),
        resolutions=count(len(drawn.levels), "resolution"),
        finest=finest,
        address=shown,
        local=urlsplit(address).hostname in _LOCAL,
        link=shown,
        settings=_settings(state, drawn),
        chart=Markup(drawing),
        chart_words=words,
        levels=Markup(_levels(drawn)),
    )


def _settings(state: State, drawn: Pyramid) -> list[tuple[str, str]]:
    settings, view = drawn.picture.settings, drawn.picture.view
    formula, stage = FORMULAS[state.formula], STAGES[state.stage]
    on_screen = stage.title
    if "chunksize" in stage.varies:
        on_screen += f", chunk size {state.chunksize}"
    found = [("Formula", f"{formula.title}, {formula.expression}")]
    if formula.constant is not None:
        found.append(("c", _complex(state.c.real, state.c.imag)))
    colours = f"{LOOKS[state.look].title}, palette {state.palette}"
    colours += f"; inside {INSIDES[state.inside].title.lower()}"
    automatic = ", chosen for the view" if state.automatic else ""
    found += [
        ("Centre", _complex(state.x, state.y)),
        ("Width", f"{plain(state.width)}, on {view.nx} × {view.ny} pixels"),
        ("Iterations", f"{settings.maxiter:,}{automatic}"),
        ("Precision", settings.dtype),
        ("Colours", colours),
        ("Stage", on_screen),
    ]
    if stage.name != settings.stage:
        own = STAGES[settings.stage].title
        found.append(("This file", f"Drawn by {own}, which differs from {stage.title} by rounding"))
    if drawn.picture.notice:
        found.append(("Note", drawn.picture.notice))
    found.append(("Made", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, mandel-explorer {__version__}"))
    return found


def _complex(x: Decimal | float, y: Decimal | float) -> str:
    return f"{x} {'-' if y < 0 else '+'} {abs(y)}i"


def _levels(drawn: Pyramid) -> str:
    """What `place.js` reads; nothing in it can end the element that it stands in."""
    base = drawn.picture.view
    levels = [_level(level, base) for level in drawn.levels]
    return json.dumps({"shape": base.ny / base.nx, "levels": levels})


def _level(level: Level, base: Viewport) -> dict[str, object]:
    return {
        "width": round(float(level.view.width / base.width)),
        "columns": level.view.nx,
        "rows": level.view.ny,
        "tile": pyramid.TILE,
        "tiles": [[_data_url(tile) for tile in row] for row in level.tiles],
    }


def _data_url(tile: Encoded) -> str:
    return f"data:image/{tile.coding};base64,{base64.b64encode(tile.data).decode()}"


@cache
def _template() -> jinja2.Template:
    own = {name: (_FOLDER / f"place.{name}").read_text() for name in ("html", "css", "js")}
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    parts = {name: Markup(own[name]) for name in ("css", "js")}
    return environment.from_string(own["html"], globals=parts)
