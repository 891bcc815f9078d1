"""Formulas on the page: by link, from the menu, and the way home."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.state import home
from tests.browsing import browsing

pytestmark = pytest.mark.browser


def test_the_link_and_the_menu_lead_to_a_formula(address: str, tmp_path: Path) -> None:
    with browsing(viewport={"width": 1000, "height": 700}) as visitor:
        page = visitor.page
        page.goto(f"{address}?formula=phoenix")
        visitor.settled(formula="phoenix", c="0.56667,-0.5", width=str(home("phoenix").width))
        page.get_by_label("Real part of c").first.wait_for()
        visitor.in_place()
        visitor.figure().locator(".bk-Canvas").first.evaluate(
            """canvas => { window.veiled = [];
                new MutationObserver(() => veiled.push(canvas.classList.contains("veiled")))
                    .observe(canvas, {attributes: true, attributeFilter: ["class"]}); }"""
        )
        page.get_by_label("Formula").select_option("Burning Ship")
        ship = home("burning_ship")
        visitor.settled(formula="burning_ship", x=str(ship.x), y=str(ship.y), width=str(ship.width))
        page.get_by_label("Real part of c").first.wait_for(state="hidden")
        visitor.in_place()
        page.wait_for_function("() => veiled[0] === true && veiled.at(-1) === false")
        page.screenshot(path=str(tmp_path / "ship.png"))
        page.goto(f"{address}?formula=nova&c=1")
        visitor.settled(formula="mandelbrot")
        page.get_by_text("The link's formula “nova” was replaced by mandelbrot").first.wait_for()
