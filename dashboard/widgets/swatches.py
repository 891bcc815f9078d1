"""A choice among palettes, each shown as the strip of colours that it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import panel as pn
import param

# Radio buttons of the browser's own, which keys and screen readers know; the strip is behind.
_LOOKS = """
.bk-input-group { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 5px; }
.bk-input-group {
  max-height: 132px; overflow: hidden auto; padding: 3px; margin: 0 -3px; scrollbar-width: thin;
}
.bk-input-group > label {
  position: relative; display: block; margin: 0; padding: 15px 0 0; cursor: pointer;
  border-radius: 4px; font-size: 11px; line-height: 15px; text-align: center;
  background-repeat: no-repeat; background-size: 100% 14px;
}
.bk-input-group > label > input { position: absolute; inset: 0 0 auto; opacity: 0; height: 14px; }
.bk-input-group > label > span { display: block; overflow: hidden; text-overflow: ellipsis; }
.bk-input-group > label:has(:checked) {
  font-weight: 700; box-shadow: 0 0 0 2px var(--accent, #1c6cb4);
}
.bk-input-group > label:has(:focus-visible) {
  outline: 2px solid var(--focus, #1c6cb4); outline-offset: 2px;
}
"""


def gradient(colours: Sequence[str]) -> str:
    """The colours from left to right, as CSS."""
    return f"linear-gradient(90deg, {', '.join(colours)})"


def swatches(
    owner: param.Parameterized, name: str, colours: Mapping[str, Sequence[str]]
) -> pn.widgets.RadioBoxGroup:
    """The choice of the selector `name` of `owner`; both follow each other.

    colours : for each of the selector's objects some colours, as CSS has them.
    """
    strips = "\n".join(
        f".bk-input-group > label:nth-child({number}) {{ background-image: {gradient(strip)}; }}"
        for number, strip in enumerate(colours.values(), 1)
    )
    return pn.widgets.RadioBoxGroup.from_param(
        owner.param[name],
        options={one.replace("_", " "): one for one in colours},
        inline=False,
        sizing_mode="stretch_width",
        stylesheets=[_LOOKS + strips],
        margin=(0, 10),
    )
