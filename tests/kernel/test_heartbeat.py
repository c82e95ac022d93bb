"""A heartbeat calls in time, whichever clock runs ahead, and short work starts no thread of its own."""

import threading
from collections.abc import Callable

import pytest

from agentos.kernel.clock import Clock
from agentos.kernel.heartbeat import CHECK_SECONDS, Heartbeat
from tests.support.clock import FakeClock

HANG_SECONDS = 60


def named(name: str) -> set[threading.Thread]:
    """The threads of a name that run now."""
    return {thread for thread in threading.enumerate() if thread.name == name}


def beats(count: int, pause: float | None) -> tuple[Callable[[], float | None], threading.Event]:
    """A function that returns `pause` but for its last call, and what is set by that one."""
    left, done = list(range(count)), threading.Event()

    def beat() -> float | None:
        left.pop()
        if left:
            return pause
        done.set()
        return None

    return beat, done


@pytest.mark.parametrize("first", [0, 0.01, CHECK_SECONDS / 2])
def test_it_calls_until_the_function_ends_it(first: float) -> None:
    beat, done = beats(3, 0.01)
    Heartbeat(beat, first, Clock())
    assert done.wait(HANG_SECONDS)


def test_a_call_that_is_far_is_made_when_its_time_has_come() -> None:
    clock = FakeClock()
    beat, done = beats(1, None)
    Heartbeat(beat, 100, clock)
    clock.advance(99.9)
    assert not done.is_set()
    clock.advance(0.2)
    assert done.wait(HANG_SECONDS)


def test_further_calls_are_made_as_late_as_it_says() -> None:
    clock = FakeClock()
    beat, done = beats(3, 100)
    Heartbeat(beat, 100, clock)
    while not done.wait(0.01):
        clock.advance(50)
    assert clock.passed >= 300


def test_the_time_of_day_counts_too() -> None:
    """As after a freeze, in which the monotonic clock may have stood still."""

    class Frozen(FakeClock):
        def monotonic(self) -> float:
            return 0.0

    clock = Frozen()
    beat, done = beats(1, None)
    Heartbeat(beat, 100, clock)
    clock.advance(101)
    assert done.wait(HANG_SECONDS)


def test_work_that_ends_soon_starts_no_thread_of_its_own() -> None:
    clock, before = FakeClock(), named("heartbeat")
    running = [Heartbeat(lambda: None, 100, clock) for _ in range(20)]
    assert named("heartbeat") <= before
    assert named("heartbeats")
    for one in running:
        one.stop()


def test_a_stopped_one_calls_nothing() -> None:
    clock, called = FakeClock(), threading.Event()
    stopped = Heartbeat(lambda: called.set(), 100, clock)
    beat, done = beats(1, None)
    Heartbeat(beat, 100, clock)
    stopped.stop()
    clock.advance(200)
    assert done.wait(HANG_SECONDS)
    assert not called.is_set()
