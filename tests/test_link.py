"""The link keeps every state, and survives every query string."""

from __future__ import annotations

import json
import re
import warnings
from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.state import (
    DENSITIES,
    DEVICES,
    HOME,
    INSIDES,
    LOOKS,
    MAX_CENTRE,
    MAX_CHUNK,
    MAX_DIGITS,
    MAX_ITERATIONS,
    MAX_WIDTH,
    MIN_WIDTH,
    PALETTE_NAMES,
    PRECISIONS,
    State,
    home,
)
from dashboard.view.link import decode, encode
from mandel_core import FORMULAS, STAGES, Viewport
from mandel_core.colour.palettes import MOST_STOPS, format_stops
from mandel_core.model.link import MAX_LENGTH
from tests.browsing import spelled_out

centres = st.decimals(-MAX_CENTRE, MAX_CENTRE, allow_nan=False, places=60) | st.decimals(
    -MAX_CENTRE, MAX_CENTRE, allow_nan=False
).filter(lambda number: len(str(number)) <= MAX_DIGITS)
# Stops at rising positions of two decimals.
palettes = (
    st.lists(st.integers(0, 10_000), min_size=2, max_size=MOST_STOPS, unique=True)
    .flatmap(
        lambda places: st.tuples(
            *(
                st.tuples(st.just(at / 10_000), st.from_regex(r"[0-9a-f]{6}", fullmatch=True))
                for at in sorted(places)
            )
        )
    )
    .map(format_stops)
)
states = st.builds(
    State,
    x=centres,
    y=centres,
    width=st.decimals(MIN_WIDTH, MAX_WIDTH, allow_nan=False),
    formula=st.sampled_from(FORMULAS.names),
    c=st.builds(complex, *[st.floats(-8, 8)] * 2),
    stage=st.sampled_from(STAGES.names),
    chunksize=st.integers(1, MAX_CHUNK),
    device=st.sampled_from(DEVICES),
    maxiter=st.integers(1, MAX_ITERATIONS),
    look=st.sampled_from(tuple(LOOKS)),
    precision=st.sampled_from(PRECISIONS),
    palette=st.sampled_from(PALETTE_NAMES),
    reversed=st.booleans(),
    cyclic=st.booleans(),
    density=st.floats(*DENSITIES),
    phase=st.floats(0, 1),
    inside=st.sampled_from(tuple(INSIDES)),
    interior=st.from_regex(r"#[0-9a-f]{6}", fullmatch=True),
    stops=palettes,
    antialias=st.booleans(),
).map(lambda state: state if FORMULAS[state.formula].constant else replace(state, c=HOME.c))


GOLDEN = json.loads((Path(__file__).parent / "golden_links.json").read_text())


@given(states)
def test_every_state_comes_back(state: State) -> None:
    assert decode(encode(state)) == (state, ())


@given(states)
def test_a_link_says_only_what_differs_from_home(state: State) -> None:
    said = parse_qs(encode(state), keep_blank_values=True)
    usual = spelled_out(home(state.formula))
    assert {key for key, (value,) in said.items() if usual.get(key) == value} <= {"auto", "formula"}
    assert encode(home(state.formula)) in {"?v=2", f"?formula={state.formula}&v=2"}


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden["link"][:40])
def test_old_links_lead_where_they_always_did(golden: dict[str, Any]) -> None:
    state, notices = decode(golden["link"])
    assert golden["state"].items() <= spelled_out(state).items()
    assert list(notices) == golden["notices"]


@given(states, st.integers(1, 4000), st.integers(1, 4000))
def test_a_viewport_is_read_from_a_link_without_the_dashboard(
    state: State, nx: int, ny: int
) -> None:
    """The same region in every window; in one as large as the colleague's, the same samples."""
    address = f"http://localhost:5006/dashboard{encode(state)}#top"
    whole = (state.x, state.y, state.width) == view_of(home(state.formula))
    shown = replace(state, width=home(state.formula, (nx, ny)).width) if whole else state
    view = Viewport.from_link(address, nx, ny)
    assert view == Viewport.from_screen(*view_of(shown), nx, ny)


def view_of(state: State) -> tuple[Decimal, Decimal, Decimal]:
    return state.x, state.y, state.width


@pytest.mark.parametrize(
    "link", ["?x=nan&y=9&width=1e99&formula=none", "?width=no&formula=julia", "x" * 5000, "?x=-1.2"]
)
def test_a_viewport_says_what_a_link_has_that_cannot_be_read(link: str) -> None:
    state, notices = decode(link)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        view = Viewport.from_link(link)
    assert [str(one.message) for one in told] == list(notices)
    assert all(one.filename == __file__ for one in told), "it names the line that has the link"
    assert (view.x, view.y, view.nx, view.ny) == (state.x, state.y, 800, 600)
    assert view.width == state.width


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_any_text_gives_a_state_within_limits(text: str) -> None:
    state, _ = decode(text)
    assert decode(encode(state)) == (state, ())


