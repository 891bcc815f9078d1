"""The table that records are stored in: one column a number, exact decimals as text."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable
from dataclasses import MISSING, astuple, fields
from datetime import datetime
from typing import Any

from mandel_core.measurement.machine import Machine
from mandel_core.measurement.record import Record
from mandel_core.model.results import Measurement
from mandel_core.model.settings import Settings
from mandel_core.model.viewport import Viewport

# Of the meaning of what is in the file; fields that are only added do not change it.
VERSION = 3

# From the first sample to the last; files of older versions have these names.
_VIEW = ("x", "y", "width", "height", "nx", "ny")
_SETTINGS = tuple(field.name for field in fields(Settings))
_TIMES = ("run_seconds", "first_seconds", "compile_seconds", "retaken", "busy")
_MACHINE = tuple(field.name for field in fields(Machine))
COLUMNS = ("kind", "moment", *_VIEW, *_SETTINGS, *_TIMES, *_MACHINE, "step")

# Columns without a type keep what they are given. The names are those of the dataclasses: one that
# changes there is another VERSION. What Settings and Machine get, a file gets when it is opened.
_DEFAULTS = {
    field.name: field.default
    for field in (*fields(Settings), *fields(Machine))
    if field.default is not MISSING
}
_CREATE = f"CREATE TABLE records (id INTEGER PRIMARY KEY, {', '.join(COLUMNS)})"
_INSERT = f"INSERT INTO records ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
_SELECT = f"SELECT {', '.join(COLUMNS)} FROM records"


class UnknownVersion(Exception):
    """The file holds something else than this version of the program stores."""


def prepare(file: sqlite3.Connection) -> None:
    """See that the table is there.

    A file of an earlier time gets the columns it lacks, with the defaults that were the only values
    then, and that are those of rows which an earlier version of the program adds later.

    Raises UnknownVersion if the file is a later version's or something else, sqlite3.Error if it
    is unusable.
    """
    words = file.execute("PRAGMA quick_check(1)").fetchone()[0]
    if words != "ok":
        damage = sqlite3.DatabaseError(words)
        damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise damage
    file.execute("PRAGMA synchronous = NORMAL")
    if _version(file) == VERSION and not _missing(file):
        return
    with file:
        file.execute("BEGIN IMMEDIATE")  # another process may be at the same
        if 1 <= _version(file) <= VERSION:
            _add(file, _missing(file))
        elif _version(file) or file.execute("SELECT * FROM sqlite_master").fetchone():
            raise UnknownVersion
        else:
            file.execute(_CREATE)
        file.execute(f"PRAGMA user_version = {VERSION}")


def _missing(file: sqlite3.Connection) -> list[str]:
    there = {row[1] for row in file.execute("PRAGMA table_info(records)")}
    return [name for name in COLUMNS if name not in there]


def _add(file: sqlite3.Connection, names: Iterable[str]) -> None:
    """Add columns. Raises UnknownVersion for one whose values cannot be known."""
    for name in names:
        if name not in _DEFAULTS:
            raise UnknownVersion
        (value,) = file.execute("SELECT quote(?)", (_stored(_DEFAULTS[name]),)).fetchone()
        file.execute(f"ALTER TABLE records ADD COLUMN {name} DEFAULT {value}")


def _stored(value: Any) -> Any:
    return str(value) if isinstance(value, complex) else value


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
            records.append(_record(dict(zip(COLUMNS, row, strict=True))))
    return records


def _row(record: Record) -> tuple[Any, ...]:
    measured = record.measurement
    view, settings = measured.view, measured.settings
    return (
        record.kind,
        record.when.isoformat(),
        *(str(view.x), str(view.y), str(view.span_x), str(view.span_y), view.nx, view.ny),
        *map(_stored, astuple(settings)),
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
