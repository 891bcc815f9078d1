"""Chunk sizes x threads as the tutorial's Table I: in Markdown, in CSV, and in a document."""

from __future__ import annotations

import csv
import io
import math
import re
from pathlib import Path
from typing import Any

import pytest

from mandel_core import Measurement, Settings, StageFailure, Viewport
from mandel_core.bench import table_i
from mandel_core.measurement.ratios import TUTORIAL, ratio, to_csv, to_markdown

VIEW = Viewport.from_bounds(-2, 1, -1, 1, 30, 20)
NUMPY = Measurement(VIEW, Settings("numpy"), (9.0, 10.0, 11.0))


def measured(chunksize: int, threads: int, *seconds: float, **others: Any) -> Measurement:
    settings = Settings("chunked", chunksize=chunksize, threads=threads)
    return Measurement(VIEW, settings, seconds, 1.5, 20.0, **others)


FAILED = measured(
    200, 2, failure=StageFailure("chunked", "no-compiler", "There is no\ncompiler, | says torch.")
)
POINTS = [
    measured(10, 2, 2.0, 2.0, 1.0),
    measured(10, 1, 3.0),
    measured(2, 1, 0.24, busy=0.35, retaken=2),
    FAILED,
]


def rows(table: str) -> list[list[str]]:
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_the_tutorials_figures_are_the_tutorials():
    assert TUTORIAL[1, 2] == 4.5
    assert TUTORIAL[10, 2] == max(r for (_, threads), r in TUTORIAL.items() if threads == 2) == 7.4
    assert TUTORIAL[1, 32] == max(TUTORIAL.values()) == 42
    assert len(TUTORIAL) == 12


def test_the_table_has_a_row_for_each_chunk_size_and_a_column_for_each_number_of_threads():
    head, _, *body = rows(to_markdown(NUMPY, POINTS))
    assert head == ["chunk size", "1 thread", "2 threads"]
    assert body == [
        ["2", "42 (42–42)", "–"],
        ["10", "3.3 (3.3–3.3)", "5 (5–6.7)"],
        ["200", "–", "failed"],
    ]


def test_the_tutorials_stand_beside_where_it_has_them():
    head, _, *body = rows(to_markdown(NUMPY, [*POINTS, measured(5, 1, 5.0)], with_tutorial=True))
    assert head[3:] == ["tutorial, 2 threads", "tutorial, 32 threads"]
    assert [row[3:] for row in body] == [["5.3", "25"], ["–", "–"], ["7.4", "17"], ["4.3", "15"]]


def test_failures_and_a_busy_machine_are_told_once():
    text = to_markdown(NUMPY, [*POINTS, measured(100, 2, failure=FAILED.failure)])
    assert "Failed: 200 in 2 threads, 100 in 2 threads. There is no compiler, | says torch." in text
    assert "up to 35% of the cores during 1 of these 6 measurements" in text
    assert len(to_markdown(NUMPY, POINTS[:2]).splitlines()) == 3


def test_without_numpy_there_are_no_ratios():
    lost = Measurement(VIEW, Settings("numpy"), failure=FAILED.failure)
    assert ratio(lost, POINTS[0]) is None
    text = to_markdown(lost, POINTS[:1])
    assert rows(text)[-1] == ["10", "–"]
    assert "Failed: NumPy." in text


def test_the_csv_has_all_figures():
    lines = list(csv.DictReader(io.StringIO(to_csv(NUMPY, POINTS))))
    assert [line["stage"] for line in lines] == ["numpy", *["chunked"] * 4]
    first = lines[1]
    assert float(first["times_numpy"]) == 5.0
    assert (first["chunksize"], first["threads"], first["runs"]) == ("10", "2", "3")
    assert [float(first[f"{name}_seconds"]) for name in ("median", "low", "high")] == [2, 1.5, 2]
    assert (float(first["first_seconds"]), float(first["compile_seconds"])) == (1.5, 20)
    assert (lines[3]["retaken"], lines[3]["busy"]) == ("2", "0.35")
    assert lines[4]["times_numpy"] == lines[4]["median_seconds"] == ""
    assert lines[4]["outcome"] == "There is no\ncompiler, | says torch."


SMALL = ["--nx", "24", "--ny", "20", "--maxiter", "4", "--threads", "1,2", "--chunksizes", "1,2"]


@pytest.mark.compile
@pytest.mark.slow
def test_the_table_is_written_between_its_markers(tmp_path: Path, capsys):
    report, figures = tmp_path / "lab.md", tmp_path / "figures.csv"
    report.write_bytes(b"Before\r\n<!-- table-i -->\nold\n<!-- /table-i -->\nAfter\n")
    assert table_i.main([*SMALL, "--report", str(report), "--csv", str(figures)]) == 0
    text = report.read_bytes().decode()
    assert text.startswith("Before\r\n<!-- table-i -->\n| chunk size | 1 thread | 2 threads |")
    assert text.endswith("<!-- /table-i -->\nAfter\n")
    assert "old" not in text
    assert capsys.readouterr().out.strip() in text
    _, _, *body = rows(text)
    assert [(row[0], row[4]) for row in body] == [("1", "42"), ("2", "25")]
    assert all(float(row[column].split()[0]) > 0 for row in body for column in (1, 2))
    for word in ("24 × 20 points", "torch 2.1 on 32 cores", "cores; python", "numpy"):
        assert word in text
    lines = list(csv.DictReader(io.StringIO(figures.read_text())))
    assert [(line["threads"], line["chunksize"]) for line in lines[1:]] == [
        *(("1", "1"), ("1", "2"), ("2", "1"), ("2", "2"))
    ]
    assert all(math.isfinite(float(line["times_numpy"])) for line in lines)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--threads", "two"], "threads must be whole numbers"),
        (["--threads", "0"], "threads must be a whole number"),
        (["--chunksizes", "1,x"], "chunk sizes must be whole numbers"),
        (["--stage", "numpy"], "has no chunks"),
        (["--stage", "fortran"], "there is no stage"),
        (["--report", "/nowhere/at/all"], "/nowhere/at/all"),
    ],
)
def test_nonsense_is_one_sentence(arguments, words, capsys):
    assert table_i.main(arguments) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert said.out == ""
