"""The picture: for each scene the times of all contenders as bars on a logarithmic axis."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from mandel_core.words import count, duration

# Dark for all threads, light for one.
COLOURS = {"stage": ("#1f5fa8", "#9fc1e4"), "peer": ("#c05a12", "#f0bb90")}
KINDS = {"stage": "stages", "peer": "peers"}
INK, FAINT = "#22272e", "#8a9199"
ROW_INCHES = 0.36


def draw(result: dict[str, Any], file: Path) -> None:
    """Write the picture of a report to `file`, in the format its suffix names."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    scenes = result["scenes"]
    heights = [len(_groups(scene)) * ROW_INCHES + 0.9 for scene in scenes]
    figure = Figure(figsize=(10, sum(heights) + 0.9), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(scenes), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axis, scene in zip(axes, scenes, strict=True):
        _draw_scene(axis, scene)
    figure.legend(handles=_legend(scenes), loc="outside upper left", ncols=4, frameon=False)
    # The salt makes the ids in the SVG, and so the file, depend on the numbers only.
    with mpl.rc_context({"svg.hashsalt": "mandel"}):
        metadata = {"Date": None} if file.suffix == ".svg" else {}
        figure.savefig(file, metadata=metadata, facecolor="white", dpi=120)


def _groups(scene: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """The rows by contender, most threads last; the fastest first, failures at the end."""
    names = dict.fromkeys((row["kind"], row["name"]) for row in scene["rows"])
    groups = [
        sorted(
            (row for row in scene["rows"] if (row["kind"], row["name"]) == key),
            key=lambda row: row["threads"],
        )
        for key in names
    ]

    def fastest(group: list[dict[str, Any]]) -> float:
        return min((row["median_seconds"] for row in group if row["rounds"]), default=float("inf"))

    return sorted(groups, key=fastest)


def _draw_scene(axis: Any, scene: dict[str, Any]) -> None:
    groups = _groups(scene)
    times = [row["median_seconds"] for group in groups for row in group if row["rounds"]]
    left, right = min(times, default=1e-3) / 2.5, max(times, default=1.0) * 12
    axis.set_xscale("log")
    axis.set_xlim(left, right)
    for place, group in enumerate(groups):
        _draw_group(axis, place, group, left)
    axis.set_yticks(range(len(groups)), [group[0]["title"] for group in groups], color=INK)
    axis.set_ylim(len(groups) - 0.4, -0.6)
    axis.xaxis.set_major_formatter(lambda value, _: duration(value))
    axis.set_title(
        f"{scene['title']}: {scene['nx']} × {scene['ny']}, {scene['maxiter']} iterations, "
        f"{scene['dtype']}",
        loc="left",
        fontsize=11,
        fontweight="bold",
        color=INK,
    )
    axis.grid(axis="x", color="#e4e7eb", linewidth=0.8)
    axis.set_axisbelow(True)
    axis.tick_params(which="both", length=0, labelcolor=INK, labelsize=9)
    axis.spines[:].set_visible(False)


def _draw_group(axis: Any, place: int, group: list[dict[str, Any]], left: float) -> None:
    ran = [row for row in group if row["rounds"]]
    if not ran:
        words = textwrap.shorten(" ".join(group[-1]["outcome"].split()), 100, placeholder=" …")
        axis.text(left, place, f" {words}", va="center", color=FAINT, fontsize=8, style="italic")
    height = 0.78 / max(len(group), 1)
    for index, row in enumerate(group):
        if not row["rounds"]:
            continue
        middle = row["median_seconds"]
        y = place + (len(group) / 2 - 0.5 - index) * height
        shade = COLOURS[row["kind"]][0 if index == len(group) - 1 else 1]
        axis.barh(y, middle - left, height, left, color=shade)
        low, high = row["min_seconds"], row["max_seconds"]
        axis.plot([low, high], [y, y], color=INK, linewidth=0.8, solid_capstyle="butt")
        ratio = f"   {_figures(row['times_numpy'])} × NumPy" if row["times_numpy"] else ""
        label = f"{duration(middle)}{ratio}"
        axis.text(max(middle, high) * 1.06, y, label, va="center", color=INK, fontsize=7)


def _figures(ratio: float) -> str:
    return f"{ratio:.0f}" if ratio >= 100 else f"{ratio:.3g}"


def _legend(scenes: list[dict[str, Any]]) -> list[Any]:
    from matplotlib.patches import Patch

    rows = [row for scene in scenes for row in scene["rows"]]
    threads = sorted({row["threads"] for row in rows})
    return [
        Patch(
            color=COLOURS[kind][0 if number == threads[-1] else 1],
            label=f"{words}, {count(number, 'thread')}",
        )
        for kind, words in KINDS.items()
        for number in threads[::-1]
        if any(row["kind"] == kind for row in rows)
    ]
