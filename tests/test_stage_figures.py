"""The figures in the stages' docstrings, which the page shows, are those of the README's table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mandel_core import STAGES

README = Path(__file__).parents[1] / "README.md"
# What differs by less is the same in words; by more, somebody should look at the words again.
WITHIN = 0.15


def measured() -> dict[str, float]:
    """Times NumPy by stage, of those that run."""
    table = README.read_text().partition("<!-- stages -->")[2].partition("<!-- /stages -->")[0]
    rows = re.findall(r"^\| [^|]* \(`(\w+)`\) \| [^|]* \| ([\d.]+) \|", table, re.MULTILINE)
    return {name: float(times) for name, times in rows}


SAID = {
    stage.name: re.findall(r"scene it is about ([\d.]+) times NumPy", " ".join(stage.about.split()))
    for stage in STAGES
}


@pytest.mark.parametrize("name", [name for name, figures in SAID.items() if figures])
def test_a_docstrings_figure_is_that_of_the_table(name: str) -> None:
    (figure,) = SAID[name]
    assert float(figure) == pytest.approx(measured()[name], rel=WITHIN)


def test_every_stage_faster_than_numpy_says_how_fast() -> None:
    fast = {name for name, times in measured().items() if times > 1.2}
    assert len(fast) > 8
    assert {name for name, figures in SAID.items() if figures} == fast
