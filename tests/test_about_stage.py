"""What is said of a stage on the page comes from its file."""

from __future__ import annotations

import html

import pytest

from dashboard.state import stage_names
from dashboard.view.about_stage import SOURCES, about_stage, idea
from mandel_core import STAGES, Stage


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_every_stage_has_its_idea_in_a_line_and_its_story_beneath(stage: Stage) -> None:
    line = idea(stage)
    assert 20 < len(line) < 120
    assert not line.startswith("Stage")
    told = about_stage(stage)
    for paragraph in stage.about.split("\n\n")[1:]:
        assert html.escape(paragraph.split()[0].strip("`"), quote=False) in told
    assert stage.section.replace("&", "&amp;") in told
    assert "``" not in told
    assert stage.name not in SOURCES or SOURCES[stage.name][1] in told


def test_what_a_docstring_says_is_text() -> None:
    class Own(Stage):
        about = "An idea: <script>alert(1)</script> of mine.\n\nWith `a < b` in it."

    own = Own("own", "Own", "Your own", print, lambda job: (job, job))  # type: ignore[arg-type,return-value]
    assert "<script>" not in about_stage(own)
    assert "<code>a &lt; b</code>" in about_stage(own)


def test_the_menu_numbers_the_stages_of_the_package() -> None:
    names = list(stage_names())
    assert names[0] == "0 · NumPy listing"
    assert names[14] == "14 · Fast"
