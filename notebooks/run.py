"""Run notebooks from top to bottom, and keep of their outputs what lasts.

python notebooks/run.py notebooks/tutorial.ipynb ...

A cell with the tag `skip-execution` needs a browser, and is left out. Live output is no more than a
dead copy once its kernel has ended: it is left out as well.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

_LIVE = "application/vnd."  # of widgets, and the scripts that Panel sends ahead
SECONDS = 1800


def run(path: Path, **kernel: Any) -> nbformat.NotebookNode:
    """The notebook with today's outputs. Raises CellExecutionError if a cell fails.

    kernel : what else the kernel is started with, its folder for instance.
    """
    book: nbformat.NotebookNode = nbformat.read(path, as_version=4)
    NotebookClient(book, timeout=SECONDS).execute(**kernel)
    for cell in book.cells:
        cell.metadata.pop("execution", None)  # when it ran
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if _lasts(output)]
    return book


def _lasts(output: nbformat.NotebookNode) -> bool:
    kinds = output.get("data", {})
    shown_live = any(kind.startswith(_LIVE) for kind in kinds)
    scripts = "application/javascript" in kinds or "<script" in kinds.get("text/html", "")
    return not (shown_live or scripts or output.get("name") == "stderr")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        nbformat.write(run(Path(name)), name)
