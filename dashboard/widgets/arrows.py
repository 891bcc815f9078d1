"""Arrows of selects and number inputs that can be seen on light and dark; Panel's are black."""

from __future__ import annotations

from urllib.parse import quote

from dashboard.widgets import theme

_DOWN = (
    "<svg viewBox='0 0 25 20' xmlns='http://www.w3.org/2000/svg'>"
    f"<path d='M 0,0 25,0 12.5,20 Z' fill='{quote(theme.TEXT)}'/></svg>"
)

ARROWS = f"""
select:not([multiple]).bk-input {{ background-image: url("data:image/svg+xml;utf8,{_DOWN}"); }}
.bk-input-group > .bk-spin-wrapper > .bk-spin-btn.bk-spin-btn-up:before {{
  border-bottom-color: {theme.TEXT};
}}
.bk-input-group > .bk-spin-wrapper > .bk-spin-btn.bk-spin-btn-down:before {{
  border-top-color: {theme.TEXT};
}}
"""
