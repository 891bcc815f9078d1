"""The tables of a report, as Markdown, and where they go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mandel_core.bench.device.chart import draw
from mandel_core.bench.tables import split_at
from mandel_core.stages import STAGES
from mandel_core.words import duration

HERE = ("<!-- device -->", "<!-- /device -->")
Report = dict[str, Any]


def write(report: Report, file: Path) -> None:
    """Put the tables between the markers of `file`, and the chart beside it."""
    around = split_at(file, HERE)
    chart = file.with_name(f"{file.stem}-device.svg")
    draw(report, chart)
    picture = f"![Times on {report['device']['name']}]({chart.name})"
    file.write_bytes(f"\n{picture}\n\n{tables(report)}\n".join(around).encode())


def tables(report: Report) -> str:
    """On what it was measured, and a table each for kernels, pictures and stages."""
    parts = [
        _machine(report),
        "### The kernels\n\n" + _kernels(report),
        "### Pictures a second\n\n" + _pictures(report),
        "### The stages\n\n" + _stages(report),
    ]
    return "\n\n".join(parts)


def _machine(report: Report) -> str:
    device, host = report["device"], report["host"]
    versions = ", ".join(f"{name} {number}" for name, number in report["versions"].items())
    adds = report["multiply_adds_per_second"]
    moved = report["bytes_per_second"]
    return (
        f"{device['name']}, {device['multiprocessors']} multiprocessors, CUDA {device['cuda']}; "
        f"host {host['cpu']}, {host['cores']} cores; {versions}; {report['date'][:10]}. "
        f"Calibrated in the same run: {adds['float32'] / 1e12:.1f} T multiply-adds a second in "
        f"float32 and {adds['float64'] / 1e12:.1f} T in float64, {moved['on_device'] / 1e12:.1f} "
        f"TB/s on the device, {moved['to_host'] / 1e9:.0f} GB/s to the host. Medians of "
        f"{report['repeats']} runs."
    )


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _title(scene: dict[str, Any]) -> str:
    size = f"{scene['nx']} × {scene['ny']}, {scene['maxiter']}, {scene['dtype']}"
    return f"{scene['title']}, {size}"


def _kernels(report: Report) -> str:
    head = ["scene, size, iterations", "`fast`", "executed Giter/s", "of the bound"]
    head += ["agrees", "Numba CUDA", "of the bound", "× `fast`", "same counts"]
    rows = []
    for scene in report["scenes"]:
        own = {row["name"]: row for row in report["kernels"] if row["scene"] == scene["scene"]}
        if not own:
            continue
        fast, numba = own["fast"], own["numba-cuda"]
        cells = [_title(scene), _time(fast)]
        cells += [_number(fast.get("iterations_per_second"), ".0f", 1e-9)]
        cells += [_number(fast.get("bound_fraction"), ".0f", 100, " %")]
        cells += [_number(fast.get("agrees"), ".2f", 100, " %")]
        if numba["outcome"] == "ok" and fast["outcome"] == "ok":
            ratio = numba["median_seconds"] / fast["median_seconds"]
            cells += [_time(numba), _number(numba.get("bound_fraction"), ".0f", 100, " %")]
            cells += [f"{ratio:.2g}", _number(numba.get("same_as_fast"), ".2f", 100, " %")]
        else:
            cells += [_time(numba), "–", "–", "–"]
        rows.append(cells)
    return _table(head, rows)


def _pictures(report: Report) -> str:
    head = ["scene, size, iterations", "look", "pictures/s", "one picture", "counts", "colours"]
    titles = {scene["scene"]: _title(scene) for scene in report["scenes"]}
    rows = []
    for row in report["pictures"]:
        parts = [duration(part["median_seconds"]) for part in row["parts"].values()]
        name, rate = titles[row["scene"]], f"{row['per_second']:.0f}"
        rows.append([name, row["look"], rate, _time(row), *parts])
    return _table([*head, "to the host"], rows)


def _stages(report: Report) -> str:
    names = dict.fromkeys((row["name"], row["device"]) for row in report["stages"])
    scenes = list(dict.fromkeys(row["scene"] for row in report["stages"]))
    numpy = next(
        (r["median_seconds"] for r in report["stages"] if r["name"] == "numpy" and _ran(r)), None
    )
    titles = {scene["scene"]: _title(scene) for scene in report["scenes"]}
    head = ["stage", "on"]
    for scene in scenes:
        head += [titles[scene], *(["× NumPy", "agrees"] if scene == "tutorial" else []), "compile"]
    rows = []
    for name, device in names:
        cells = [f"{STAGES[name].title} (`{name}`)", device.replace("cpu", "host")]
        for scene in scenes:
            key = (name, device, scene)
            row = next(
                (r for r in report["stages"] if (r["name"], r["device"], r["scene"]) == key), None
            )
            faster = []
            if scene == "tutorial":
                ratio = numpy / row["median_seconds"] if row and _ran(row) and numpy else None
                agrees = row.get("agrees") if row else None
                faster = [_number(ratio, ".3g"), _number(agrees, ".2f", 100, " %")]
            compiled = _number(row.get("compile_seconds") if row else None, ".1f", 1, " s")
            cells += [_time(row) if row else "–", *faster, compiled]
        rows.append(cells)
    return _table(head, rows)


def _ran(row: dict[str, Any]) -> bool:
    return bool(row.get("outcome", "ok") == "ok")


def _time(row: dict[str, Any]) -> str:
    if not _ran(row):
        return " ".join(row["outcome"].split()).replace("|", "\\|")
    return f"{duration(row['median_seconds'])}"


def _number(value: float | None, form: str, factor: float = 1, unit: str = "") -> str:
    return "–" if value is None else f"{value * factor:{form}}{unit}"
