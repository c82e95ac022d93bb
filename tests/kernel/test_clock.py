"""Times in the form of the contract, and deadlines that only come closer."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentos.kernel.clock import Deadline, timestamp
from tests.support.clock import FakeClock


@pytest.mark.parametrize(
    ("epoch", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_795_348_800, "2026-11-22T12:00:00.000Z"),
        (1_795_348_800.5, "2026-11-22T12:00:00.500Z"),
        (1_795_348_800.9999, "2026-11-22T12:00:00.999Z"),
    ],
)
def test_times_are_utc_with_milliseconds_and_z(epoch: float, text: str) -> None:
    assert timestamp(epoch) == text


@given(st.integers(0, 4_000_000_000_000))
def test_a_time_reads_back_to_the_millisecond(milliseconds: int) -> None:
    read = datetime.fromisoformat(timestamp(milliseconds / 1000)).timestamp()
    assert abs(read - milliseconds / 1000) < 0.0011


def test_a_deadline_comes_closer_and_never_passes_zero() -> None:
    clock = FakeClock()
    deadline = Deadline.after(10, clock)

    clock.advance(4)
    assert deadline.remaining() == 6

    clock.advance(100)
    assert deadline.remaining() == 0


def test_a_part_of_a_deadline_can_be_kept_back_or_bounded() -> None:
    clock = FakeClock()
    deadline = Deadline.after(10, clock)

    assert deadline.earlier(2).remaining() == 8
    assert deadline.earlier(20).remaining() == 0
    assert deadline.at_most(3).remaining() == 3
    assert deadline.at_most(30).remaining() == 10
    clock.advance(9)
    assert deadline.at_most(3).remaining() == 1
