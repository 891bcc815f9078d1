"""The explorer as a cell's last line in a real JupyterLab and Notebook 7, without a network."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psutil
import pytest
from playwright.sync_api import expect

from tests.browsing import PATIENCE, ROOT, Watched, browsing, chromium, serving

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
    """import psutil
print('figures', len(explorer._flow.view._displays), 'at', explorer.x, 'end')
print('processes', *(child.pid for child in psutil.Process().children()), 'end')
while True: pass""",
)

# What Notebook 7.6 says of its own plugins, whatever is in the notebook.
NOTEBOOKS_OWN = {
    "Cannot read properties of undefined (reading 'schema')",
    "Command 'filebrowser:open-path' not registered.",
}


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


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of both, with the notebooks `explore` and `explorer`."""
    chromium()
    folder = tmp_path_factory.mktemp("jupyter")
    (folder / "explore.ipynb").write_text(json.dumps(notebook()))
    shutil.copy(ROOT / "notebooks" / "explorer.ipynb", folder)
    command = ["jupyter", "lab", "--no-browser", "--allow-root", "--IdentityProvider.token="]
    quiet = ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    # Nothing is saved meanwhile, and no cell is left out because it is out of sight.
    for name, chosen in (
        ("docmanager-extension/plugin", {"autosave": False}),
        ("notebook-extension/tracker", {"windowingMode": "none"}),
    ):
        file = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(chosen))
    with pytest.MonkeyPatch.context() as patch:
        # Nobody's own settings, nor which notebooks they had open.
        patch.setenv("JUPYTERLAB_SETTINGS_DIR", str(folder / "settings"))
        patch.setenv("JUPYTERLAB_WORKSPACES_DIR", str(folder / "workspaces"))
        with serving([*command, *quiet], "/api", cwd=folder, scratch=folder) as address:
            yield address


def ready(page: Any) -> None:
    """Wait until JupyterLab shows the notebook and its kernel is idle."""
    page.locator(".jp-CodeCell").first.wait_for()
    page.get_by_text("| Idle").first.wait_for()


def run(page: Any, number: int) -> None:
    """Run a cell, whatever an output that comes at this moment does to the place of it."""
    cell = page.locator(".jp-CodeCell").nth(number)
    prompt = cell.locator(".jp-InputPrompt").first
    before = prompt.text_content()
    cell.locator(".cm-content").first.click()
    cell.locator(".cm-focused").first.wait_for()
    page.keyboard.press("Shift+Enter")
    expect(prompt).not_to_have_text(str(before), timeout=PATIENCE)


def command(page: Any, *keys: str) -> None:
    """Press keys that are commands to the notebook, not to a cell's text."""
    page.keyboard.press("Escape")
    for key in keys:
        page.keyboard.press(key)


def printed(reader: Watched, word: str) -> list[str]:
    """What is printed between a word and "end"; it may come piece by piece."""
    whole = re.compile(rf"{word} (.*) end")
    line = reader.page.locator(".jp-OutputArea-output pre", has_text=whole).last
    found = whole.search(str(line.text_content()))
    assert found is not None
    return found[1].split()


def frames(page: Any) -> tuple[list[bytes], list[bytes]]:
    """What the page will send to the kernel, and what it will get from it."""
    told: list[bytes] = []
    heard: list[bytes] = []

    def note(frame: str | bytes, noted: list[bytes]) -> None:
        noted.append(frame if isinstance(frame, bytes) else frame.encode())

    def on_socket(socket: Any) -> None:
        socket.on("framesent", lambda frame: note(frame, told))
        socket.on("framereceived", lambda frame: note(frame, heard))

    page.on("websocket", on_socket)
    return told, heard


def said_once(told: list[bytes], heard: list[bytes]) -> None:
    """See that a notch of the wheel made no more messages than it has to."""
    told, heard = ([frame for frame in noted if b"PATCH-DOC" in frame] for noted in (told, heard))
    assert any(b'"rest"' in frame for frame in told), "the kernel was asked for the picture"
    assert not any(b'"coding"' in frame for frame in told), "it was not sent back"
    assert not any(b'"attr":"start"' in frame for frame in told), "nor were the axes"
    assert any(b"coding" in frame for frame in heard), "a picture came"
    assert all(b'"whole"' in frame for frame in heard), "each of Bokeh's messages is one"


def saved_and_loaded_again(reader: Watched) -> None:
    """The output that was saved, with the scripts it brought, is live at once."""
    page = reader.page
    with page.expect_response(
        lambda answer: answer.request.method == "PUT" and "/api/contents/" in answer.url
    ):
        page.keyboard.press("Control+s")
    page.reload()
    ready(page)
    page.locator(".bk-Figure.picture").wait_for()
    home = reader.pixels()
    page.mouse.move(*reader.centre())
    page.mouse.wheel(0, -300)
    page.get_by_text("4.47 wide").wait_for(state="hidden")
    assert (reader.pixels() != home).mean() > 0.1


