"""What a stage's file tells of it, on the page: its idea, its section, where that comes from."""

from __future__ import annotations

import html
import re
from textwrap import dedent

from mandel_core import Stage

TUTORIAL = "JIT-compiling NumPy code in PyTorch land"
# What the tutorial itself refers to, by the stage that goes back to it; (title, address).
SOURCES = {
    "numpy": (
        "Nicolas Rougier, “From Python to NumPy”, chapter 4.3",
        "https://www.labri.fr/perso/nrougier/from-python-to-numpy/",
    ),
    "numba": (
        "Vishwas Saini, “Numba + Cuda Mandelbrot”",
        "https://www.kaggle.com/code/landlord/numba-cuda-mandelbrot/notebook",
    ),
}


def idea(stage: Stage) -> str:
    """One line: the first of the stage's docstring, without its number and section."""
    first = stage.about.partition("\n\n")[0]
    line = " ".join(first.partition(": ")[2].split() or first.split())
    return line[:1].upper() + line[1:]


def about_stage(stage: Stage) -> str:
    """HTML: the idea, with what else the docstring tells folded beneath it."""
    paragraphs = stage.about.split("\n\n")[1:]
    where = f"“{TUTORIAL}”: {stage.section}" if _in_tutorial(stage) else stage.section
    told = "".join(map(_block, paragraphs))
    source = ""
    if stage.name in SOURCES:
        title, address = SOURCES[stage.name]
        source = f' See also <a href="{address}" target="_blank" rel="noopener">{title}</a>.'
    return (
        f"<details><summary>{_inline(idea(stage))}</summary>{told}"
        f"<p><small>{_inline(where)}.{source}</small></p></details>"
    )


def _block(text: str) -> str:
    """A paragraph; what is indented is code."""
    if text.startswith("    "):
        return f"<pre>{html.escape(dedent(text), quote=False)}</pre>"
    return f"<p>{_inline(' '.join(text.split()))}</p>"


def _in_tutorial(stage: Stage) -> bool:
    return stage.section[:1].isdigit() or stage.section.startswith(("Bonus", "The Mandelbrot"))


def _inline(text: str) -> str:
    """Escaped; what stands between backquotes as code."""
    return re.sub(r"`+([^`]+)`+", r"<code>\1</code>", html.escape(text, quote=False))
