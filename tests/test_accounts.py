"""Accounts: what a visitor owes is paid back, and whoever owes too much waits."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandel_core.worker.accounts import Accounts

CHARGES = st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 50), st.floats(0, 30)))


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@given(CHARGES, st.floats(1, 300))
def test_whoever_has_waited_as_long_as_told_may_go_on(
    charges: list[tuple[str, float, float]], most: float
) -> None:
    clock = Clock()
    accounts = Accounts(most, clock)
    for visitor, seconds, pause in charges:
        accounts.charge(visitor, seconds)
        clock.now += pause
    for visitor in "abc":
        clock.now += accounts.wait(visitor) + 1e-6
        assert accounts.wait(visitor) == pytest.approx(0, abs=1e-3)
        assert accounts.level(visitor) <= most + 1e-3


def test_in_a_minute_a_visitor_gets_what_the_limit_says() -> None:
    clock = Clock()
    accounts = Accounts(30, clock)
    used = 0.0
    while clock.now < 600:
        clock.now += accounts.wait("a")
        accounts.charge("a", 2)
        used += 2
        clock.now += 2
    assert used / 10 == pytest.approx(30, rel=0.15)


def test_those_who_owe_nothing_are_forgotten() -> None:
    clock = Clock()
    accounts = Accounts(clock=clock)
    for number in range(100):
        accounts.charge(str(number), 1)
    assert len(accounts) == 100
    assert accounts.level("7") == 1
    clock.now += 61
    accounts.charge("a", 1)
    assert len(accounts) == 1
    assert accounts.level("7") == 0
    assert accounts.wait("a") == 0
    assert Accounts(math.inf).wait("a") == 0
