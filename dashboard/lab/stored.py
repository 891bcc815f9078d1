"""What has been measured on this machine, by anyone and over restarts, for the lab to show."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache

from dashboard.lab.known import Known
from dashboard.lab.marks import COMPILED_SECONDS, Mark
from mandel_core import STAGES, Measurement, Settings, Viewport
from mandel_core.measurement.machine import Machine, with_card
from mandel_core.measurement.record import Kind, Record, fingerprint
from mandel_core.measurement.records import Records
from mandel_core.model.failures import without_folders
from mandel_core.worker.tasks import Picture

Listener = Callable[[Measurement], None]

_log = logging.getLogger(__name__)

# Of results for other views and machines a chart shows the newest; more cannot be told apart.
MOST_ELSEWHERE = 200
# So many results are kept in memory; older ones stay in the file.
MOST_KNOWN = 4000

# Writing may wait for other programs that use the file, so it has a thread of its own.
_writer = ThreadPoolExecutor(1, thread_name_prefix="records")


# Held while the file is opened and read, so that a second thread does not read it as well.
_opening = threading.RLock()
_logged = ""

# Called with each new result; a listener whose object no longer exists is dropped.
_listeners: list[weakref.WeakMethod[Listener]] = []


def records() -> Records:
    """The file of results."""
    with _opening:
        return _opened()


@cache
def _opened() -> Records:
    found = Records.open()
    _log_change(found.notice)
    return found


def _known() -> Known:
    """The newest results: those of the file when first asked, then those of today."""
    with _opening:
        return _read()


@cache
def _read() -> Known:
    return Known(MOST_KNOWN, records().find()[:MOST_KNOWN][::-1])


def notice() -> str:
    """What is wrong with the file of results and what is done instead; "" if nothing.

    For a page: the folder it lies in is only told to the log.
    """
    return without_folders(records().notice)


def watch(listener: Listener) -> None:
    """Call a method with each result that is kept from now on, as long as its object is there.

    It is called in whatever thread keeps the result.
    """
    with _opening:
        _listeners[:] = [one for one in _listeners if one() is not None]
        _listeners.append(weakref.WeakMethod(listener))


def add(
    measured: Measurement,
    kind: Kind = "measured",
    on_notice: Callable[[str], None] = lambda notice: None,
) -> None:
    """Keep a result; failures are not kept.

    on_notice : called with `notice()` once it is written or could not be, in another thread.
    """
    if measured.failure is None:
        machine = with_card(Machine.here(), measured.settings.device)
        step = fingerprint(measured.settings)
        _known().add(Record(measured, kind, machine, step=step))
        _writer.submit(_write, measured, kind, on_notice)
        for listener in [one() for one in tuple(_listeners)]:
            if listener is not None:
                listener(measured)


def add_drawn(picture: Picture, on_notice: Callable[[str], None] = lambda notice: None) -> None:
    """Keep how long a picture of a view at rest took, where that says something.

    If chunks made it, its own time is a point of the chart. What compiling it took is kept of any
    stage, to tell whoever waits for it another time.
    """
    chunked = "chunksize" in STAGES[picture.settings.stage].varies
    if chunked or picture.compile_seconds > COMPILED_SECONDS:
        times = (picture.run_seconds,), 0.0, picture.compile_seconds
        add(Measurement(picture.view, picture.settings, *times), "frame", on_notice)


def _write(measured: Measurement, kind: Kind, on_notice: Callable[[str], None]) -> None:
    records().add(measured, kind)
    _log_change(records().notice)
    on_notice(notice())


def _log_change(words: str) -> None:
    """Write to the log what has changed since it was written there last."""
    global _logged  # noqa: PLW0603 - a process has one log
    if words != _logged:
        _logged = words
        _log.warning("%s", words or "Results are stored again.")


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
    for record in _known().of_stage(settings.stage):
        if len(found.elsewhere) == MOST_ELSEWHERE:
            break
        if differences := record.differences(view, settings):
            found.elsewhere.append(_mark(record, differences))
    measured: dict[int, Record] = {}
    drawn: set[int] = set()
    for record in _known().like(view, settings):
        size = record.measurement.chunksize
        if not record.same_setting(view, settings):
            continue
        if record.kind == "measured":
            measured[size] = _with_compiling(measured.get(size), record)
        elif size not in drawn:
            drawn.add(size)
            found.drawn.append(_mark(record))
    found.here += map(_mark, measured.values())
    return found


def compile_seconds(settings: Settings) -> float | None:
    """How long compiling this has taken here, on any view; None if it never was, or is unknown.

    The newest that compiled counts, with the same chunk size where there are chunks.
    """
    here = Machine.here()
    chunks = "chunksize" in STAGES[settings.stage].varies
    for record in _known().of_stage(settings.stage):
        same = record.measurement.settings
        if (
            record.machine == here
            and _compiled(record)
            and (same.device, same.dtype) == (settings.device, settings.dtype)
            and not (chunks and same.chunksize != settings.chunksize)
        ):
            return record.measurement.compile_seconds
    return None


def latest(view: Viewport, settings: Settings) -> Measurement | None:
    """The newest measurement of exactly this, on this machine with today's versions.

    What compiling took is told by the newest that compiled.
    """
    found = latest_record(view, settings)
    return found.measurement if found else None


def latest_record(view: Viewport, settings: Settings) -> Record | None:
    """The same, with when it was made."""
    chunks = "chunksize" in STAGES[settings.stage].varies
    found: Record | None = None
    for record in _known().like(view, settings):
        if (
            record.kind == "measured"
            and not (chunks and record.measurement.chunksize != settings.chunksize)
            and record.same_setting(view, settings)
        ):
            found = _with_compiling(found, record)
            if _compiled(found):
                break
    return found


def _compiled(record: Record) -> bool:
    return record.measurement.compile_seconds > COMPILED_SECONDS


def _with_compiling(newer: Record | None, older: Record) -> Record:
    """The newer result; if it found all compiled, with what compiling had taken the older."""
    if newer is None or _compiled(newer) or not _compiled(older):
        return newer or older
    spent = older.measurement.compile_seconds
    return replace(newer, measurement=replace(newer.measurement, compile_seconds=spent))


def _mark(record: Record, differences: tuple[str, ...] = ()) -> Mark:
    machine = record.machine
    versions = f"torch {machine.torch}, NumPy {machine.numpy}, Numba {machine.numba}"
    if "machine" in differences:
        versions = f"{machine.processor}; {versions}"
    if "instruction set" in differences:
        versions = f"{machine.instruction_set or 'unknown instruction set'}; {versions}"
    if record.measurement.settings.threads is None:
        settings = replace(record.measurement.settings, threads=record.threads)
        record = replace(record, measurement=replace(record.measurement, settings=settings))
    return Mark(
        record.measurement, versions, f"{record.when:%Y-%m-%d %H:%M} UTC", ", ".join(differences)
    )
