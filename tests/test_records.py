"""Stored results: what comes back is what was put in, and no file can do harm."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mandel_core import STAGES, Measurement, Settings, StageFailure, Viewport, register_stage
from mandel_core.measurement import record as record_module
from mandel_core.measurement import records as module
from mandel_core.measurement import table
from mandel_core.measurement.machine import Machine, with_card
from mandel_core.measurement.record import Record
from mandel_core.measurement.records import FILE_NAME, Records
from mandel_core.measurement.table import COLUMNS, VERSION
from mandel_core.model.settings import Keywords, SweepKeywords
from mandel_core.worker.tasks import Render

VIEW = Viewport.from_bounds(-2, 1, -1, 1, 30, 20)
MEASURED = Measurement(VIEW, Settings("chunked"), (0.25, 0.5), 1.0, 3.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / FILE_NAME


@pytest.fixture
def records(path: Path) -> Iterator[Records]:
    records = Records.open(path)
    yield records
    records.close()


def measured(chunksize: int) -> Measurement:
    return replace(MEASURED, settings=Settings("chunked", chunksize=chunksize))


def chunksizes(records: Records) -> list[int]:
    return [record.measurement.chunksize for record in records.find()]


seconds = st.floats(0, 1e6)
decimals = st.decimals(-4, 4, allow_nan=False, allow_infinity=False, places=40)
measurements = st.builds(
    Measurement,
    st.builds(
        Viewport,
        *(decimals, decimals, decimals.map(abs), decimals.map(abs)),
        *(st.integers(1, 4000), st.integers(1, 4000)),
    ),
    st.builds(
        Settings,
        st.sampled_from([*STAGES.names, "mine"]),
        maxiter=st.integers(1, 10**7),
        horizon=st.floats(2, 2.0**63),
        chunksize=st.integers(1, 10**7),
        device=st.sampled_from(["cpu", "cuda", "cuda:1"]),
        threads=st.none() | st.integers(1, 1024),
        dtype=st.sampled_from(["float32", "float64"]),
    ),
    st.lists(seconds, min_size=1, max_size=20).map(tuple),
    *(seconds, seconds, st.none(), st.integers(0, 99), st.floats(0, 1)),
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(measurement=measurements, kind=st.sampled_from(["measured", "frame"]))
def test_a_record_comes_back_as_it_was(records, path, measurement, kind):
    added = records.add(measurement, kind)
    again = Records.open(path)
    newest = again.find()[0]
    again.close()
    assert newest == added
    assert newest.measurement == measurement
    # Decimals that are equal may have been written differently.
    assert str(newest.measurement.view) == str(measurement.view)
    here = with_card(Machine.here(), measurement.settings.device)
    assert (newest.kind, newest.machine) == (kind, here)
    assert newest.when.utcoffset() == timedelta(0)
    assert records.notice == ""


def test_the_newest_come_first_and_by_stage(records):
    for size in (3, 1, 2):
        records.add(measured(size))
    numpy = records.add(replace(MEASURED, settings=Settings("numpy")))
    assert chunksizes(records)[1:] == [2, 1, 3]
    assert records.find()[0] == records.find("numpy")[0] == numpy
    assert len(records.find("chunked")) == 3
    assert records.find("where") == []


def test_failures_are_not_stored(records):
    failure = StageFailure("chunked", "error", "It failed.")
    assert records.add(Measurement(VIEW, Settings("chunked"), failure=failure)) is None
    assert records.find() == []


def test_of_too_many_the_oldest_go(records, monkeypatch):
    monkeypatch.setattr(module, "MOST_RECORDS", 3)
    for size in range(1, 6):
        records.add(measured(size))
    assert chunksizes(records) == [5, 4, 3]


@pytest.mark.parametrize("damage", ["nonsense", "cut", "overwritten"])
def test_a_damaged_file_is_moved_aside_and_a_new_one_begun(path, damage):
    before = Records.open(path)
    for size in range(1, 200):
        before.add(measured(size))
    before.close()
    whole = path.read_bytes()
    broken = {
        "nonsense": b"These are no results." * 100,
        "cut": whole[: len(whole) // 2],
        "overwritten": whole[:5000] + b"\xff" * 9000 + whole[14000:],
    }[damage]
    path.write_bytes(broken)
    records = Records.open(path)
    (aside,) = path.parent.glob(f"{FILE_NAME}.damaged-*")
    assert aside.read_bytes() == broken
    assert str(aside) in records.notice
    records.add(measured(7))
    records.close()
    again = Records.open(path)
    assert chunksizes(again) == [7]
    assert again.notice == ""
    again.close()


def test_a_file_damaged_while_in_use_costs_nothing_new(path, records):
    records.add(measured(1))
    path.write_bytes(b"\xff" * path.stat().st_size)
    records.add(measured(2))
    assert "damaged" in records.notice
    assert chunksizes(records) == [2]


def test_while_another_program_holds_the_file_results_wait_in_memory(path, records):
    records.add(measured(1))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    records.add(measured(2))
    assert "Another program" in records.notice
    assert chunksizes(records) == [2, 1]
    other.execute("COMMIT")
    other.execute("BEGIN EXCLUSIVE")
    late = Records.open(path)
    assert "Another program" in late.notice
    late.add(measured(3))
    assert chunksizes(late) == [3]
    other.execute("COMMIT")
    other.close()
    records.add(measured(4))
    late.add(measured(5))
    assert records.notice == late.notice == ""
    assert chunksizes(records) == chunksizes(late) == [5, 3, 4, 2, 1]
    late.close()


@pytest.mark.parametrize("other", ["PRAGMA user_version = 99", "CREATE TABLE mine (x)"])
def test_a_file_of_another_version_is_left_as_it_is(path, other):
    path.parent.mkdir()
    with sqlite3.connect(path) as file:
        file.execute(other)
    file.close()
    before = path.read_bytes()
    records = Records.open(path)
    assert "another version" in records.notice
    records.add(measured(2))
    assert chunksizes(records) == [2]
    records.close()
    assert path.read_bytes() == before


def test_where_no_file_can_be_made_results_are_kept_in_memory(tmp_path):
    (tmp_path / "file").write_text("")
    records = Records.open(tmp_path / "file" / FILE_NAME)
    assert "cannot be used" in records.notice
    records.add(measured(3))
    assert chunksizes(records) == [3]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to_is_said(path, records):
    records.add(measured(1))
    records.close()
    path.chmod(0o400)
    path.parent.chmod(0o500)
    reader = Records.open(path)
    reader.add(measured(2))
    assert "cannot be used" in reader.notice
    assert chunksizes(reader) == [2, 1]
    path.parent.chmod(0o700)


def test_a_file_that_can_only_be_read_is_read(path, records, monkeypatch):
    """As root sees no permissions, the connection is what cannot write."""
    records.add(measured(1))
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda path, **how: connect(f"file:{path}?mode=ro", uri=True)
    )
    reader = Records.open(path)
    reader.add(measured(2))
    assert "cannot be used" in reader.notice
    assert chunksizes(reader) == [2, 1]
    reader.close()


def test_a_row_that_makes_no_sense_is_passed_over(path, records):
    for size in (1, 2, 3):
        records.add(measured(size))
    with sqlite3.connect(path) as file:
        file.execute("UPDATE records SET width = 'wide' WHERE chunksize = 2")
        file.execute("UPDATE records SET run_seconds = NULL WHERE chunksize = 3")
    file.close()
    assert chunksizes(records) == [1]
    assert records.notice == ""


def test_many_threads_may_write(records):
    def write(first: int) -> None:
        for size in range(first, first + 10):
            records.add(measured(size))

    threads = [threading.Thread(target=write, args=(10 * n + 1,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(chunksizes(records)) == list(range(1, 41))


def test_several_processes_may_write(path, records):
    code = (
        "import sys\n"
        "from mandel_core import Measurement, Settings, Viewport\n"
        "from mandel_core.measurement.records import Records\n"
        "view, records = Viewport.from_bounds(-2, 1, -1, 1, 3, 2), Records.open(sys.argv[1])\n"
        "for size in range(1, 21):\n"
        "    records.add(Measurement(view, Settings('chunked', chunksize=size), (1.0,)))\n"
        "assert not records.notice, records.notice\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert sorted(chunksizes(records)) == sorted([*range(1, 21)] * 3)


def test_the_file_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("MANDEL_EXPLORER_DATA", str(tmp_path / "here"))
    records = Records.open()
    records.add(measured(1))
    records.close()
    assert (tmp_path / "here" / FILE_NAME).is_file()
    monkeypatch.delenv("MANDEL_EXPLORER_DATA")
    assert "mandel-explorer" in module.default_path().parts


# What files of version 3 have at least; a name that goes is a new version, one that comes is not.
OF_VERSION_3 = (
    *("kind", "moment", "x", "y", "width", "height", "nx", "ny"),
    *("stage", "maxiter", "horizon", "chunksize", "device", "threads", "dtype"),
    *("formula", "formula_c"),
    *("run_seconds", "first_seconds", "compile_seconds", "retaken", "busy"),
    *("processor", "cores", "python", "torch", "numpy", "numba", "instruction_set", "step"),
)


def test_a_column_less_is_a_new_version():
    """Else a file of the version before would be read wrongly: raise VERSION with this list."""
    assert VERSION == 3
    assert set(OF_VERSION_3) <= set(COLUMNS)


# Another value of each field: whoever adds one to Settings says here what another would be.
OTHERS: dict[str, Any] = {
    "stage": "planes",
    "maxiter": 201,
    "horizon": 8.0,
    "chunksize": 11,
    "device": "cuda",
    "threads": 3,
    "dtype": "float64",
    "formula": "julia",
    "formula_c": 0.25 + 0.5j,
}
AXES = {"stage", "chunksize"}  # of the chart, which has them side by side


@pytest.mark.parametrize("name", [field.name for field in fields(Settings)])
def test_every_setting_tells_measurements_apart_and_is_stored(path, records, name):
    start = Settings("chunked", threads=2)
    if name == "formula_c":
        start = replace(start, formula="julia")
    other = replace(start, **{name: OTHERS[name]})
    record = records.add(replace(MEASURED, settings=start))
    assert record.same_setting(VIEW, start)
    assert record.same_setting(VIEW, other) is (name in AXES)
    records.add(replace(MEASURED, settings=other))
    assert Records.open(path).find()[0].measurement.settings == other
    # What is compiled serves both, or does not.
    keys = {Render(VIEW, one).compile_key for one in (start, other)}
    assert len(keys) == (1 if name in {"maxiter", "formula_c"} else 2)


def test_the_keywords_are_the_fields():
    hints = get_type_hints(Settings)
    known = get_type_hints(Keywords)
    assert hints == {"stage": str, "maxiter": int, **known}
    points = {"chunksize", "threads"}  # of a sweep
    assert get_type_hints(SweepKeywords) == {k: v for k, v in known.items() if k not in points}


def test_a_file_without_a_later_column_gets_it(path, records, monkeypatch):
    records.add(measured(3))
    records.close()

    @dataclass(frozen=True)
    class More(Settings):
        seed: int = 0

    names = tuple(field.name for field in fields(More))
    monkeypatch.setattr(table, "Settings", More)
    monkeypatch.setattr(table, "_SETTINGS", names)
    columns = (*COLUMNS, "seed")
    monkeypatch.setattr(table, "COLUMNS", columns)
    monkeypatch.setattr(table, "_SELECT", f"SELECT {', '.join(columns)} FROM records")
    monkeypatch.setattr(table, "_DEFAULTS", {**table._DEFAULTS, "seed": 0})
    later = Records.open(path)
    assert not later.notice
    (old,) = later.find()
    assert old.measurement.settings == More("chunked", chunksize=3)
    later.close()
    monkeypatch.undo()  # the program before adds to the same file
    before = Records.open(path)
    before.add(measured(4))
    assert not before.notice
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT seed FROM records").fetchall() == [(0,)] * 2
    file.close()
    # In a word that need not be said: what has no words is told by its name.
    assert More("chunked").differences(More("chunked", seed=1), ()) == ("seed",)
    assert More("chunked").compiled_for(()) != More("chunked", seed=1).compiled_for(())


def test_a_file_of_version_1_gets_what_it_lacks(tmp_path):
    path = tmp_path / "results.sqlite"
    later = ("formula", "formula_c", "instruction_set")
    columns = [name for name in COLUMNS if name not in later]
    with sqlite3.connect(path) as file:
        file.execute(f"CREATE TABLE records (id INTEGER PRIMARY KEY, {', '.join(columns)})")
        row = {
            "kind": "measured",
            "moment": "2026-01-02T03:04:05+00:00",
            "step": "abc",
            "x": "-0.75",
            "y": "0",
            "width": "3",
            "height": "2.5",
            "nx": 97,
            "ny": 81,
            "stage": "chunked",
            "maxiter": 200,
            "horizon": 2.0**40,
            "chunksize": 10,
            "device": "cpu",
            "threads": None,
            "dtype": "float32",
            "run_seconds": "[0.5]",
            "first_seconds": 1.0,
            "compile_seconds": 0.0,
            "retaken": 0,
            "busy": 0.0,
            "processor": "p",
            "cores": 2,
            "python": "3",
            "torch": "2",
            "numpy": "2",
            "numba": "0",
        }
        marks = ", ".join("?" * len(columns))
        file.execute(
            f"INSERT INTO records ({', '.join(columns)}) VALUES ({marks})",
            [row[name] for name in columns],
        )
        file.execute("PRAGMA user_version = 1")
    file.close()
    records = Records(path)
    assert not records.notice
    (old,) = records.find()
    assert old.measurement.settings == Settings("chunked")
    assert "instruction set" in old.differences(VIEW, Settings("chunked")), "it was not noted then"
    julia = Settings("fast", formula="julia", formula_c=0.25 - 0.5j)
    records.add(replace(MEASURED, settings=julia))
    assert records.find()[0].measurement.settings == julia
    assert "formula" in old.differences(VIEW, replace(julia, stage="chunked"))
    records.close()


def test_a_record_tells_how_it_differs_from_now():
    here = Machine.here()
    now = Settings("planes", threads=here.cores)
    record = Record(replace(MEASURED, settings=Settings("chunked", chunksize=50)))
    assert record.same_setting(VIEW, now), "stage and chunk size are the chart's own"
    elsewhere = replace(VIEW, x=Decimal("-0.5" + "0" * 40 + "1"))
    assert record.differences(elsewhere, now) == ("viewport",)
    assert record.differences(VIEW, replace(now, threads=here.cores + 1)) == ("threads",)
    assert record.differences(VIEW, replace(now, device="cuda", dtype="float64")) == (
        "device",
        "precision",
    )
    later = replace(here, torch="99.0", numba="99.0")
    assert record.differences(VIEW, now, later) == ("torch version", "numba version")
    assert record.differences(VIEW, now, replace(here, processor="Z80")) == ("machine",)
    confined = replace(here, instruction_set="none")
    assert record.differences(VIEW, now, confined) == ("instruction set",)
    assert not record.same_setting(VIEW, replace(now, maxiter=201))


def test_a_record_of_a_card_tells_which(records, tmp_path, monkeypatch):
    card = tmp_path / "0000:00:06.0" / "information"
    card.parent.mkdir()
    card.write_text("Model: \t\t NVIDIA H200\nIRQ:   \t\t 41\n")
    monkeypatch.setattr("mandel_core.measurement.machine.CARDS", tmp_path)
    on_card = Settings("planes", device="cuda")
    records.add(replace(MEASURED, settings=on_card))
    records.add(replace(MEASURED, settings=replace(on_card, device="cpu")))
    on_cpu, record = records.find()
    assert record.machine.processor.endswith(" with NVIDIA H200")
    assert on_cpu.machine == Machine.here()
    assert record.same_setting(VIEW, on_card)
    card.write_text("Model: \t\t NVIDIA H100\n")
    assert record.differences(VIEW, on_card) == ("machine",)


def test_what_makes_no_difference_to_a_stage_does_not_count():
    numpy = Record(replace(MEASURED, settings=Settings("numpy", threads=1)))
    assert numpy.same_setting(VIEW, Settings("numpy", threads=7, device="cuda"))
    mine = Record(replace(MEASURED, settings=Settings("mine", threads=1)))
    assert mine.differences(VIEW, Settings("mine", threads=7)) == ("threads",)


def test_an_edited_step_is_another_step(records, monkeypatch):
    def first(n, c, Z, N, horizon):
        return Z, N

    def second(n, c, Z, N, horizon):
        return Z + c, N

    own = replace(MEASURED, settings=Settings("edited"))
    try:
        register_stage("edited", first, compile=False)
        record = records.add(own)
        assert record.same_setting(VIEW, own.settings)
        register_stage("edited", second, compile=False)
        assert record.differences(VIEW, own.settings) == ("step",)
        again = records.add(own)
        assert again.same_setting(VIEW, own.settings)
        # So is one with another loop around it.
        monkeypatch.setattr(record_module, "text_of", lambda module: f"edited {module}")
        record_module._fingerprint.cache_clear()
        assert again.differences(VIEW, own.settings) == ("step",)
    finally:
        record_module._fingerprint.cache_clear()
        STAGES.remove("edited")


def test_the_threads_of_another_machine_are_that_machines():
    there = replace(Machine.here(), cores=32)
    assert Record(MEASURED, machine=there).threads == 32
