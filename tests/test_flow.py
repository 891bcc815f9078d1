"""What a session does with its browser's requests and the worker's pictures, without either."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from dashboard import Explorer
from dashboard.compute import workers
from dashboard.state import HOME
from dashboard.view.link import decode
from dashboard.view.request import Request
from mandel_core.colour.encoding import encode_indices
from mandel_core.worker.tasks import Draw, Picture

IMAGE = encode_indices(np.zeros((1, 1), np.uint8), np.zeros((256, 4), np.uint8))


class Desk:
    """An explorer whose pictures are drawn by the test."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.sent: list[tuple[Draw, Future[Any]]] = []

        def submit(
            task: Draw, session: str, on_phase: object = None, expected: float = 0.0
        ) -> Future[Any]:
            future: Future[Any] = Future()
            if not session.endswith("/whole"):  # what lies beneath a leap is no answer
                self.sent.append((task, future))
            return future

        patch.setattr(workers, "draw", submit)
        self.explorer = Explorer()
        self.links: list[str] = []
        self.explorer.keep_address()
        tell = self.explorer._flow.view._send

        def send(message: Any, link: str) -> None:
            self.links.append(link)
            tell(message, link)

        patch.setattr(self.explorer._flow.view, "_send", send)

    def ask(
        self,
        x: str = "-0.75",
        width: str = "3.5",
        rest: bool = True,
        nx: int = 90,
        steps: int | None = None,
    ) -> None:
        view = Decimal(x), Decimal(0), Decimal(width)
        number = self.explorer._flow._number + 1
        request = Request(number, *view, nx, 80, rest=rest, surround=False, steps=steps)
        self.explorer._flow._on_request(request)

    def finish(self, limit: int | None = None, seconds: float = 1e-3, inside: bool = False) -> None:
        task, future = self.sent[-1]
        settings = replace(task.settings, maxiter=limit or task.settings.maxiter)
        future.set_result(Picture(task.view, settings, IMAGE, seconds, 0.0, inside))


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    desk = Desk(monkeypatch)
    yield desk
    desk.explorer.close()


def test_params_and_address_follow_a_view_at_rest(desk: Desk) -> None:
    desk.ask("-1.25", "0.5")
    desk.finish()
    assert (desk.explorer.x, desk.explorer.width) == (Decimal("-1.25"), Decimal("0.5"))
    assert decode(desk.links[-1] or "") == (desk.explorer.state, ())


def test_params_wait_while_the_view_moves(desk: Desk) -> None:
    desk.ask()
    desk.finish()
    desk.ask("-1.25", "0.5", rest=False)
    desk.finish()
    assert desk.explorer.width == HOME.width
    assert desk.links[-1] is None


def test_a_view_that_was_left_by_back_is_not_gone_to_again(desk: Desk) -> None:
    """The browser asks for it at rest before it hears from the server where Back leads."""
    desk.ask("-1.25", "0.5", steps=0)
    desk.finish()
    view = desk.explorer._flow.view
    desk.explorer._guide._walk({"link": "?x=-0.5&width=0.1&iterations=300", "steps": 1})
    desk.finish()
    asked = len(desk.sent)
    desk.ask("-1.25", "0.5", steps=0)
    assert (view.steps, len(desk.sent)) == (1, asked)
    assert (desk.explorer.x, desk.explorer.width) == (Decimal("-0.5"), Decimal("0.1"))
    desk.ask("-1.25", "0.5", steps=1)
    assert desk.explorer.x == Decimal("-1.25"), "by hand"


def test_the_limit_that_was_found_is_kept_and_told(desk: Desk) -> None:
    desk.ask("-1.25", "0.5", rest=False)
    desk.finish(limit=600)
    desk.ask("-1.25", "0.4")
    assert desk.sent[-1][0].settings.maxiter == 600, "the search goes on from where it was"
    desk.finish(limit=800)
    assert (desk.explorer.maxiter, desk.explorer.automatic) == (800, True)
    assert "iterations=800&auto=yes" in (desk.links[-1] or "")


def test_whoever_comes_back_finds_the_limit_of_before(desk: Desk) -> None:
    desk.ask()
    desk.finish(limit=200)
    home = desk.links[-1]
    desk.ask("-1.25", "0.5")
    desk.finish(limit=300)
    desk.ask()
    assert desk.sent[-1][0].settings.maxiter == 200, "though 300 would do"
    desk.finish()
    assert desk.links[-1] == home
    desk.ask("-1.25", "0.5", nx=100)
    assert desk.sent[-1][0].settings.maxiter == 200, "in another window it is another view"


def test_iterations_that_were_typed_stay(desk: Desk) -> None:
    desk.ask()
    desk.finish()
    desk.explorer.maxiter = 300
    task = desk.sent[-1][0]
    assert (task.settings.maxiter, task.automatic) == (300, False)


def test_what_was_drawn_in_full_while_moving_is_not_drawn_again(desk: Desk) -> None:
    desk.ask("-1.25", "0.5", rest=False)
    desk.finish()
    drawn = len(desk.sent)
    desk.ask("-1.25", "0.5", rest=True)
    assert len(desk.sent) == drawn
    assert desk.explorer.width == Decimal("0.5")
    assert "width=0.5" in (desk.links[-1] or "")


def test_a_view_that_was_left_half_drawn_and_found_again_is_drawn(desk: Desk) -> None:
    """A coarse picture of another view is on screen then, though the last full one was of this."""
    desk.explorer.param.update(stage="numpy", maxiter=50)
    desk.ask()
    while not desk.sent[-1][1].done():
        desk.finish(seconds=60.0)
    desk.ask("-1.25", "0.5")
    desk.finish(seconds=60.0)
    drawn = len(desk.sent)
    desk.ask()
    desk.explorer._flow.asking._hurry(desk.explorer._flow.asking._running)  # type: ignore[arg-type]
    assert len(desk.sent) > drawn
    assert desk.sent[-1][0].view.x == HOME.x


def test_the_way_back_leads_to_the_last_view_with_an_outside(desk: Desk) -> None:
    desk.ask("-1.25", "0.5")
    desk.finish()
    desk.ask("-0.1", "0.01")
    desk.finish(inside=True)
    desk.explorer.go_back()
    assert (desk.explorer.x, desk.explorer.width) == (Decimal("-1.25"), Decimal("0.5"))


def test_the_picture_of_another_formula_is_outdated_until_one_of_the_new_is_there(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[str, bool]] = []
    tell = desk.explorer._flow.view.calls.send

    def send(kind: str, **values: Any) -> None:
        if kind == "stale":
            said.append((values["text"], values["other"]))
        tell(kind, **values)

    monkeypatch.setattr(desk.explorer._flow.view.calls, "send", send)
    later: list[Any] = []
    outdated = desk.explorer._flow._outdated
    monkeypatch.setattr(outdated, "_later", lambda seconds, *call: later.append(call))
    desk.ask()
    desk.finish()
    desk.explorer.formula = "tricorn"
    desk.explorer.formula = "burning_ship"
    assert said == [("", True)]
    for call, *values in later:
        call(*values)
    assert said[1:] == [("Burning Ship is on its way.", True)]
    desk.ask("-0.4", rest=False, nx=30)
    desk.finish()
    assert said[2:] == [], "that was the Tricorn's, which had been under way"
    desk.finish()
    assert said[2:] == [("", False)], "a coarse picture is one of it"
    desk.explorer.param.update(formula="julia")
    desk.explorer.cancel()
    assert said[3:] == [("", True)], "without a picture it is still of something else"
    desk.explorer.c = 0.25 + 0j
    desk.finish()
    assert said[4:] == [("", False)]
