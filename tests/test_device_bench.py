"""The benchmark on a device: its tables and chart are made of a report, on any machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mandel_core import devices
from mandel_core.bench.device.__main__ import main
from mandel_core.bench.device.scenes import all_scenes

TIMES = {"min_seconds": 0.001, "median_seconds": 0.002, "max_seconds": 0.004}
RAN = {"outcome": "ok", **TIMES}
FAILED = {"outcome": "no | way"}


def report() -> dict[str, Any]:
    rates = {"iterations_per_second": 5e9, "bound_fraction": 0.5, "agrees": 0.75}
    scenes = [{"scene": s, "title": f"The {s}"} for s in ("tutorial", "home-4k")]
    size = {"nx": 40, "ny": 30, "maxiter": 20, "dtype": "float32"}
    return {
        "date": "2026-01-02T03:04:05+00:00",
        "device": {"name": "A card", "multiprocessors": 7, "cuda": "1.2"},
        "host": {"cpu": "A processor", "cores": 3},
        "versions": {"python": "3", "torch": "4"},
        "repeats": 5,
        "multiply_adds_per_second": {"float32": 4e12, "float64": 2e12},
        "bytes_per_second": {"on_device": 1e12, "to_host": 5e10},
        "scenes": [{**scene, **size} for scene in scenes],
        "kernels": [
            {"scene": "tutorial", "name": "fast", **RAN, **rates},
            {"scene": "tutorial", "name": "numba-cuda", **RAN, "median_seconds": 0.006},
            {"scene": "home-4k", "name": "fast", **FAILED},
            {"scene": "home-4k", "name": "numba-cuda", **FAILED},
        ],
        "pictures": [
            {
                "scene": "home-4k",
                "look": "smooth",
                "per_second": 321.4,
                "parts": {"counts": TIMES, "colours": TIMES, "to the host": TIMES},
                **TIMES,
            }
        ],
        "stages": [
            {"scene": "tutorial", "name": "fast", "device": "cuda", **RAN, "compile_seconds": 1.25},
            {"scene": "tutorial", "name": "as_is", "device": "cuda", **FAILED},
            {"scene": "tutorial", "name": "numpy", "device": "cpu", **RAN, "median_seconds": 0.5},
            {"scene": "home-4k", "name": "fast", "device": "cuda", **RAN},
        ],
    }


def test_tables_and_chart_are_made_of_a_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, page = tmp_path / "report.json", tmp_path / "page.md"
    source.write_text(json.dumps(report()))
    page.write_text("before\n<!-- device -->\nold\n<!-- /device -->\nafter\n")
    assert main(["--from", str(source), "--report", str(page)]) == 0
    assert json.loads(capsys.readouterr().out) == report()
    lines = page.read_text().splitlines()
    assert lines[0] == "before"
    assert lines[-1] == "after"
    assert "old" not in lines
    text = "\n".join(lines)
    assert "A card, 7 multiprocessors" in text
    assert "| The tutorial, 40 × 30, 20, float32 | 2 ms | 5 | 50 % | 75.00 % | 6 ms" in text
    assert "| 3 |" in text  # Numba's time by the kernel's
    assert r"no \| way" in text
    assert "| smooth | 321 | 2 ms | 2 ms | 2 ms | 2 ms |" in text
    assert "| Fast (`fast`) | cuda | 2 ms | 250 |" in text
    assert (tmp_path / "page-device.svg").read_text().count("A card") > 0


def test_without_a_device_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    if "cuda" in devices():
        pytest.skip("this machine has cuda")
    assert main([]) == 2
    assert "no CUDA device" in capsys.readouterr().err


def test_scenes_have_names_of_their_own() -> None:
    names = [scene.name for scene in all_scenes()]
    assert len(set(names)) == len(names)
