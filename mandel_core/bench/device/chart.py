"""The picture of a report: the stages on the tutorial's scene, and the kernels on all scenes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mandel_core.stages import STAGES
from mandel_core.words import duration

COLOURS = {"cuda": "#1f5fa8", "cpu": "#9fc1e4", "fast": "#1f5fa8", "numba-cuda": "#c05a12"}
INK, FAINT = "#22272e", "#8a9199"


def draw(report: dict[str, Any], file: Path) -> None:
    """Write the picture to `file`, in the format its suffix names."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    stages = [row for row in report["stages"] if row["scene"] == "tutorial"]
    stages.sort(key=lambda row: row.get("median_seconds", float("inf")))
    bars = [
        (
            STAGES[row["name"]].title + (" on the host" if row["device"] == "cpu" else ""),
            row.get("median_seconds"),
            COLOURS[row["device"]],
            row["outcome"],
        )
        for row in stages
    ]
    titles = {
        scene["scene"]: f"{scene['title']}, {scene['nx']} × {scene['ny']}, {scene['dtype']}"
        for scene in report["scenes"]
    }
    kernels = [
        (
            f"{titles[row['scene']]}: {'fast' if row['name'] == 'fast' else 'Numba CUDA'}",
            row.get("median_seconds"),
            COLOURS[row["name"]],
            row["outcome"],
        )
        for row in report["kernels"]
    ]
    heights = [max(len(bars), 1), max(len(kernels), 1)]
    figure = Figure(figsize=(10, 0.3 * sum(heights) + 1.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, 1, height_ratios=heights)
    name = report["device"]["name"]
    _draw(axes[0], bars, f"The tutorial's scene on {name}, from viewport to arrays on the host")
    _draw(axes[1], kernels, f"The kernels on {name}, results left on the device")
    with mpl.rc_context({"svg.hashsalt": "mandel"}):
        metadata = {"Date": None} if file.suffix == ".svg" else {}
        figure.savefig(file, metadata=metadata, facecolor="white", dpi=120)


def _draw(axis: Any, bars: list[tuple[str, float | None, str, str]], title: str) -> None:
    times = [time for _, time, _, _ in bars if time]
    left, right = min(times, default=1e-3) / 2.5, max(times, default=1.0) * 6
    axis.set_xscale("log")
    axis.set_xlim(left, right)
    for place, (_, time, colour, outcome) in enumerate(bars):
        if time is None:
            words = outcome if len(outcome) < 95 else f"{outcome[:92]} …"
            axis.text(
                left, place, f" {words}", va="center", color=FAINT, fontsize=7, style="italic"
            )
        else:
            axis.barh(place, time - left, 0.75, left, color=colour)
            axis.text(time * 1.06, place, duration(time), va="center", color=INK, fontsize=8)
    axis.set_yticks(range(len(bars)), [label for label, *_ in bars], color=INK)
    axis.set_ylim(len(bars) - 0.4, -0.6)
    axis.xaxis.set_major_formatter(lambda value, _: duration(value))
    axis.set_title(title, loc="left", fontsize=11, fontweight="bold", color=INK)
    axis.grid(axis="x", color="#e4e7eb", linewidth=0.8)
    axis.set_axisbelow(True)
    axis.tick_params(which="both", length=0, labelcolor=INK, labelsize=8)
    axis.spines[:].set_visible(False)
