"""How fast targets answer: averaged in each environment, and written and read at most once a minute."""

from typing import Any

import pytest

from agentos.routing.latency import SHARE_SECONDS, WEIGHT_OF_LATEST, Latencies
from agentos.store.dynamodb import Table
from agentos.store.latencies import LIFETIME_SECONDS, LatencyStore
from tests.support.clock import FakeClock
from tests.support.requests import Requests


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def requests(client: Any) -> Requests:
    return Requests(client)


@pytest.fixture
def new(client: Any, table_name: str, clock: FakeClock) -> Any:
    """Makes one Lambda environment's averages."""
    return lambda: Latencies(LatencyStore(Table(client, table_name), clock), clock)


def test_an_unknown_target_has_no_latency(new: Any) -> None:
    assert new().of("a:1") is None


def test_the_average_is_exponentially_weighted_for_each_target(new: Any) -> None:
    here = new()
    here.observe("a:1", 100)
    here.observe("b:1", 900)
    assert here.of("a:1") == 100
    here.observe("a:1", 200)
    assert here.of("a:1") == pytest.approx(100 + WEIGHT_OF_LATEST * 100)
    for _ in range(50):
        here.observe("a:1", 700)
    assert here.of("a:1") == pytest.approx(700, abs=1)
    assert here.of("b:1") == 900


def test_one_small_write_for_each_target_and_minute(new: Any, requests: Requests, clock: FakeClock) -> None:
    here = new()
    for minute in range(1, 4):
        for _ in range(30):
            here.observe("a:1", 100)
            here.observe("b:1", 100)
            clock.advance(SHARE_SECONDS / 30)
        assert requests.sent == {"PutItem": 2 * minute}


def test_shared_averages_count_until_an_environment_has_its_own(new: Any, requests: Requests, clock: FakeClock) -> None:
    new().observe("a:1", 250.4)
    there = new()
    assert there.of("a:1") == 250
    there.observe("a:1", 900)
    assert there.of("a:1") == 900


def test_shared_averages_are_read_once_a_minute(new: Any, requests: Requests, clock: FakeClock) -> None:
    here, there = new(), new()
    assert here.of("a:1") is None
    there.observe("a:1", 300)
    requests.clear()
    for _ in range(20):
        assert here.of("a:1") is None
    assert requests.sent == {}
    clock.advance(SHARE_SECONDS)
    assert [here.of("a:1") for _ in range(20)] == [300] * 20
    assert requests.sent == {"Query": 1}


def test_the_latest_shared_average_counts_and_expires(new: Any, clock: FakeClock) -> None:
    new().observe("a:1", 100)
    new().observe("a:1", 500)
    assert new().of("a:1") == 500
    clock.advance(LIFETIME_SECONDS)
    assert new().of("a:1") is None


def test_without_the_table_the_latency_is_unknown_and_no_turn_fails(client: Any, clock: FakeClock) -> None:
    here = Latencies(LatencyStore(Table(client, "no-such-table"), clock), clock)
    assert here.of("a:1") is None
    here.observe("a:1", 100)
    assert here.of("a:1") == 100


def test_streams_and_whole_answers_have_averages_of_their_own(new: Any) -> None:
    here = new()
    here.observe("a:1", 3000)
    here.observe("a:1", 120, streamed=True)
    assert (here.of("a:1"), here.of("a:1", streamed=True)) == (3000, 120)
    there = new()
    assert (there.of("a:1"), there.of("a:1", streamed=True)) == (3000, 120)
    assert there.of("a:1", True) == 120
    assert there.of("b:1", True) is None
