"""Which processes stand still while others work."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mandel_core.worker.turns import MOST_HELD_SECONDS, Lane, Turns


class Process:
    """Remembers whether it is paused, and how often it went on."""

    paused = False
    resumed = 0

    def pause(self) -> None:
        assert not self.paused
        self.paused = True

    def resume(self) -> None:
        assert self.paused
        self.paused = False
        self.resumed += 1


class Processes:
    """The three that may be paused, and a clock that the test turns."""

    def __init__(self) -> None:
        self.now = 0.0
        self.all: dict[Lane, Process] = {
            "long": Process(),
            "compiling": Process(),
            "measuring": Process(),
        }
        self.turns = Turns(self.all, lambda: self.now)

    def paused(self, lane: Lane) -> bool:
        return self.all[lane].paused


def test_measuring_does_not_go_on_between_a_picture_and_the_one_in_its_place() -> None:
    processes = Processes()
    turns, measuring = processes.turns, processes.all["measuring"]
    turns.begin("measuring").on_phase("running")
    older = turns.begin("long")
    with turns.together():
        older.end()
        newer = turns.begin("quick")
    assert measuring.paused
    assert not measuring.resumed
    newer.end()
    assert not measuring.paused


def test_a_measurement_and_a_picture_may_compile_at_once_but_not_run() -> None:
    processes = Processes()
    turns = processes.turns
    picture, measurement = turns.begin("compiling"), turns.begin("measuring")
    assert processes.paused("measuring"), "nobody knows yet that it will compile"
    picture.on_phase("compiling")
    assert not processes.paused("measuring")
    measurement.on_phase("starting")
    measurement.on_phase("compiling")
    measurement.on_phase("warming up")
    assert not processes.paused("measuring"), "a run that does not count beside a compile"
    measurement.on_phase("running")
    assert processes.paused("measuring"), "a timed run beside a compile"
    picture.on_phase("running")
    other = turns.begin("quick")
    picture.end()
    picture.on_phase("compiling")  # a late word of what is over
    assert processes.paused("measuring"), "another picture is waiting"
    other.end()
    assert not processes.paused("measuring")
    measurement.end()
    turns.begin("quick")
    assert not any(process.paused for process in processes.all.values()), "nothing is under way"


def test_what_takes_long_stands_still_for_quick_pictures_but_not_for_ever() -> None:
    processes = Processes()
    turns = processes.turns
    long = turns.begin("long")
    long.on_phase("running")
    free = 0.0
    for _ in range(1000):  # many visitors: no moment without a quick picture
        quick = turns.begin("quick")
        before = processes.now
        processes.now += 0.02
        free += 0.02 * (not processes.paused("long"))
        quick.end()
        assert before < processes.now
        next_one = turns.begin("quick")
        next_one.end()
    assert 0.1 < free / processes.now < 0.5
    long.end()
    assert not processes.paused("long")


def test_one_quick_picture_after_a_rest_has_the_machine_for_itself() -> None:
    processes = Processes()
    processes.turns.begin("long").on_phase("running")
    processes.turns.begin("compiling").on_phase("compiling")
    processes.now += 10
    quick = processes.turns.begin("quick")
    assert processes.paused("long")
    assert not processes.paused("compiling"), "compiling takes one core"
    processes.now += MOST_HELD_SECONDS / 2
    quick.on_phase("running")
    assert processes.paused("long")
    quick.end()
    assert not processes.paused("long")


@given(st.lists(st.tuples(st.integers(0, 7), st.sampled_from(["running", "compiling", "end"]))))
def test_nothing_stays_paused_when_all_is_done(events: list[tuple[int, str]]) -> None:
    processes = Processes()
    lanes: tuple[Lane, ...] = ("quick", "long", "compiling", "measuring")
    turns = [processes.turns.begin(lanes[number % 4]) for number in range(8)]
    for number, event in events:
        processes.now += 0.1
        if event == "end":
            turns[number].end()
        else:
            turns[number].on_phase(event)
    for turn in turns:
        turn.end()
    assert not any(process.paused for process in processes.all.values())