def interrupted_and_restarted(reader: Watched) -> None:
    page = reader.page
    # An endless cell is interrupted; the explorer goes on, and its processes with it.
    run(page, 5)
    assert printed(reader, "figures") == ["1", "at", "-1.25"]
    workers = [int(pid) for pid in printed(reader, "processes")]
    assert workers
    command(page, "i", "i")
    page.get_by_text("KeyboardInterrupt").first.wait_for()
    assert all(map(psutil.pid_exists, workers))

    # A new kernel: the old picture says so until its cell is run again.
    command(page, "0", "0")
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    gone = page.get_by_text("The kernel was restarted.")
    gone.wait_for()
    reader.until(lambda: not any(map(psutil.pid_exists, workers)))
    ready(page)  # what is asked of a kernel that is not there yet is not done
    run(page, 0)
    gone.wait_for(state="detached")
    page.get_by_text(" pixels, 60 iterations").first.wait_for()


def test_the_explorer_is_live_in_jupyterlab(jupyter: str) -> None:
    with browsing(viewport={"width": 1500, "height": 1900}) as reader:
        page = reader.page
        told, heard = frames(page)
        page.goto(f"{jupyter}/lab/tree/explore.ipynb")
        ready(page)
        run(page, 0)
        page.get_by_text(" pixels, 60 iterations").first.wait_for()
        home = reader.pixels()
        heard.clear()
        x, y = reader.centre()
        page.mouse.move(x + 40, y)
        page.mouse.wheel(0, -300)
        page.get_by_text("width 4.47").wait_for(state="hidden")
        zoomed = reader.pixels()
        assert (zoomed != home).mean() > 0.1
        said_once(told, heard)
        run(page, 1)
        page.get_by_text("at True 60").wait_for()
        run(page, 2)
        page.get_by_text("width 0.5").wait_for()
        run(page, 3)
        page.get_by_text(f"now -1.25 {Decimal('0.5')}").wait_for()
        moved = reader.pixels()
        rows = min(len(moved), len(zoomed))  # the notebook may have scrolled a part out of sight
        assert (moved[:rows] != zoomed[:rows]).mean() > 0.1
        run(page, 4)
        page.get_by_text("source: def step(n, C, Z, N, horizon):").wait_for()
        # Drawn by the worker, which was running before the cell was.
        page.locator(".about").get_by_text("My own step").first.wait_for()

        # The page is loaded again, with none of the outputs: all they brought has to come again.
        page.reload()
        ready(page)
        assert page.locator(".bk-Figure.picture").count() == 0
        run(page, 0)
        page.get_by_text(" pixels, 60 iterations").first.wait_for()
        saved_and_loaded_again(reader)
        old = page.locator(".bk-Figure.picture").element_handle()
        run(page, 0)  # the output that this replaces is no longer served
        page.wait_for_function("old => !old.isConnected", arg=old)
        page.get_by_text(" pixels, 60 iterations").first.wait_for()
        run(page, 2)
        page.get_by_text("width 0.5").wait_for()

        interrupted_and_restarted(reader)
        # What the kernel had still to say to the page that is gone.
        reader.errors[:] = [error for error in reader.errors if "Comm not found" not in error]


def test_the_notebook_of_the_widget_runs_in_notebook_7_and_is_dark_with_it(jupyter: str) -> None:
    with browsing(viewport={"width": 1300, "height": 1000}) as reader:
        page = reader.page
        page.goto(f"{jupyter}/notebooks/explorer.ipynb")
        page.locator(".jp-CodeCell").first.wait_for()
        page.get_by_role("menuitem", name="Settings").click()
        page.get_by_text("Theme", exact=True).hover()
        page.get_by_text("JupyterLab Dark", exact=True).click()

        def started() -> bool:  # what is asked of a kernel that is not there yet is not done
            page.get_by_role("menuitem", name="Run", exact=True).click()
            page.get_by_text("Run All Cells", exact=True).click()
            return page.get_by_text(re.compile(r"^\[[*1]\]:$")).count() > 0

        reader.until(started)
        page.get_by_text("settled at").wait_for()
        heading = page.locator(".heading").first
        heading.wait_for()
        red, green, blue = heading.evaluate(
            "node => getComputedStyle(node).color.match(/[0-9.]+/g).slice(0, 3).map(Number)"
        )
        assert min(red, green, blue) > 150, "light on dark"
        box = page.locator(".explorer").first.bounding_box()
        picture = page.locator(".bk-Figure.picture").first.bounding_box()
        assert picture["width"] == box["width"]
        assert 0.5 < picture["height"] / picture["width"] < 0.6
        # Both explorers of the pair, and the one beside a list of ipywidgets.
        page.locator(".widget-dropdown").wait_for()
        pictures = page.locator(".bk-Figure.picture")
        reader.until(lambda: pictures.count() == 4)
        pictures.nth(1).scroll_into_view_if_needed()
        left, right = (pictures.nth(number).bounding_box() for number in (1, 2))
        assert (left["y"], left["width"]) == (right["y"], right["width"])
        assert box["x"] <= left["x"] < left["x"] + left["width"] <= right["x"]
        assert right["x"] + right["width"] <= box["x"] + box["width"]
        assert left["width"] > 0.45 * box["width"], "they share all of the width"
        # All cells have run, and still what is done to one moves the other.
        where = page.locator(".overlay .place").nth(2)
        before = where.text_content()
        page.mouse.move(left["x"] + left["width"] / 2, left["y"] + left["height"] * 0.6)
        page.mouse.wheel(0, -300)
        reader.until(lambda: where.text_content() != before)
        reader.errors[:] = [error for error in reader.errors if error not in NOTEBOOKS_OWN]