@given(st.dictionaries(st.sampled_from(["x", "y", "width", "chunk", "iterations"]), st.text()))
def test_any_value_gives_a_state_within_limits(values: dict[str, str]) -> None:
    state, _ = decode("&".join(f"{key}={value}" for key, value in values.items()))
    assert decode(encode(state)) == (state, ())


@pytest.mark.parametrize("key", ["x", "y", "width", "iterations", "chunk", "density", "phase"])
@pytest.mark.parametrize("value", ["nan", "inf", "1e999", "1e999999999", "-99", "", "0x10", "१२e9"])
def test_a_bad_number_is_replaced_and_named(key: str, value: str) -> None:
    state, notices = decode(f"?{key}={value}&palette=hot")
    large = key == "width" and value in {"1e999", "1e999999999", "१२e9"}
    assert state == State(palette="hot", width=MAX_WIDTH if large else HOME.width)
    assert len(notices) == 1
    assert f"link's {key} " in notices[0]


@given(st.decimals("1e-100", "1e100", allow_nan=False))
def test_a_width_that_cannot_be_shown_becomes_the_nearest_that_can(width: Decimal) -> None:
    state, notices = decode(f"?width={width}")
    assert state.width == min(max(width, MIN_WIDTH), MAX_WIDTH)
    assert len(notices) == (state.width != width)


@pytest.mark.parametrize(
    "key",
    [
        "formula",
        "c",
        "stage",
        "device",
        "precision",
        "colour",
        "palette",
        "cyclic",
        "inside",
        "interior",
    ],
)
def test_an_unknown_name_is_replaced_and_named(key: str) -> None:
    state, notices = decode(f"?{key}=../../etc/passwd&x=-1.25")
    assert state == State(x=Decimal("-1.25"))
    assert len(notices) == 1
    assert f"link's {key} " in notices[0]


def test_a_link_with_nothing_but_a_formula_leads_to_its_home() -> None:
    for name in FORMULAS.names:
        assert decode(f"?formula={name}") == (home(name), ())
    assert decode("?formula=julia&c=0.25,-0.5")[0].c == 0.25 - 0.5j
    state, (notice,) = decode("?formula=phoenix&c=nan,1")
    assert state == home("phoenix")
    assert "replaced by 0.56667,-0.5" in notice


def test_a_c_that_the_formula_has_no_use_for_is_read_and_not_told() -> None:
    assert encode(replace(HOME, c=0.25 - 0.5j)) == "?v=2"
    assert decode("?c=0.25,-0.5&x=-1.25&v=2") == (State(x=Decimal("-1.25")), ())


def test_what_means_nothing_is_named() -> None:
    state, (version, keys) = decode("?foo=bar&threads=-4&x=-1.25&v=99&utm_source=somewhere")
    assert state == State(x=Decimal("-1.25"))
    assert "version “99”" in version
    assert keys == "The link's “foo”, “threads” mean nothing here."
    _, (keys,) = decode("&".join(f"k{number}=1" for number in range(40)))
    assert keys.endswith("“k4” and 35 more mean nothing here.")


def test_stops_that_are_none_are_replaced_and_named() -> None:
    for text in ("ff0000-0", "red-0_blue-100", "ff0000-50_00ff00-20", "ff0000-0_00ff00-101", "_"):
        state, (notice,) = decode(f"?palette=own&stops={text}")
        assert state == State(palette="own")
        assert notice.startswith("The link's stops ")


def test_costly_values_are_refused() -> None:
    state, notices = decode("?iterations=1000000000&chunk=100000")
    assert state == HOME
    assert len(notices) == 2


def test_a_megabyte_is_not_read() -> None:
    for query in ("x=" + "1" * 2**20, "&".join(["x=1"] * 1000)):
        state, notices = decode(query)
        assert state == HOME
        assert len(notices) == 1
        assert len(notices[0]) < 200
    assert len(encode(HOME)) < MAX_LENGTH


def test_a_long_value_is_shortened_in_its_notice() -> None:
    _, (notice,) = decode("?stage=" + "a" * 3000)
    assert len(notice) < 300


def test_every_field_has_a_key() -> None:
    assert len(spelled_out(HOME)) == len(fields(State))


def test_of_many_names_the_nearest_are_told() -> None:
    _, (formula, palette) = decode("palette=lagune&formula=burningship")
    assert re.search(r": of \d+ names the nearest are burning_ship, ", formula)
    assert re.search(r": of \d+ names the nearest are lagoon, ", palette)
