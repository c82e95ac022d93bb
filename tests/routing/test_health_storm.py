"""Many callers at once: a circuit opens once, and one of the callers probes."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine

from agentos.domain import Target
from agentos.routing.health import Health
from agentos.store.transport.connect import connect
from agentos.store.transport.messages import Timeouts
from tests.routing.environments import CACHE, PAUSE, a_target, ask, environment, fails
from tests.support.requests import Requests

CALLERS = 200
TIMEOUT = 60.0  # seconds until a test gives up. No result depends on it.
NOW = 1_795_348_800


@pytest.fixture
def client(environment: pytest.MonkeyPatch, dynamodb_endpoint: str) -> Any:
    """A client with long timeouts: a read that times out counts as healthy, and would be one more probe."""
    return connect(dynamodb_endpoint, Timeouts(TIMEOUT, TIMEOUT), attempts=1)


def all_at_once(healths: list[Health], target: Target, call: Callable[[], str]) -> Counter[str]:
    """The outcomes of one call in each environment, each in its own thread."""
    together = threading.Barrier(len(healths), timeout=TIMEOUT)

    def one(health: Health) -> str:
        together.wait()
        return ask(health, target, call)

    with ThreadPoolExecutor(len(healths)) as pool:
        return Counter(pool.map(one, healths))


def in_flight_together(number: int) -> Callable[[], str]:
    """A failing call that ends when so many are under way."""
    together = threading.Barrier(number, timeout=TIMEOUT)

    def call() -> str:
        together.wait()
        return str(fails()())

    return call


@pytest.mark.parametrize("environments", [1, 20])
def test_a_storm_of_failures_opens_a_circuit_once(client: Any, table_name: str, environments: int) -> None:
    healths = [environment(client, table_name) for _ in range(environments)]
    target = a_target()
    requests = Requests(client)
    with time_machine.travel(NOW, tick=False) as clock:
        became = all_at_once(healths * (CALLERS // environments), target, in_flight_together(CALLERS))
        assert became == {"server": CALLERS}
        assert requests.succeeded["PutItem"] == 1, "one write opens it"
        assert requests.sent["PutItem"] <= environments, "and each environment writes at most once"
        clock.shift(CACHE)  # by then the environments that did not open it themselves have read it
        assert {ask(health, target) for health in healths} == {"cooling"}
        assert requests.succeeded["PutItem"] == 1


@pytest.mark.parametrize("environments", [1, 20])
def test_one_probe_closes_the_circuit(client: Any, table_name: str, environments: int) -> None:
    target = a_target()
    with time_machine.travel(NOW, tick=False) as clock:
        environment(client, table_name).pause(target, PAUSE)
        clock.shift(PAUSE)
        healths = [environment(client, table_name) for _ in range(environments)]
        probes: list[str] = []
        others_refused = threading.Event()
        refused: list[str] = []

        def probe() -> str:
            probes.append(threading.current_thread().name)
            assert others_refused.wait(2 * TIMEOUT), (
                f"the others are not held up: {len(refused)} refused, {len(probes)} probes"
            )
            return "an answer"

        def one(health: Health) -> str:
            became = ask(health, target, probe)
            if became == "cooling":
                refused.append(became)
                if len(refused) == CALLERS - 1:
                    others_refused.set()
            return became

        with ThreadPoolExecutor(CALLERS) as pool:
            became = Counter(pool.map(one, healths * (CALLERS // environments)))
        assert became == {"an answer": 1, "cooling": CALLERS - 1}
        assert len(probes) == 1
        clock.shift(PAUSE)  # longer than the cache lasts
        assert {ask(health, target) for health in healths} == {"an answer"}
