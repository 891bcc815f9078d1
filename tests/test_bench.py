"""The bench as people start it: a process of its own, judged by what it prints and writes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SMALL = ("--nx", "40", "--ny", "30", "--maxiter", "20", "--repeats", "2")


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mandel_core.bench", *SMALL, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_json_is_all_of_stdout_and_complete() -> None:
    done = bench("--json", "--stages", "numpy,numba", "--threads", "1")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["machine"]["cpu"]
    assert result["machine"]["threads"] == 1
    assert set(result["versions"]) == {"python", "torch", "numpy", "numba", "mandel-explorer"}
    assert (result["scene"]["nx"], result["scene"]["ny"]) == (40, 30)
    numpy, numba = result["stages"]
    assert (numpy["stage"], numba["stage"]) == ("numpy", "numba")
    assert numpy["times_numpy"] == 1
    assert numba["times_numpy"] == pytest.approx(numpy["median_seconds"] / numba["median_seconds"])
    assert numba["compile_seconds"] > 0.05  # the cache is empty
    for line in (numpy, numba):
        assert line["outcome"] == "ok"
        assert len(line["runs"]) == 2
        assert line["min_seconds"] <= line["median_seconds"] <= line["max_seconds"]
    assert "numba: run 2" in done.stderr


def test_readme_changes_only_between_the_markers(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_bytes("# Été\r\n<!-- stages -->\nold\n<!-- /stages -->\ntail | x\n".encode())
    done = bench("--readme", str(readme), "--stages", "numpy")
    assert done.returncode == 0, done.stderr
    text = readme.read_bytes().decode()
    assert text == f"# Été\r\n<!-- stages -->\n{done.stdout}<!-- /stages -->\ntail | x\n"
    assert "| NumPy listing (`numpy`) |" in text
    assert "40 × 30 points, 20 iterations" in text


def test_a_failing_stage_is_a_row_with_its_reason() -> None:
    done = bench("--json", "--stages", "default_device")
    assert done.returncode == 0, done.stderr
    (line,) = json.loads(done.stdout)["stages"]
    if line["outcome"] == "ok":
        pytest.skip("this torch runs the stage")
    assert line["outcome"].startswith("torch.compile ")
    assert line["runs"] == []
    assert line["median_seconds"] is line["times_numpy"] is None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--stages", "numpy,nonsense"), "there is no stage 'nonsense'"),
        (("--repeats", "0"), "repeats must be at least 1"),
        (("--nx", "0"), "nx must be a whole number"),
    ],
)
def test_nonsense_is_one_sentence_and_status_2(arguments: tuple[str, ...], sentence: str) -> None:
    done = bench(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_missing_markers_are_told_before_anything_is_measured(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("<!-- stages --> and no end\n")
    done = bench("--readme", str(readme))
    assert done.returncode == 2
    assert "lacks the markers" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert readme.read_text() == "<!-- stages --> and no end\n"
