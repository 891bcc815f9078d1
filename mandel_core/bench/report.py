"""Everything that was measured, and on what, as JSON has it."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import version
from statistics import median
from typing import Any

from mandel_core.bench.cases import Case
from mandel_core.bench.peak import SLOTS_PER_ITERATION
from mandel_core.bench.running import Measured
from mandel_core.bench.scenes import Scene
from mandel_core.measurement.machine import Machine

VERSIONS = ("torch", "numpy", "numba", "mandel-explorer")


def report(scenes: list[Scene], measured: Measured, repeats: int, limit: float) -> dict[str, Any]:
    """The result of a run as plain values."""
    machine = Machine.here()
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cpu": machine.processor,
            "instruction_set": machine.instruction_set,
            "cores": machine.cores,
            "system": f"{platform.system()} {platform.machine()}",
        },
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in VERSIONS},
        },
        "repeats": repeats,
        "limit_seconds": limit,
        "peaks": [
            {
                "dtype": dtype,
                "threads": threads,
                "multiply_adds_per_second": rate,
                "bound_iterations_per_second": rate / SLOTS_PER_ITERATION,
            }
            for (dtype, threads), rate in measured.peaks.items()
        ],
        "scenes": [_scene(scene, measured) for scene in scenes],
    }


def _scene(scene: Scene, measured: Measured) -> dict[str, Any]:
    cases = [case for case in measured.cases if case.scene == scene]
    # NumPy's loops take one thread, however many there are.
    numpy = {
        case.threads: median(case.rounds)
        for case in cases
        if case.contender.name == "numpy" and case.rounds
    }
    most = max(numpy, default=0)
    return {
        "scene": scene.name,
        "title": scene.title,
        "bounds": list(scene.view.bounds),
        "nx": scene.view.nx,
        "ny": scene.view.ny,
        "maxiter": scene.maxiter,
        "dtype": scene.dtype,
        "horizon": scene.horizon,
        "chunksize": scene.chunksize,
        "useful_iterations": measured.useful[scene.name],
        "rows": [_row(case, measured, numpy.get(case.threads, numpy.get(most))) for case in cases],
    }


def _row(case: Case, measured: Measured, numpy: float | None) -> dict[str, Any]:
    middle = median(case.rounds) if case.rounds else None
    executed = case.executed / middle if case.executed and middle else None
    bound = measured.peaks[case.scene.dtype, case.threads] / SLOTS_PER_ITERATION
    return {
        "kind": case.contender.kind,
        "name": case.contender.name,
        "title": case.contender.title,
        "version": case.version,
        "threads": case.threads,
        "rounds": case.rounds,
        "median_seconds": middle,
        "min_seconds": min(case.rounds, default=None),
        "max_seconds": max(case.rounds, default=None),
        "times_numpy": numpy / middle if numpy and middle else None,
        "executed_iterations": case.executed,
        "executed_per_second": executed,
        "useful_per_second": measured.useful[case.scene.name] / middle if middle else None,
        "bound_fraction": executed / bound if executed else None,
        "agrees": case.agrees,
        "compile_seconds": case.compile_seconds,
        "outcome": case.failure.reason if case.failure else "ok",
        "warnings": case.warnings,
        "note": case.note,
    }
