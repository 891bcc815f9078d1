"""The table that records are stored in: one column a number, exact decimals as text."""

from __future__ import annotations

import contextlib
import itertools
import json
import sqlite3
from collections.abc import Iterable
from dataclasses import astuple, fields
from datetime import datetime
from typing import Any

from mandel_core.measurement.machine import Machine
from mandel_core.measurement.record import Record
from mandel_core.model.results import Measurement
from mandel_core.model.settings import Settings
from mandel_core.model.viewport import Viewport

VERSION = 3

# From the first sample to the last; files of older versions have these names.
_VIEW = ("x", "y", "width", "height", "nx", "ny")
_SETTINGS = tuple(field.name for field in fields(Settings))
_TIMES = ("run_seconds", "first_seconds", "compile_seconds", "retaken", "busy")
_MACHINE = tuple(field.name for field in fields(Machine))
_COLUMNS = ("kind", "moment", *_VIEW, *_SETTINGS, *_TIMES, *_MACHINE, "step")

# Columns without a type keep what they are given. The names are those of the dataclasses: a change
# there is another VERSION, and a field that Settings or Machine gets is one more of _ADDED.
_ADDED = {  # to the columns of this version, by the next
    1: ("formula", "formula_c"),
    2: ("instruction_set",),
}
_CREATE = f"CREATE TABLE records (id INTEGER PRIMARY KEY, {', '.join(_COLUMNS)})"
_INSERT = f"INSERT INTO records ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM records"


class UnknownVersion(Exception):
    """The file holds something else than this version of the program stores."""


def prepare(file: sqlite3.Connection) -> None:
    """See that the table is there.

    A file of an earlier version gets the columns it lacks, with the defaults that were the only
    values then.

    Raises UnknownVersion if the file is a later version's or something else, sqlite3.Error if it
    is unusable.
    """
    words = file.execute("PRAGMA quick_check(1)").fetchone()[0]
    if words != "ok":
        damage = sqlite3.DatabaseError(words)
        damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise damage
    file.execute("PRAGMA synchronous = NORMAL")
    if _version(file) == VERSION:
        return
    with file:
        file.execute("BEGIN IMMEDIATE")  # another process may be at the same
        if _version(file) == VERSION:
            return
        if _version(file) in _ADDED:
            _migrate(file, _version(file))
        elif _version(file) or file.execute("SELECT * FROM sqlite_master").fetchone():
            raise UnknownVersion
        else:
            file.execute(_CREATE)
        file.execute(f"PRAGMA user_version = {VERSION}")


def _migrate(file: sqlite3.Connection, version: int) -> None:
    defaults = {field.name: field.default for field in (*fields(Settings), *fields(Machine))}
    for name in itertools.chain(*(_ADDED[past] for past in range(version, VERSION))):
        file.execute(f"ALTER TABLE records ADD COLUMN {name}")
        file.execute(f"UPDATE records SET {name} = ?", (defaults[name],))


def _version(file: sqlite3.Connection) -> int:
    version: int = file.execute("PRAGMA user_version").fetchone()[0]
    return version


def insert(file: sqlite3.Connection, records: Iterable[Record], most: int) -> None:
    """Append the records, and drop the oldest but `most`."""
    with file:
        file.executemany(_INSERT, map(_row, records))
        file.execute("DELETE FROM records WHERE id <= (SELECT max(id) FROM records) - ?", (most,))


def select(file: sqlite3.Connection, stage: str | None) -> list[Record]:
    """The records, or those of one stage, newest first."""
    where = "" if stage is None else " WHERE stage = ?"
    found = file.execute(f"{_SELECT}{where} ORDER BY id DESC", () if stage is None else (stage,))
    records = []
    for row in found:
        with contextlib.suppress(ValueError, TypeError):  # a row edited by hand
            records.append(_record(dict(zip(_COLUMNS, row, strict=True))))
    return records


def _row(record: Record) -> tuple[Any, ...]:
    measured = record.measurement
    view, settings = measured.view, measured.settings
    return (
        record.kind,
        record.when.isoformat(),
        *(str(view.x), str(view.y), str(view.span_x), str(view.span_y), view.nx, view.ny),
        *(str(value) if isinstance(value, complex) else value for value in astuple(settings)),
        json.dumps(measured.run_seconds),
        *(getattr(measured, name) for name in _TIMES[1:]),
        *astuple(record.machine),
        record.step,
    )


def _record(row: dict[str, Any]) -> Record:
    times = {name: row[name] for name in _TIMES[1:]}
    return Record(
        Measurement(
            Viewport(*(row[name] for name in _VIEW)),
            Settings(**{name: row[name] for name in _SETTINGS}),
            tuple(map(float, json.loads(row["run_seconds"]))),
            **times,
        ),
        row["kind"],
        Machine(**{name: row[name] for name in _MACHINE}),
        datetime.fromisoformat(row["moment"]),
        row["step"],
    )
