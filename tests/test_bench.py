"""The bench as people start it: a process of its own, judged by what it prints and writes."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from xml.etree import ElementTree

import numpy as np
import pytest

from mandel_core.bench import peak, scenes
from mandel_core.bench.__main__ import main
from mandel_core.bench.contenders import Contender, Failure, prepare, run
from mandel_core.bench.fresh import Died, FreshProcess
from mandel_core.bench.peers import PEERS
from mandel_core.measurement.machine import Machine
from mandel_core.rendering.engine import render
from mandel_core.runtime.threads import usable_cores

pytestmark = pytest.mark.slow

SMALL = ("--nx", "40", "--ny", "30", "--maxiter", "20", "--repeats", "2")


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mandel_core.bench", *SMALL, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def of_stages() -> subprocess.CompletedProcess[str]:
    """A run of stages without torch, and of one that may fail."""
    stages = "numpy,numba,default_device"
    return bench("--json", "--stages", stages, "--threads", "1", "--scenes", "home,minibrot")


def test_json_is_all_of_stdout_and_complete(of_stages):
    done = of_stages
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["machine"]["cpu"]
    assert result["machine"]["instruction_set"] == Machine.here().instruction_set
    assert set(result["versions"]) == {"python", "torch", "numpy", "numba", "mandel-explorer"}
    assert [(p["dtype"], p["threads"]) for p in result["peaks"]] == [("float32", 1), ("float64", 1)]
    for level in result["peaks"]:
        assert level["multiply_adds_per_second"] > 1e8
        third = level["multiply_adds_per_second"] / 3
        assert level["bound_iterations_per_second"] == pytest.approx(third)
    home, minibrot = result["scenes"]
    assert (home["scene"], home["nx"], home["ny"], home["maxiter"]) == ("home", 40, 30, 20)
    assert (home["dtype"], minibrot["dtype"]) == ("float32", "float64")
    assert minibrot["useful_iterations"] == 40 * 30 * 20
    numpy, numba, failing = home["rows"]
    assert (numpy["name"], numba["name"]) == ("numpy", "numba")
    assert failing["name"] == "default_device"
    assert numpy["times_numpy"] == 1
    assert numba["times_numpy"] == pytest.approx(numpy["median_seconds"] / numba["median_seconds"])
    assert numba["compile_seconds"] > 0.05  # the cache is empty
    assert numpy["executed_iterations"] == 40 * 30 * 20 > numba["executed_iterations"]
    for row in (numpy, numba):
        assert (row["kind"], row["outcome"], row["threads"]) == ("stage", "ok", 1)
        assert len(row["rounds"]) == 2
        assert row["min_seconds"] <= row["median_seconds"] <= row["max_seconds"]
        assert row["agrees"] > 0.99
        assert 0 < row["bound_fraction"] < 1
        rate = row["useful_per_second"] * row["median_seconds"]
        assert rate == pytest.approx(home["useful_iterations"])
    assert "home, numba, 1 thread: round 2" in done.stderr


def test_readme_and_report_change_only_between_their_markers_and_peers_are_rows(tmp_path):
    readme, report = tmp_path / "README.md", tmp_path / "performance.md"
    readme.write_bytes("# Été\r\n<!-- stages -->\nold\n<!-- /stages -->\ntail | x\n".encode())
    report.write_text("head\n<!-- performance -->\nold\n<!-- /performance -->\ntail\n")
    small = ("--stages", "numpy", "--peers", "--threads", "1")
    done = bench("--json", "--readme", str(readme), "--report", str(report), *small)
    assert done.returncode == 0, done.stderr

    text = readme.read_bytes().decode()
    assert text.startswith("# Été\r\n<!-- stages -->\n| stage |")
    assert text.endswith("\n<!-- /stages -->\ntail | x\n")
    assert "| NumPy listing (`numpy`) |" in text
    assert "40 × 30 points, 20 iterations" in text
    assert "old" not in text
    assert not [peer for peer in PEERS.values() if peer.title in text]

    text = report.read_text()
    picture = "![Times of all contenders](performance.svg)"
    assert text.startswith(f"head\n<!-- performance -->\n{picture}\n\n")
    assert text.endswith("\n<!-- /performance -->\ntail\n")
    assert "old" not in text
    assert all(f"{peer.title} (`{peer.name}`)" in text for peer in PEERS.values())
    assert ElementTree.parse(tmp_path / "performance.svg").getroot().tag.endswith("svg")

    rows = {row["name"]: row for row in json.loads(done.stdout)["scenes"][0]["rows"]}
    assert set(rows) == {"numpy", *PEERS}
    for name, module in (("jax", "jax"), ("mandelbrot-explorer", "mandelbrot_explorer")):
        if find_spec(module) is None:
            assert rows[name]["outcome"].startswith("not installed: pip install ")
            assert rows[name]["rounds"] == []
    for row in rows.values():
        if row["outcome"] == "ok":
            assert row["agrees"] > 0.99
            assert row["name"] == "numpy" or row["version"]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="these are sets of x86-64")
def test_stages_and_peers_can_be_confined_to_an_instruction_set():
    done = bench("--json", "--isa", "avx2", "--stages", "numba", "--peers", "--threads", "1")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["machine"]["instruction_set"] == "AVX2"
    rows = {row["name"]: row for row in result["scenes"][0]["rows"]}
    assert rows["numba"]["outcome"] == "ok"
    assert rows["cpp"]["rounds"] == []
    if find_spec("mandelbrot_explorer") is not None:
        assert rows["mandelbrot-explorer"]["note"].endswith("avx2")


def test_a_failing_stage_is_a_row_with_its_reason(of_stages):
    *_, row = json.loads(of_stages.stdout)["scenes"][0]["rows"]
    if row["outcome"] == "ok":
        pytest.skip("this torch runs the stage")
    assert row["outcome"].startswith("torch.compile ")
    assert row["rounds"] == []
    assert row["median_seconds"] is row["times_numpy"] is row["agrees"] is None


def test_what_is_too_slow_is_given_up_and_not_tried_with_fewer_threads():
    slow = ("--maxiter", "1000000", "--limit", "0.2", "--threads", "1,2")
    scenes = ("--scenes", "seahorse,minibrot")
    done = bench("--stages", "numpy", *scenes, "--nx", "2", "--ny", "1", *slow)
    assert done.returncode == 0, done.stderr
    assert "2 threads: not finished within 0.2 s" in done.stderr
    assert "1 thread: not tried: not finished within 0.2 s with 2 threads" in done.stderr
    assert "minibrot, numpy, 2 threads: not tried: not finished within 0.2 s on `seahorse`" in (
        done.stderr
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--stages", "numpy,nonsense"), "there is no stage 'nonsense'"),
        (("--scenes", "nonsense"), "there is no scene 'nonsense'; there are tutorial, "),
        (("--isa", "avx2", "--threads", "0"), "threads must be a whole number from 1"),
        (("--repeats", "0"), "repeats must be at least 1"),
        (("--limit", "nan"), "limit must be more than 0"),
        (("--threads", "1,two"), "threads must be whole numbers"),
        (("--threads", "0"), "threads must be a whole number from 1"),
        (("--nx", "0"), "nx must be a whole number"),
        (("--chunksize", "0"), "chunksize must be a whole number"),
        (("--maxiter", "0"), "maxiter must be a whole number"),
        (("--readme", "README.md", "--scenes", "home"), "--readme needs the scene tutorial"),
        (("--report", "nowhere.md"), "No such file"),
    ],
)
def test_nonsense_is_one_sentence_and_status_2(arguments, sentence, capsys):
    assert main([*SMALL, *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert sentence in printed.err
    assert len(printed.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("option", "marker"), [("--readme", "stages"), ("--report", "performance")]
)
def test_missing_markers_are_told_before_anything_is_measured(option, marker, tmp_path, capsys):
    file = tmp_path / "file.md"
    file.write_text(f"<!-- {marker} --> and no end\n")
    assert main([*SMALL, option, str(file)]) == 2
    assert "lacks the markers" in capsys.readouterr().err
    assert file.read_text() == f"<!-- {marker} --> and no end\n"


def test_the_scenes_are_those_of_the_report():
    found = {name: scenes.find(name) for name in scenes.SCENE_NAMES}
    sizes = {name: (s.view.nx, s.view.ny, s.maxiter, s.dtype) for name, s in found.items()}
    assert sizes == {
        "tutorial": (1000, 833, 200, "float32"),
        "tutorial-2000": (1000, 833, 2000, "float32"),
        "home": (1920, 1080, 1000, "float32"),
        "seahorse": (960, 540, 5000, "float64"),
        "minibrot": (960, 540, 5000, "float64"),
    }
    assert {scene.horizon for scene in found.values()} == {2.0**40}
    assert found["tutorial"].view.bounds == (-2.25, 0.75, -1.25, 1.25)
    width = float(found["minibrot"].view.pixel[0]) * 960
    assert width == pytest.approx(4 * 2.56 / 2**28, rel=1e-12)


@pytest.mark.parametrize("name", ["tutorial", "minibrot"])
@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_computes_the_scene(peer, name):
    scene = scenes.find(name, 101, 53, 300)
    contender = Contender("peer", peer)
    ready = prepare(contender, scene, 2)
    if isinstance(ready, Failure):
        pytest.skip(ready.reason)
    sample = run(contender, scene, 2, 60, with_counts=True)
    assert not isinstance(sample, Failure), sample
    counts = sample.counts
    assert counts is not None
    truth = render(counts.view, "numba", 300, horizon=counts.horizon, dtype="float64")
    assert np.mean(counts.iterations == truth.iterations) > 0.995
    assert sample.executed is None or sample.executed >= (truth.executed or 0)


def test_the_cuda_kernel_computes_the_scene_in_numbas_simulator():
    code = (
        "import numpy as np\n"
        "from mandel_core import render\n"
        "from mandel_core.bench import scenes\n"
        "from mandel_core.bench.peers import numba_cuda\n"
        "scene = scenes.find('minibrot', 37, 9, 30)\n"
        "counts = numba_cuda.prepare(scene, 1).run().counts\n"
        "truth = render(scene.view, 'numba', 30, dtype='float64').iterations\n"
        "assert (np.where(counts < 30, counts - 1, 0) == truth).all()"
    )
    environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


def test_the_peers_sources_are_beside_their_modules():
    for name in ("cpp", "mojo"):
        source = sys.modules[PEERS[name].prepare.__module__].SOURCE
        assert source.is_file()
        assert "mandelbrot_float64" in source.read_text()


def test_the_peak_kernel_counts_what_it_does():
    array = peak.numbers("float64")
    peak.multiply_add_kernel()(array, 1.0, 1.0, 3)
    assert set(array) == {1.0 + 3 * peak.DEPTH}
    assert peak.measure("float32", 1) > 1e8


def test_a_process_is_confined_replaced_when_it_dies_and_stopped_when_it_hangs(tmp_path):
    worker = FreshProcess(tmp_path, 1)
    try:
        if hasattr(os, "sched_getaffinity"):
            assert len(worker.call(usable_cores)) == 1
        first = worker.call(os.getpid)
        with pytest.raises(Died):
            worker.call(os._exit, 3)
        assert worker.call(os.getpid) != first
        with pytest.raises(TimeoutError):
            worker.call(time.sleep, 60, timeout=0.1)
        assert worker.call(shutil.which, "sh")
    finally:
        worker.close()


def test_what_compiling_costs_is_measured_cold_and_warm() -> None:
    from mandel_core.bench.compiling import line

    _, stage, chunksize, cold, warm, _ = line(("fast", 1, True)).split("|")
    assert (stage.strip(), chunksize.strip()) == ("`fast`", "1")
    times = [float(cell.removesuffix(" s ")) for cell in (cold, warm)]
    assert 0 < times[1] < times[0]
