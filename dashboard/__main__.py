"""The explorer at the command line: `python -m dashboard picture LINK -o place.png`.

`panel serve dashboard` serves it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from dashboard.sharing import place_file, pyramid
from dashboard.subject import Subject
from dashboard.view.link import decode
from mandel_core import StageFailure, Viewport, devices
from mandel_core.model.control import NO_CONTROL
from mandel_core.model.link import place_of
from mandel_core.runtime.threads import cores
from mandel_core.worker.tasks import TaskOfStage

T = TypeVar("T")
PROGRAM = "python -m dashboard"


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say; the exit status is that of --help."""
    arguments = _parser().parse_args(argv)
    try:
        _picture(arguments.link, arguments.output, arguments.size, arguments.address)
    except StageFailure as failure:
        print(f"{PROGRAM}: {failure.reason}", file=sys.stderr)
        return 1
    except ValueError as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(required=True, metavar="command")
    picture = commands.add_parser(
        "picture",
        help="what a link shows, as a picture or as a page that needs no server",
        description="What a link shows, as a picture (.png) or as a page that needs no server "
        "(.html). Values of the link that cannot be taken are named, and the nearest is shown.",
        epilog="Exit status: 0 if the file is written, also where values of the link were "
        "replaced; 1 if the picture cannot be made; 2 if the arguments make no sense or the file "
        "cannot be written. What was wrong is said on standard error.",
    )
    add = picture.add_argument
    add("link", help="an address of the page, or what follows its question mark")
    add("-o", "--output", type=Path, required=True, metavar="FILE", help="place.png or place.html")
    usual = "x".join(map(str, place_file.SIZE))
    add("--size", default=usual, metavar="COLUMNSxROWS", help=f"in pixels; {usual} if not given")
    add("--address", help="of a page that shows it live; else the link's own, or one on localhost")
    return parser


def _picture(link: str, output: Path, size: str, address: str | None) -> None:
    state, notices = decode(link)
    columns, rows = _size(size)
    if not output.parent.is_dir():  # known before anything is computed
        raise ValueError(f"{output} cannot be written: there is no folder {output.parent}.")
    width = place_of(link)[0].width_in(columns, rows)
    if state.device != "cpu" and state.device not in devices():
        notices += (f"This machine has no {state.device} device; the cpu is used instead.",)
        state = replace(state, device="cpu")
    for notice in notices:
        print(notice, file=sys.stderr)
    state = replace(state, width=width)
    own = link.partition("?")[0] if "://" in link else place_file.ADDRESS
    view = Viewport.from_screen(state.x, state.y, state.width, columns, rows)
    subject = Subject(view, state, cores())
    content = place_file.content(output.suffix, subject, _do, address or own)
    try:
        output.write_bytes(content)
    except OSError as error:
        raise ValueError(f"{output} cannot be written: {error.strerror}.") from None
    print(output)


def _size(text: str) -> tuple[int, int]:
    try:
        columns, rows = (int(side) for side in text.lower().replace("×", "x").split("x"))
    except ValueError:
        raise ValueError(f"a size is written as 1200x800, not as {text!r}") from None
    pyramid.check(columns, rows)
    return columns, rows


def _do(task: TaskOfStage[T], /) -> T:
    return task.run(NO_CONTROL)


if __name__ == "__main__":
    sys.exit(main())
