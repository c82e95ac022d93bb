"""`requestsPerMinute` of a key: held over all environments, without a write for each request."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from agentos import wiring
from agentos.domain.api_keys import IssuedKey, NewApiKey
from agentos.domain.callers import Caller
from agentos.kernel.errors import Throttled
from agentos.services.request_rates import SHARES, RequestRates
from agentos.store.request_rates import RequestRateStore
from tests.support.clock import ShiftedClock
from tests.support.gateway import Client
from tests.support.wiring import rewire


@pytest.fixture
def keyed(api: Client, clock: ShiftedClock, environment: pytest.MonkeyPatch) -> Client:
    environment.setenv("AUTH_MODE", "keys")
    rewire()
    clock.shift += 60 - clock.time() % 60  # a minute begins
    return api


def issue(limit: int) -> IssuedKey:
    return wiring.api_keys().create(
        NewApiKey(tenant="acme", name="n", scopes=("agents:read",), requests_per_minute=limit)
    )


def use(api: Client, key: IssuedKey) -> Any:
    return api("list_agents", headers={"x-api-key": key.key})


def test_a_key_is_refused_for_the_rest_of_its_minute(keyed: Client, clock: ShiftedClock) -> None:
    key = issue(3)
    assert [use(keyed, key).status for _ in range(5)] == [200, 200, 200, 429, 429]
    clock.shift += 20
    refused = use(keyed, key)
    assert (refused.status, refused.json["code"]) == (429, "throttled")
    assert 1 <= int(refused.headers["retry-after"]) <= 40
    assert refused.json["details"] == {"requestsPerMinute": 3}
    clock.shift += int(refused.headers["retry-after"])
    assert use(keyed, key).status == 200


def test_another_key_and_health_are_not_bounded_by_it(keyed: Client) -> None:
    key, other = issue(1), issue(1)
    assert [use(keyed, key).status for _ in range(2)] == [200, 429]
    assert use(keyed, other).status == 200
    health = keyed("health", headers={"x-api-key": key.key})
    assert (health.status, set(health.json)) == (200, {"status", "version"})


class World:
    """Environments that share a table."""

    def __init__(self, clock: ShiftedClock) -> None:
        self.clock = clock
        self.writes = 0

    def environment(self) -> RequestRates:
        world = self

        class Counted(RequestRateStore):
            def _take(self, *arguments: Any) -> None:
                world.writes += 1
                super()._take(*arguments)

        return RequestRates(Counted(wiring.table(), self.clock), self.clock)


@pytest.fixture
def world(keyed: Client, clock: ShiftedClock) -> World:
    return World(clock)


@pytest.mark.parametrize("limit", [1, 7, 100, 1000])
@pytest.mark.parametrize("environments", [1, 4])
def test_no_more_are_taken_than_the_key_allows(world: World, limit: int, environments: int) -> None:
    caller = Caller("acme", f"key-{limit}", requests_per_minute=limit)
    rates = [world.environment() for _ in range(environments)]

    def ask(number: int) -> bool:
        try:
            rates[number % environments].count(caller)
        except Throttled:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        taken = Counter(pool.map(ask, range(2 * limit + 10)))

    assert taken[True] <= limit
    # what an environment has of its last share when the others are done is lost
    assert taken[True] >= limit - environments * max(1, limit // SHARES)
    assert world.writes <= min(limit, SHARES + limit % SHARES) + 2 * environments


def test_shares_end_with_their_minute(world: World, clock: ShiftedClock) -> None:
    caller = Caller("acme", "key", requests_per_minute=40)
    rates = world.environment()
    rates.count(caller)
    clock.shift += 60
    rates.count(caller)
    assert world.writes == 2


def test_a_caller_without_a_bound_costs_nothing(world: World) -> None:
    rates = world.environment()
    for caller in (Caller(), Caller("acme", "key")):
        rates.count(caller)
    assert world.writes == 0
