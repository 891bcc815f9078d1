"""Results that outlast the program: measurements in a small SQLite file, newest first.

Whatever is wrong with the file, what is measured now is not lost while the program runs: it is
kept in memory, and `Records.notice` says why.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from mandel_core.measurement import table
from mandel_core.measurement.machine import Machine, with_card
from mandel_core.measurement.record import Kind, Record, fingerprint
from mandel_core.model.results import Measurement

T = TypeVar("T")

FILE_NAME = "results.sqlite"
MOST_RECORDS = 20_000
# How long to wait for another process that writes. The page waits as well.
PATIENCE_SECONDS = 0.25

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_IN_MEMORY = "new results are kept only until the program ends"


def default_path() -> Path:
    """The file in the user's data folder, or in the folder that MANDEL_EXPLORER_DATA names."""
    import platformdirs

    folder = os.environ.get("MANDEL_EXPLORER_DATA")
    own = Path(folder) if folder else platformdirs.user_data_path("mandel-explorer", False)
    return own / FILE_NAME


class Records:
    """The stored results. Any thread may use it, and several processes the same file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._file: sqlite3.Connection | None = None
        self._unsaved: list[Record] = []
        self._given_up = False
        self._damage = self._trouble = ""
        with self._lock:
            self._with_file(lambda file: None)

    @classmethod
    def open(cls, path: Path | str | None = None) -> Records:
        """The results in `path`, by default those of this user; the file is made if need be.

        Never raises; see `notice`.
        """
        return cls(Path(path) if path is not None else default_path())

    @property
    def notice(self) -> str:
        """What is wrong with the file and what is done instead; "" if nothing.

        It changes with what happens: look again after `add`.
        """
        return " ".join(filter(None, [self._damage, self._trouble]))

    def add(self, measurement: Measurement, kind: Kind = "measured") -> Record | None:
        """Store it; failures are not stored, and give None. Of too many the oldest go."""
        if measurement.failure is not None or not measurement.run_seconds:
            return None
        settings = measurement.settings
        step = fingerprint(settings)
        machine = with_card(Machine.here(), settings.device)
        record = Record(measurement, kind, machine, step=step)
        with self._lock:
            self._unsaved = [*self._unsaved, record][-MOST_RECORDS:]
            self._with_file(self._save)
        return record

    def find(self, stage: str | None = None) -> list[Record]:
        """All records, or those of one stage, newest first."""
        with self._lock:
            unsaved = [r for r in self._unsaved[::-1] if stage in (None, r.measurement.stage)]
            return unsaved + (self._with_file(lambda file: table.select(file, stage)) or [])

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            self._leave()

    def _save(self, file: sqlite3.Connection) -> None:
        table.insert(file, self._unsaved, MOST_RECORDS)
        self._unsaved = []

    def _with_file(self, use: Callable[[sqlite3.Connection], T]) -> T | None:
        """`use(file)`; None if it cannot be had now, of which `notice` then tells."""
        for _ in range(2):  # a damaged file gives way to a new one
            if self._given_up:
                break
            try:
                if self._file is None:
                    self._file = self._opened()
                result = use(self._file)
            except (sqlite3.Error, OSError, table.UnknownVersion) as error:
                if not self._gives_way(error):
                    break
            else:
                if not self._unsaved:
                    self._trouble = ""
                return result
        return None

    def _opened(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = sqlite3.connect(self.path, timeout=PATIENCE_SECONDS, check_same_thread=False)
        try:
            table.prepare(file)
        except BaseException:
            file.close()
            raise
        return file

    def _gives_way(self, error: Exception) -> bool:
        """Say what happened; whether there is now a place for a new file."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _DAMAGED:
            self._leave()
            return self._set_aside()
        if isinstance(error, table.UnknownVersion):
            self._given_up = True
            what = f"{self.path} was written by another version of this program"
        elif code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            what = f"Another program is using {self.path}"
        else:
            what = f"{self.path} cannot be used ({error})"
        self._trouble = f"{what}; {_IN_MEMORY}{'' if self._given_up else ' or this has passed'}."
        return False

    def _set_aside(self) -> bool:
        mark = f".damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
        aside = self.path.with_name(self.path.name + mark)
        try:
            self.path.rename(aside)
            # What SQLite would else take for unfinished work on the new file.
            for suffix in ("-journal", "-wal", "-shm"):
                with contextlib.suppress(FileNotFoundError):
                    Path(f"{self.path}{suffix}").rename(f"{aside}{suffix}")
        except OSError as error:
            self._given_up = True
            self._trouble = f"{self.path} is damaged and cannot be moved ({error}); {_IN_MEMORY}."
            return False
        self._damage = f"The stored results were damaged; they were moved to {aside}."
        return True

    def _leave(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
