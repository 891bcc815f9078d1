"""What has been measured on this machine, by anyone and over restarts, for the lab to show."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache

from dashboard.marks import COMPILED_SECONDS, Mark
from mandel_core import STAGES, Measurement, Settings, Viewport
from mandel_core.record import Kind, Record, fingerprint
from mandel_core.records import Records

# Of what was measured elsewhere a chart shows the newest; more would be a cloud.
MOST_ELSEWHERE = 200
# Older ones stay in the file.
MOST_KNOWN = 4000

# Writing waits for other programs that use the file; nobody waits for writing.
_writer = ThreadPoolExecutor(1, thread_name_prefix="records")


@cache
def records() -> Records:
    """The file of results."""
    return Records.open()


@cache
def _known() -> list[Record]:
    """All results, the oldest first: those of the file when first asked, then those of today."""
    return records().find()[:MOST_KNOWN][::-1]


def notice() -> str:
    """What is wrong with the file of results and what is done instead; "" if nothing."""
    return records().notice


def add(measured: Measurement, kind: Kind = "measured") -> None:
    """Keep a result; failures are not kept."""
    if measured.failure is None:
        _known().append(Record(measured, kind, step=fingerprint(measured.stage)))
        _writer.submit(records().add, measured, kind)


@dataclass
class Points:
    """Results of one stage: of this setting, drawn frames of this setting, of others."""

    here: list[Mark] = field(default_factory=list)
    drawn: list[Mark] = field(default_factory=list)
    elsewhere: list[Mark] = field(default_factory=list)


def points(view: Viewport, settings: Settings) -> Points:
    """What is known of a stage at all chunk sizes; the newest for each where it is of now.

    Compiling is known from the newest that compiled.
    """
    found = Points()
    measured: dict[int, Record] = {}
    drawn: set[int] = set()
    for record in _newest(settings.stage):
        size = record.measurement.chunksize
        if differences := record.differences(view, settings):
            if len(found.elsewhere) < MOST_ELSEWHERE:
                found.elsewhere.append(_mark(record, differences))
        elif record.kind == "frame" and size not in drawn:
            drawn.add(size)
            found.drawn.append(_mark(record))
        elif record.kind == "measured":
            measured[size] = _with_compiling(measured.get(size), record)
    found.here += map(_mark, measured.values())
    return found


def latest(view: Viewport, settings: Settings) -> Measurement | None:
    """The newest measurement of exactly this, on this machine with today's versions.

    What compiling took is told by the newest that compiled.
    """
    chunks = "chunksize" in STAGES[settings.stage].varies
    found: Record | None = None
    for record in _newest(settings.stage):
        if (
            record.kind == "measured"
            and not (chunks and record.measurement.chunksize != settings.chunksize)
            and record.same_setting(view, settings)
        ):
            found = _with_compiling(found, record)
            if _compiled(found):
                break
    return found.measurement if found else None


def _compiled(record: Record) -> bool:
    return record.measurement.compile_seconds > COMPILED_SECONDS


def _with_compiling(newer: Record | None, older: Record) -> Record:
    """The newer result; if it found all compiled, with what compiling had taken the older."""
    if newer is None or _compiled(newer) or not _compiled(older):
        return newer or older
    spent = older.measurement.compile_seconds
    return replace(newer, measurement=replace(newer.measurement, compile_seconds=spent))


def _newest(stage: str) -> Iterator[Record]:
    return (record for record in reversed(_known()) if record.measurement.stage == stage)


def _mark(record: Record, differences: tuple[str, ...] = ()) -> Mark:
    machine = record.machine
    versions = f"torch {machine.torch}, NumPy {machine.numpy}, Numba {machine.numba}"
    if "machine" in differences:
        versions = f"{machine.processor}; {versions}"
    if record.measurement.settings.threads is None:
        settings = replace(record.measurement.settings, threads=record.threads)
        record = replace(record, measurement=replace(record.measurement, settings=settings))
    return Mark(
        record.measurement, versions, f"{record.when:%Y-%m-%d %H:%M} UTC", ", ".join(differences)
    )
