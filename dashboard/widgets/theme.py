"""The colours of plots, notices and widgets; the page's own are in `dashboard/shell/page.css`.

All are read on light and on dark pages, since plots are drawn once for both.
"""

from __future__ import annotations

from bokeh.palettes import interp_palette

# Run time and compile time, close to Okabe and Ito's palette, which the colour-blind can tell
# apart; the spread of run times; what is measured for another view.
RUN, COMPILE, SPREAD, GREY = "#2f8fd8", "#e07b28", "#1b5e92", "#8c8c8c"

# The lines of stages to compare with.
NUMPY, NUMBA, FAST = "#cc6f9f", "#109e75", "#b8860b"

# Text in plots, which is not given the page's colour; arrows of selects and spinners.
TEXT = "#828282"

# A notice, a failure.
NOTICE, FAILURE = "#e09f3e", "#d1495b"

# The phases of a compiler, in turn.
PHASES = ("#4a90d9", "#7c5cc4", NOTICE, "#5aa469")

# By half octaves of the ratio, from eight times slower than NumPy through as fast to 64 times as
# fast: each dark enough for white numbers.
_SLOW, _EVEN, _FASTER, _FASTEST = "#8c3b2a", "#5c5550", "#1a6fae", "#7a2fb0"
RATIOS = (
    *interp_palette((_SLOW, _EVEN), 6),
    *interp_palette((_EVEN, _FASTER, _FASTEST), 13)[1:],
)

# Where counts differ: those that stay longer, those that leave earlier; the more the darker.
LONGER = ("#67b0f0", "#3a87dd", "#2563c8", "#3a3fc0", "#9b3fe0")
EARLIER = ("#f5a04a", "#e8772a", "#d14f1c", "#b3321a", "#e01b70")
# Where they do not: (RRGGBB) with more and more opacity, so that the page shines through.
GROUND = "#808080"
