"""The explorer as a cell's last line in a real JupyterLab, without a network."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.browsing import browsing, chromium, serving

pytestmark = pytest.mark.browser

CELLS = (
    "from dashboard import Explorer\nexplorer = Explorer(maxiter=60)\nexplorer",
    "print('at', explorer.width < 3, explorer.state.maxiter)",
    "explorer.param.update(x='-1.25', width='0.5');",
    "print('now', explorer.x, explorer.width)",
    """import numpy as np
from mandel_core import STAGES, register_stage
def step(n, C, Z, N, horizon):
    I = np.abs(Z) < horizon
    N[I] = n
    Z[I] = Z[I] ** 2 + C[I]
    return Z, N
register_stage('mine', step, 'complex', title='My own step', compile=False)
explorer.stage = 'mine'
print('source:', STAGES['mine'].source.splitlines()[0])""",
)


def notebook() -> dict[str, object]:
    cells: list[dict[str, object]] = [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(CELLS)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def test_the_explorer_is_live_in_jupyterlab(tmp_path: Path) -> None:
    chromium()
    (tmp_path / "explore.ipynb").write_text(json.dumps(notebook()))
    command = ["jupyter", "lab", "--no-browser", "--allow-root", "--IdentityProvider.token="]
    quiet = ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    with (
        serving([*command, *quiet], "/api", cwd=tmp_path, scratch=tmp_path) as address,
        browsing(viewport={"width": 1500, "height": 1100}) as reader,
    ):
        page = reader.page
        page.goto(f"{address}/lab/tree/explore.ipynb")
        cells = page.locator(".jp-CodeCell")
        cells.first.wait_for()
        page.get_by_text("| Idle").first.wait_for()

        def run(number: int) -> None:
            cells.nth(number).locator(".cm-content").first.click()
            page.keyboard.press("Shift+Enter")

        run(0)
        size = page.get_by_text(" pixels, 60 iterations")
        size.first.wait_for()
        home = reader.pixels()
        x, y = reader.centre()
        page.mouse.move(x + 40, y)
        page.mouse.wheel(0, -300)
        page.get_by_text("width 3.5").wait_for(state="hidden")
        zoomed = reader.pixels()
        assert (zoomed != home).mean() > 0.1
        run(1)
        page.get_by_text("at True 60").wait_for()
        run(2)
        page.get_by_text("width 0.5").wait_for()
        run(3)
        page.get_by_text(f"now -1.25 {Decimal('0.5')}").wait_for()
        assert (reader.pixels() != zoomed).mean() > 0.1
        run(4)
        page.get_by_text("source: def step(n, C, Z, N, horizon):").wait_for()
        # Drawn by the worker, which was running before the cell was.
        page.locator(".about").get_by_text("My own step").first.wait_for()
