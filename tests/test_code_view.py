"""The tab "Compiler" without a browser: what it says, what it escapes, when it compiles."""

from __future__ import annotations

import html
import re
from concurrent.futures import Future
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.compute import workers
from dashboard.lab.compiler_tab import CompilerTab
from dashboard.lab.highlighting import highlighted
from dashboard.lab.inspection_html import figures, notes
from mandel_core import STAGES, Inspection, Settings, StageFailure, Viewport
from mandel_core.inspection.report import Listing, Remark
from mandel_core.worker.tasks import Inspect

EVIL = "<img src=x onerror=alert(1)>"
VIEW = Viewport.from_bounds(-2, 0.5, -1.25, 1.25, 32, 24)


def plain(lines: list[str]) -> str:
    return html.unescape(re.sub(r"</?span[^>]*>", "", "\n".join(lines)))


@given(
    text=st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\ufeff"), max_size=80),
    language=st.sampled_from(["cpp", "triton", "python", "llvm", "asm"]),
)
def test_coloured_code_is_the_code_and_nothing_but_text(text: str, language: Any) -> None:
    lines = highlighted(text, language)
    assert plain(lines) == text.removesuffix("\n")
    bare = re.sub(r'<span class="[ktfsmc]">|</span>', "", "".join(lines))
    assert not set("<>\"'") & set(bare)
    assert all(line.count("<span") == line.count("</span>") for line in lines)


def test_code_is_coloured() -> None:
    (first, *_) = highlighted('const float x = 1.5; // "half"\n', "cpp")
    for css in ("k", "t", "m", "c"):
        assert f'<span class="{css}">' in first


def everything(**more: Any) -> Inspection:
    return Inspection(
        settings=Settings("chunked"),
        source=STAGES["chunked"].source,
        listings=(Listing("one", "cpp", "int x;\n", 16), Listing("calls", "python", "x\n")),
        kernels=1,
        loops=2,
        vector_loops=1,
        operator_calls=3,
        vector_width=16,
        vector_register="a register holds 16 float32",
        graph_breaks=(Remark(f"print {EVIL}", 14),),
        recompiles=(Remark("n0 == 0", 14), Remark(f"n0 == {EVIL}", 14), Remark("n == 9", None)),
        warnings=(f"slow {EVIL}",),
        phases=((f"Tracing {EVIL}", 1.0), ("C++", 3.0)),
        cache="miss",
        failure=StageFailure("chunked", "error", f"It broke {EVIL}", f"details {EVIL}"),
        failure_line=15,
        note=f"a note {EVIL}",
        **more,
    )


def test_figures_tell_everything_and_escape_it() -> None:
    told = figures(everything())
    assert "<img" not in told
    assert told.count(html.escape(EVIL)) >= 7
    for words in (
        "2 loops, 1 made for vectors",
        "16 at once",
        "1 graph break",
        "3 recompiles",
        "4 s",
        "miss",
    ):
        assert words in told


def test_notes_gather_the_reasons_of_a_line() -> None:
    found = {(note["kind"], note["line"]): note["text"] for note in notes(everything())}
    assert found.keys() == {("recompile", 14), ("break", 14), ("failure", 15)}
    assert "n0 == 0, n0 == <img" in found["recompile", 14], "the page takes them as text"


def test_a_stage_without_a_compiler_has_no_figures() -> None:
    seen = Inspection(Settings("numpy"), STAGES["numpy"].source, note="Nothing is compiled.")
    told = figures(seen)
    assert "Nothing is compiled." in told
    assert "Graph breaks" not in told


class FakeWorker:
    """An explorer and a worker of which one sees what is asked."""

    session = "session-x"

    def __init__(self) -> None:
        self.stage = "chunked"
        self.tasks: list[tuple[Inspect, Future[Any]]] = []

    @property
    def viewport(self) -> Viewport:
        return VIEW

    def settings(self) -> Settings:
        return Settings(self.stage, maxiter=8, chunksize=2)

    def in_document(self, callback: Any, *args: Any) -> None:
        callback(*args)

    def submit(self, task: Inspect, session: str, on_phase: Any) -> Future[Any]:
        assert session != self.session
        future: Future[Any] = Future()
        self.tasks.append((task, future))
        return future

    def answer(self, outcome: Inspection | StageFailure) -> None:
        self.tasks[-1][1].set_result(outcome)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> FakeWorker:
    asked = FakeWorker()
    monkeypatch.setattr(workers, "measure", asked.submit)
    return asked


def test_opening_looks_once_and_keeps_what_was_seen(asked: FakeWorker) -> None:
    view = CompilerTab(asked, asked)  # type: ignore[arg-type]
    view.open()
    view.open()
    assert len(asked.tasks) == 1
    asked.answer(everything())
    assert view._browser.names == ["1 line, 16 at once · one", "1 line · calls"]
    assert plain(view._browser.code) == "int x;"
    asked.stage = "planes"
    view.open()
    assert len(asked.tasks) == 2
    asked.stage = "chunked"
    view.open()
    assert asked.tasks[1][1].cancelled()
    assert len(asked.tasks) == 2
    assert plain(view._browser.code) == "int x;"


def test_what_was_cancelled_waits_to_be_asked_for(asked: FakeWorker) -> None:
    view = CompilerTab(asked, asked)  # type: ignore[arg-type]
    view.open()
    view.cancel()
    assert asked.tasks[0][1].cancelled()
    view.open()
    assert len(asked.tasks) == 1
    assert "cancelled" in view._progress.value
    view._again.clicks += 1
    assert len(asked.tasks) == 2


def test_a_lost_process_is_told_and_not_kept(asked: FakeWorker) -> None:
    view = CompilerTab(asked, asked)  # type: ignore[arg-type]
    view.open()
    asked.answer(StageFailure("chunked", "died", f"It ended {EVIL}."))
    assert "It ended" in view._figures.value
    assert "<img" not in view._figures.value
    view.open()
    assert len(asked.tasks) == 2


def test_the_page_may_ask_for_any_listing(asked: FakeWorker) -> None:
    view = CompilerTab(asked, asked)  # type: ignore[arg-type]
    view.open()
    asked.answer(everything())
    view._browser.selected = 1
    assert plain(view._browser.code) == "x"
    view._browser.selected = 99
    assert view._browser.code == []
