"""A registered stage in the explorer; and that nothing from outside registers or executes any."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import panel as pn
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dashboard
import mandel_core
from dashboard import Explorer
from dashboard.state import HOME, State
from dashboard.view.describe import describe
from dashboard.view.link import decode, encode
from mandel_core import STAGES, Settings, Viewport, inspect, register_stage
from mandel_core.colour.encoding import encode_indices
from mandel_core.colour.palettes import palette_colours
from mandel_core.worker.tasks import Picture
from tests.browsing import browsing

VIEW = Viewport.from_bounds(-2.25, 0.75, -1.25, 1.25, 16, 12)


def step(n, C, Z, N, horizon):
    I = np.abs(Z) < horizon
    N[I] = n
    Z[I] = Z[I] ** 2 + C[I]
    return Z, N


def flat(cx, cy, re, im, N, horizon2):
    I = re * re + im * im < horizon2
    a, b = re * re - im * im + cx, 2 * re * im + cy
    return np.where(I, a, re), np.where(I, b, im), np.where(I, N + 1, N)


@pytest.fixture
def explorer() -> Iterator[Explorer]:
    explorer = Explorer()
    yield explorer
    explorer.close()


def register(**changes: Any) -> None:
    register_stage("mine", step, **{"layout": "complex", "compile": False, **changes})


def test_explorers_open_and_new_offer_it(explorer: Explorer) -> None:
    (menu,) = [w for w in explorer.controls().select(pn.widgets.Select) if w.name == "Stage"]
    before = list(menu.options)
    register(title="My step")
    assert list(menu.options) == [*before, "My step"]
    explorer.stage = "mine"
    assert explorer.settings().stage == "mine"
    another = Explorer(stage="mine")
    assert another.state.stage == "mine"
    another.close()


def test_what_is_shown_is_drawn_anew_when_its_stage_is_replaced(explorer: Explorer) -> None:
    register()
    explorer.stage = "mine"
    drawn: list[str] = []
    explorer.param.watch(lambda event: drawn.append(event.new), "stage", onlychanged=False)
    register_stage("other", step, "complex", compile=False)
    assert drawn == []
    register()
    assert drawn == ["mine"]


def test_the_link_knows_it_while_it_is_registered() -> None:
    assert decode("?stage=mine")[0] == HOME
    register()
    state = State(stage="mine")
    assert decode(encode(state)) == (state, ())


def test_its_title_is_text() -> None:
    register(title="<img src=x>")
    image = encode_indices(np.zeros((12, 16), np.uint8), palette_colours("hot"))
    assert "<img" not in describe(Picture(VIEW, Settings("mine"), image, 1.0, 0.0), None)


@pytest.mark.compile
@pytest.mark.slow
def test_the_compiler_is_looked_at_like_any_other() -> None:
    register_stage("mine", flat, "planes")
    found = inspect(VIEW, "mine", maxiter=5)
    assert found.failure is None
    assert STAGES["mine"].source.startswith("def flat(")


# From here on: nothing that comes from a browser is executed.


def hostile(victim: Path) -> list[str]:
    """What somebody might send in place of a stage or a number; executed, it makes a file."""
    make = f"open({str(victim)!r}, 'w')"
    return [
        make,
        f"__import__('pathlib').Path({str(victim)!r}).touch()",
        f"lambda: {make}",
        f"{{{{{make}}}}}",
        f"numpy\nimport os; os.system('touch {victim}')",
        f"cposix\nsystem\n(S'touch {victim}'\ntR.",  # a pickle
        f"$(touch {victim})",
    ]


@pytest.mark.parametrize(
    "key", ["stage", "formula", "c", "x", "width", "chunk", "iterations", "palette", "step"]
)
def test_code_in_a_link_is_words(key: str, tmp_path: Path) -> None:
    from urllib.parse import urlencode

    victim = tmp_path / "made"
    for text in hostile(victim):
        state, notices = decode("?" + urlencode({key: text}))
        assert state == HOME
        assert len(notices) == 1
    assert not victim.exists()


@pytest.mark.parametrize(
    "name", ["stage", "formula", "c", "device", "precision", "x", "iterations", "chunksize"]
)
def test_code_in_a_param_is_refused(explorer: Explorer, name: str, tmp_path: Path) -> None:
    victim = tmp_path / "made"
    for text in hostile(victim):
        with pytest.raises(ValueError, match=name):
            explorer.param.update({name: text})
    assert explorer.state == HOME
    assert not victim.exists()


@given(st.text(max_size=60))
def test_no_text_is_a_stage_but_a_stages_name(text: str) -> None:
    assert (decode(f"?stage={text}")[0].stage == text) <= (text in STAGES.names)


# Where Python is made of text or bytes at all, and why.
ALLOWED = {
    ("own_code.py", "cloudpickle.loads"),  # what this process's own Python registered
    ("shared_memory.py", "pickle.loads"),  # what the worker answers to its parent
    # Straight-line text of our own names and numbers, written down while a step runs on symbols.
    ("tangent.py", "exec"),
    ("triton_formula.py", "exec"),
    ("triton_formula.py", "compile"),
    ("simd_blocks.py", "load"),  # a block's numbers from memory
    ("numba_memory.py", "builder.load"),
    ("triton_blocks.py", "tl.load"),
    ("triton_levels.py", "tl.load"),
}
BUILT_IN = {"eval", "exec", "compile", "__import__"}
ANYWHERE = {"load", "loads", "system", "popen", "import_module", "run_path", "run_module"}
HARMLESS = {"json", "torch"}


def made_of_text(file: Path) -> set[tuple[str, str]]:
    """Calls in a file that could execute what they are given."""
    nodes = ast.walk(ast.parse(file.read_text()))
    names = {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}
    return {
        (file.name, name)
        for name in names
        if name in BUILT_IN
        or (name.rpartition(".")[2] in ANYWHERE and name.partition(".")[0] not in HARMLESS)
    }


@pytest.mark.parametrize("package", [dashboard, mandel_core], ids=lambda package: package.__name__)
def test_no_text_becomes_code(package: Any) -> None:
    root = Path(package.__path__[0])
    files = [file for file in root.rglob("*.py") if "bench" not in file.parts]
    assert files
    assert set().union(*map(made_of_text, files)) <= ALLOWED


def test_the_dashboard_registers_nothing() -> None:
    for file in Path(dashboard.__path__[0]).rglob("*.py"):
        assert "register_stage" not in file.read_text()
        assert "register_formula" not in file.read_text()


@pytest.mark.browser
def test_a_visitor_who_sends_code_changes_nothing(address: str, tmp_path: Path) -> None:
    """Over the socket: code as the value of every widget, and a stage this server has not."""
    register()  # in this process, not in the server's
    victim = tmp_path / "made"
    with browsing(viewport={"width": 1000, "height": 700}) as visitor:
        page = visitor.page
        page.goto(f"{address}?stage=mine&iterations=60")
        visitor.settled(stage=HOME.stage, iterations="60")
        page.get_by_text("The link's stage “mine” was replaced").first.wait_for()
        # The very way by which a choice from the menu reaches the server.
        page.evaluate(
            """title => Bokeh.documents.flatMap(doc => [...doc._all_models.values()])
                .find(model => (model.attributes.options ?? []).some(
                    option => option === title || option[0] === title || option[1] === title))
                .setv({value: title})""",
            "0 · NumPy listing",
        )
        visitor.settled(stage="numpy")
        sent = page.evaluate(
            """texts => {
                const models = Bokeh.documents.flatMap(doc => [...doc._all_models.values()]);
                let sent = 0;
                for (const model of models)
                    for (const name of ['value', 'options', 'label', 'object', 'text'])
                        if (name in model.attributes)
                            for (const text of texts)
                                try { model.setv({[name]: text}); sent++; } catch (error) {}
                return sent;
            }""",
            hostile(victim),
        )
        assert sent > 20
        # The server has taken all of it up once it answers on the same socket.
        page.goto(f"{address}?iterations=50")
        visitor.settled(stage=HOME.stage, iterations="50")
        visitor.errors.clear()
    assert not victim.exists()
