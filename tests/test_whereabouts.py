"""Places in words: every usual notation is understood, and every text is answered."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import Explorer
from dashboard.places.whereabouts import find
from dashboard.state import HOME, MAX_CENTRE, MAX_DIGITS, MAX_WIDTH, MIN_WIDTH
from dashboard.view.link import encode

centres = st.decimals(-MAX_CENTRE, MAX_CENTRE, allow_nan=False, places=60) | st.decimals(
    -MAX_CENTRE, MAX_CENTRE, allow_nan=False
).filter(lambda number: len(str(number)) <= MAX_DIGITS // 2 and abs(number.adjusted()) < MAX_DIGITS)
widths = st.decimals(MIN_WIDTH, MAX_WIDTH, allow_nan=False).filter(lambda width: width > 0)


@given(centres, centres, widths)
def test_what_can_be_copied_leads_back(x: Decimal, y: Decimal, width: Decimal) -> None:
    there = replace(HOME, x=x, y=y, width=width)
    sign = "-" if y.is_signed() else "+"
    assert find(f"{x}{sign}{y.copy_abs()}i, width {width}", HOME) == (there, ())
    assert find("http://localhost:5006/dashboard" + encode(there), HOME) == (there, ())


@pytest.mark.parametrize(
    "text",
    [
        "-0.745+0.113i, width 1e-4",
        "-0.745 + 0.113i width=1e-4",
        "−0.745 + 0.113i, width 1×10^-4",
        "(-0.745+0.113j) w 0.0001",
        "-0.745, 0.113, 1e-4",
        "-0.745 0.113 1e-4",
        "[-.745; .113] 1E-4 wide",
        "x=-0.745 y=0.113 width=1e-4",
        "Re: -0.745 Im: 0.113 Zoom: 35000",
        "0.113i - 0.745; 35000x",
        "centre -0.745 + i*0.113, radius 0.5e-4",
        "?x=-0.745&y=0.113&width=0.0001",
        "x=-0.745&y=0.113&width=0.0001",
    ],
)
def test_usual_notations(text: str) -> None:
    state, notices = find(text, HOME)
    assert (state.x, state.y, state.width) == tuple(map(Decimal, ("-0.745", "0.113", "0.0001")))
    assert notices == ()


def test_what_is_not_said_stays() -> None:
    here = replace(HOME, x=Decimal("0.25"), width=Decimal("0.01"), palette="hot", stage="numba")
    assert find("zoom 100", here)[0] == replace(here, width=Decimal("0.035"))
    assert find("0.3+0.02i", here)[0] == replace(here, x=Decimal("0.3"), y=Decimal("0.02"))
    assert find("-1.5i", here)[0] == replace(here, x=Decimal(0), y=Decimal("-1.5"))
    deep, (notice,) = find("width 1e-400", here)
    assert deep == replace(here, width=MIN_WIDTH)
    assert "closer than can be shown" in notice
    counted, _ = find("x -1 iterations 500", here)
    assert (counted.maxiter, counted.automatic) == (500, False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Type coordinates"),
        ("hello", "“hello” is not understood"),
        ("-0.7+0.1i width banana", "“width banana” is not understood"),
        ("9 0", "real part must lie between -8 and 8, not 9"),
        ("-0,745 0,113", "more numbers"),
        ("-0,745", "Decimals are written with a point"),
        ("0.5 0.5 width -1", "more than 0"),
        ("0.5 0.5 width 0.1 zoom 3", "one of them is enough"),
        ("1i 2i", "two numbers for the imaginary part"),
        ("1e999999999", "not a number that can be used"),
        ("x 0 iterations 1.5", "Iterations must be a whole number"),
        ("https://example.org/?a=1", "not a link of this page"),
        ("https://example.org/", "says nothing of a view"),
        ("?x=" + "1" * 5000, "longer than"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"\.$") as told:
        find(text, HOME)
    assert said in str(told.value)
    assert len(str(told.value)) < 200


words = st.sampled_from(
    [
        "-0.7",
        "+",
        "i",
        "0.1",
        ",",
        "width",
        "zoom",
        "=",
        "1e-5",
        "x",
        "y",
        "×10^",
        "(",
        "?",
        "&",
        " ",
    ]
)


@given(st.text(max_size=80) | st.lists(words, max_size=12).map("".join))
def test_any_text_is_taken_or_refused_in_a_sentence(text: str) -> None:
    try:
        state, notices = find(text, HOME)
    except ValueError as error:
        state, notices = HOME, (str(error),)
    assert all(len(notice) < 300 for notice in notices)
    assert all(notice.endswith(".") for notice in notices)
    assert -MAX_CENTRE <= state.x <= MAX_CENTRE
    assert -MAX_CENTRE <= state.y <= MAX_CENTRE
    assert MIN_WIDTH <= state.width <= MAX_WIDTH


@pytest.mark.parametrize("steps", [10**400, -(2**60), True, "3", None, 0.5e300])
def test_a_page_that_has_walked_no_number_of_steps_goes_nowhere(steps):
    """Sent back to it with the next picture, such a number could not be written."""
    explorer = Explorer()
    view = explorer._flow.view
    with pytest.raises((TypeError, ValueError)):
        explorer._guide._walk({"link": "?x=-1", "steps": steps})
    assert (view.steps, explorer.x) == (0, HOME.x)
