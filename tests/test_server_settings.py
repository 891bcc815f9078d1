"""An operator's settings: from the environment, the command line, and with what makes no sense."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from dashboard.server_settings import ServerSettings, current, from_arguments, table
from tests.browsing import ROOT


def test_arguments_count_more_than_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MANDEL_EXPLORER_MAX_SESSIONS", "7")
    monkeypatch.setenv("MANDEL_EXPLORER_MEASURING", "false")
    monkeypatch.setenv("MANDEL_EXPLORER_STAGES", "fast, numba")
    found = from_arguments(["--picture-seconds", "2.5", "--max_sessions=9", "--metrics=true"])
    assert (found.max_sessions, found.picture_seconds) == (9, 2.5)
    assert (found.measuring, found.metrics) == (False, True)
    assert found.offered == ("fast", "numba")
    assert found.offers("numba")
    assert not found.offers("numpy")
    assert from_arguments([]).max_sessions == 7
    assert ServerSettings().offers("numpy")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--max-sessions", "many"], "max_sessions"),
        (["--picture-seconds", "-1"], "picture_seconds must be more than 0"),
        (["--stages", "fast,fastest"], "there is no stage 'fastest'"),
        (["--stages", "numpy"], "the page opens with 'fast'"),
        (["--sessions", "3"], "--sessions"),
    ],
)
def test_what_makes_no_sense_ends_the_start_with_a_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        from_arguments(arguments)
    assert words in capsys.readouterr().err


def test_a_notebook_has_its_machine_for_itself() -> None:
    assert current().compute_seconds_per_minute == float("inf")
    assert current().offers("numpy")


def test_settings_that_come_too_late_are_an_error() -> None:
    code = (
        "from dashboard.server_settings import ServerSettings, use\n"
        "use(ServerSettings(max_iterations=1234))\n"
        "from dashboard.state import MAX_ITERATIONS\n"
        "print(MAX_ITERATIONS)\n"
        "use(ServerSettings(max_iterations=1234))\n"
        "use(ServerSettings(max_iterations=4321))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.stdout == "1234\n"
    assert "before the explorer is imported" in done.stderr


def test_the_documentation_lists_every_setting() -> None:
    text = (Path(ROOT) / "docs" / "serving.md").read_text()
    assert table() in text
    assert all(f"`{one.name}`" in text for one in fields(ServerSettings))
