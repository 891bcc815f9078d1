"""All of it, one after the other: rates, kernels, pictures, and stages; and on what it was run.

Importing this module imports torch.
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import torch

from mandel_core.bench.cases import References
from mandel_core.bench.device import contenders, rates
from mandel_core.bench.device.scenes import all_scenes
from mandel_core.bench.scenes import Scene
from mandel_core.measurement.machine import processor
from mandel_core.runtime.threads import cores

PACKAGES = ("torch", "triton", "numba", "numba-cuda", "numpy", "mandel-explorer")
STAGE_SCENES = ("tutorial", "home-4k")
PICTURES = ("home-4k", "home-4k-float64", "period-3-4k", "seahorse-4k")
LOOKS = ("smooth", "equalised")
ON_THE_HOST = ("numpy", "numba", "fast")  # for comparison, on the tutorial's scene
MOST_WORK = 1e10  # for a reference; in the deeper scenes nearly all points do all of it
FEW = 5  # repeats of the slow ones

Report = dict[str, Any]
_progress = partial(print, file=sys.stderr, flush=True)


def reports(repeats: int, limit: float, kinds: tuple[str, ...]) -> Iterator[Report]:
    """The report as it grows, after each part; the last is complete.

    kinds : which of "kernels", "pictures" and "stages".
    """
    scenes = all_scenes()
    report: Report = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "device": _device(),
        "host": {"cpu": processor(), "cores": cores()},
        "versions": {"python": platform.python_version(), **_versions()},
        "repeats": repeats,
        "limit_seconds": limit,
        "multiply_adds_per_second": {
            "float32": rates.multiply_adds_per_second("float32", repeats),
            "float64": rates.multiply_adds_per_second("float64", repeats),
        },
        "bytes_per_second": rates.bytes_per_second(repeats),
        "scenes": [_described(scene) for scene in scenes],
        "kernels": [],
        "pictures": [],
        "stages": [],
    }
    yield report
    references = References()
    if "kernels" in kinds:
        for scene in scenes:
            truth = _truth(references, scene)
            report["kernels"] += list(_kernels(scene, repeats, truth, report))
            yield report
    if "pictures" in kinds:
        for scene in scenes:
            if scene.name in PICTURES:
                for look in LOOKS:
                    row = contenders.pictures(scene, look, repeats)
                    report["pictures"].append({"scene": scene.name, "look": look, **row})
                    _progress(f"{scene.name}, {look}: {row['per_second']:.0f} pictures a second")
                    yield report
    if "stages" in kinds:
        for scene in (scene for scene in scenes if scene.name in STAGE_SCENES):
            for name in contenders.device_stages():
                report["stages"].append(_stage(scene, name, repeats, limit, "cuda", references))
                yield report
            if scene.name == "tutorial":
                for name in ON_THE_HOST:
                    report["stages"].append(_stage(scene, name, repeats, limit, "cpu", references))
                    yield report


def _device() -> dict[str, Any]:
    known = torch.cuda.get_device_properties(0)
    return {
        "name": known.name,
        "multiprocessors": known.multi_processor_count,
        "memory": known.total_memory,
        "capability": f"{known.major}.{known.minor}",
        "cuda": torch.version.cuda,
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "–"
    return found


def _described(scene: Scene) -> dict[str, Any]:
    view = scene.view
    return {
        "scene": scene.name,
        "title": scene.title,
        "nx": view.nx,
        "ny": view.ny,
        "bounds": list(view.bounds),
        "maxiter": scene.maxiter,
        "dtype": scene.dtype,
    }


def _truth(references: References, scene: Scene) -> Any:
    if scene.work > MOST_WORK:
        return None
    return references.frame(scene.view, scene.maxiter, scene.horizon).iterations


def _kernels(scene: Scene, repeats: int, truth: Any, report: Report) -> Iterator[dict[str, Any]]:
    kinds: dict[str, tuple[Callable[..., Any], int]] = {
        "fast": (contenders.fast_kernel, repeats),
        "numba-cuda": (contenders.numba_kernel, min(repeats, FEW)),
    }
    counts = {}
    for name, (measure, times) in kinds.items():
        row: dict[str, Any] = {"scene": scene.name, "name": name}
        try:
            measured, counts[name] = measure(scene, times)
        except Exception as error:
            row["outcome"] = f"{type(error).__name__}: {str(error)[:500]}"
            _progress(f"{scene.name}, {name}: {row['outcome']}")
            yield row
            continue
        row |= {"outcome": "ok", **measured}
        rate = measured["executed_iterations"] / measured["median_seconds"]
        bound = report["multiply_adds_per_second"][scene.dtype] / rates.SLOTS_PER_ITERATION
        row |= {"iterations_per_second": rate, "bound_fraction": rate / bound}
        if truth is not None:
            row["agrees"] = float(np.mean(counts[name] == truth))
        if len(counts) == len(kinds):
            first, second = counts.values()
            row["same_as_fast"] = float(np.mean(first == second))
        _progress(
            f"{scene.name}, {name}: {measured['median_seconds'] * 1e3:.3f} ms, "
            f"{rate / 1e12:.2f} Titer/s, {100 * rate / bound:.0f} % of the bound, "
            f"agrees {row.get('agrees')}, same {row.get('same_as_fast')}"
        )
        yield row


def _stage(
    scene: Scene, name: str, repeats: int, limit: float, device: str, references: References
) -> dict[str, Any]:
    started = time.perf_counter()
    row, counts = contenders.stage(scene, name, repeats, limit, device)
    if counts is not None:
        row["agrees"] = float(np.mean(counts == _truth(references, scene)))
    seconds = row.get("median_seconds", 0.0)
    _progress(
        f"{scene.name}, {name} on {device}: {row['outcome'][:150]}, {seconds * 1e3:.2f} ms, "
        f"agrees {row.get('agrees')}, compiled {row.get('compile_seconds', 0):.1f} s, "
        f"all {time.perf_counter() - started:.1f} s"
    )
    return {"scene": scene.name, "name": name, "device": device, **row}
