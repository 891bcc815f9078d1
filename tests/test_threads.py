"""Work shared out among threads."""

from __future__ import annotations

import os

import pytest

from mandel_core.runtime.threads import cores, shared, usable_cores


def test_each_thread_has_its_number_and_the_results_their_order() -> None:
    assert shared(lambda number: 10 * number, 3) == [0, 10, 20]


def test_what_one_raises_is_raised_when_all_have_ended() -> None:
    ended = []

    def work(number: int) -> None:
        ended.append(number)
        if number == 1:
            raise ValueError("one")

    with pytest.raises(ValueError, match="one"):
        shared(work, 3)
    assert sorted(ended) == [0, 1, 2]


@pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity") or cores() < 2, reason="needs Linux and two cores"
)
def test_a_thread_that_helps_is_not_put_behind_the_one_that_wakes_it() -> None:
    before = usable_cores()
    shared(lambda _: None, 2)  # the first time it is only made
    mine, its = shared(lambda _: os.sched_getaffinity(0), 2)
    assert mine == {*before}, "the caller may run where it likes"
    assert its < mine
    assert len(its) == len(mine) - 1
