"""The trials of a started server: what they send and how they judge, and one short run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import islice
from math import inf
from pathlib import Path
from typing import Any

import pytest

from dashboard.trials.__main__ import main, planned
from dashboard.trials.fuzzing import SHARES, inputs
from dashboard.trials.inputs import Frames, Patch
from dashboard.trials.lateness import late_by
from dashboard.trials.logs import OWN, Log, tracebacks
from dashboard.trials.memory import Sample, growth
from dashboard.trials.result import Defect, Results, Row, table
from tests.browsing import NO_TORCH, ROOT

# The short run takes a minute on two cores that have nothing else to do, and many on busy ones.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

DOCUMENT: list[dict[str, Any]] = [
    {"name": "Button", "id": "p1", "attributes": {"label": "Measure"}},
    {"name": "ColumnDataSource", "id": "p2", "attributes": {"data": {}}},
    {"name": "Div", "id": "p3", "attributes": {}},
]
FOREIGN = """ERROR something
Traceback (most recent call last):
  File "/env/site-packages/bokeh/document/document.py", line 123, in apply_json_patch
    raise ValueError("no")
ValueError: no
"""
OURS = """Traceback (most recent call last):
  File "/env/site-packages/bokeh/util/callbacks.py", line 1, in invoke
    callback()
  File "/somewhere/dashboard/picture.py", line 99, in _hear
    Request.parse(data)
  File "/python/decimal.py", line 3, in exact
    return 1 / 0
ZeroDivisionError: 4711 by 0
"""


def test_the_same_seed_gives_the_same_inputs_of_every_family():
    some = list(islice(inputs(5, DOCUMENT), 600))
    assert some == list(islice(inputs(5, DOCUMENT), 600))
    assert some != list(islice(inputs(6, DOCUMENT), 600))
    assert {one.family for one in some} == set(SHARES)
    assert max(len(str(one)) for one in some) < 400


def test_patches_travel_as_json_and_frames_are_bytes():
    for one in islice(inputs(7, DOCUMENT), 600):
        if isinstance(one, Patch):
            assert isinstance(json.dumps(one.content), str)
        elif isinstance(one, Frames):
            assert all(0 <= first < 128 and isinstance(part, bytes) for first, part in one.frames)


def test_tracebacks_are_told_apart_and_ours_from_others():
    assert tracebacks("nothing\nTraceback is a word\n") == {}
    found = tracebacks(FOREIGN * 2 + OURS)
    assert sorted(found.values()) == [1, 2]
    (foreign,) = (kind for kind, times in found.items() if times == 2)
    (ours,) = (kind for kind, times in found.items() if times == 1)
    assert foreign == "ValueError in document/document.py apply_json_patch"
    assert ours == (
        f"ZeroDivisionError: … by … in python/decimal.py exact {OWN} dashboard/picture.py _hear"
    )


def test_a_log_is_read_as_it_grows(tmp_path):
    file = tmp_path / "log"
    file.write_text("before\n")
    log = Log(file)
    assert not log.grown()
    with file.open("a") as more:
        more.write("after\n")
    assert log.grown()
    assert (log.news(), log.news(), log.grown()) == ("after\n", "", False)
    assert Log(None).news() == ""


@pytest.mark.parametrize(
    ("answered", "faults", "late"),
    [
        (12.0, [], 0.0),
        (14.0, [], 1.0),
        (14.0, [12.0], 0.0),  # a fault gives as much time again
        (17.0, [12.0, 14.5], 0.0),
        (17.0, [12.0, 15.5], 2.0),  # but not once it is too late
        (14.0, [9.0, 13.5], 1.0),
        (None, [12.0], inf),
    ],
)
def test_how_late_a_picture_is(answered, faults, late):
    assert late_by(10.0, answered, faults, allowed=3.0) == pytest.approx(late)


def test_growth_compares_the_last_sixth_with_the_second():
    samples = [Sample(float(i), {"server": 100 if i < 90 else 110, "late": 5}) for i in range(121)]
    samples = [s if s.seconds > 60 else Sample(s.seconds, {"server": 100}) for s in samples]
    grown = growth(samples)
    assert grown["server"] == pytest.approx(0.1)
    assert grown["late"] is None
    assert growth([]) == {}


def test_the_table_and_when_a_run_has_failed():
    slow = Row("load", "late | or not", "3 s", "1 s", met=False, timing=True)
    results = Results([slow, Row("hostile", "words", "no\nline")], [Defect("x", "y", "z", 3)])
    lines = table(results).splitlines()
    assert lines[2] == "| load | late / or not | 3 s | 1 s | NO |"
    assert lines[3] == "| hostile | words | no line |  |  |"
    assert lines[-2:] == ["- x: y (3 times)", "  `z`"]
    assert results.failed(timings=True)
    assert not results.failed(timings=False)
    results.add(Results([Row("faults", "lost", "1", "none", met=False)]))
    assert results.failed(timings=False)


@pytest.mark.parametrize(
    "arguments",
    [["--only", "nothing"], ["--only", ""], ["--port", "1"], ["--minutes", "-1"]],
)
def test_arguments_that_make_no_sense_are_refused(arguments, capsys):
    assert main(arguments) == 2
    assert "dashboard.trials: " in capsys.readouterr().err


def test_sizes_replace_those_of_the_form():
    import argparse

    from dashboard.trials.__main__ import arguments

    args: argparse.Namespace = arguments(["--short", "--inputs", "7", "--only", "hostile"])
    parts, plan, given = planned(args)
    assert (parts, plan.inputs, plan.short, given) == (("hostile",), 7, True, None)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a short run finds, as JSON has it."""
    file = tmp_path_factory.mktemp("trials") / "found.json"
    sizes = {"inputs": 50, "sessions": 4, "visitors": 2, "kills": 1, "patience": 240, "seconds": 2}
    command = [sys.executable, "-m", "dashboard.trials", "--short", f"--json={file}"]
    command += ["--only=load,hostile,faults,sessions"]
    command += [f"--{name}={size}" for name, size in sizes.items()]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | NO_TORCH, capture_output=True, text=True, check=False
    )
    assert done.returncode in {0, 1}, done.stderr
    result: dict[str, Any] = json.loads(Path(file).read_text())
    assert "| part | trial |" in done.stdout
    return result


def rows(found: dict[str, Any], words: str) -> list[dict[str, Any]]:
    chosen = [row for row in found["rows"] if words in row["trial"]]
    assert chosen, words
    return chosen


@pytest.mark.parametrize(
    "words",
    [
        "pictures lost",
        "visitors refused or dropped",
        "the server afterwards",
        "an honest visitor after each batch",
        "a traceback sent in a page",
        "markup",
        "a websocket accepted",
        "by way of our own code",
        "last pictures that never came",
        "a visitor who comes afterwards",
        "sessions opened and closed",
        "objects held",
    ],
)
def test_a_short_run_meets(found, words):
    for row in rows(found, words):
        assert row["met"], row


def test_after_a_shortage_pictures_come_again(found):
    (row,) = rows(found, "then enough again: a picture")
    assert row["result"] != "never"


def test_no_process_is_left_over(found):
    (row,) = rows(found, "the server ends")
    assert "nothing left" in row["result"], row


def test_no_traceback_is_sent_in_a_message(found):
    (row,) = rows(found, "a traceback sent in a message")
    assert row["met"], row
