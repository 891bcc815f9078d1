"""What has been measured on this machine, by anyone and over restarts, for the lab to show."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache

from dashboard.marks import Mark
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
    """What is known of a stage at all chunk sizes; the newest for each where it is of now."""
    found = Points()
    measured: set[int] = set()
    drawn: set[int] = set()
    for record in _newest(settings.stage):
        size = record.measurement.chunksize
        if differences := record.differences(view, settings):
            if len(found.elsewhere) < MOST_ELSEWHERE:
                found.elsewhere.append(_mark(record, differences))
        elif record.kind == "frame" and size not in drawn:
            drawn.add(size)
            found.drawn.append(_mark(record))
        elif record.kind == "measured" and size not in measured:
            measured.add(size)
            found.here.append(_mark(record))
    return found


def latest(view: Viewport, settings: Settings) -> Measurement | None:
    """The newest measurement of exactly this, on this machine with today's versions."""
    chunks = "chunksize" in STAGES[settings.stage].varies
    for record in _newest(settings.stage):
        if (
            record.kind == "measured"
            and not (chunks and record.measurement.chunksize != settings.chunksize)
            and record.same_setting(view, settings)
        ):
            return record.measurement
    return None


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
