"""What shared health costs in requests, what happens without a table, and what clients see of it."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from agentos.domain import Circuit, CoolDown, Target
from agentos.kernel.errors import ErrorClass
from agentos.routing.health import Health
from agentos.store.transport.messages import Request
from tests.routing.environments import (
    CACHE,
    FAILURES,
    LONGEST,
    PAUSE,
    a_target,
    answers,
    ask,
    environment,
    fails,
    open_circuit,
)
from tests.support.requests import Requests
from tests.support.transport import before


def test_healthy_targets_cost_no_write_and_one_read_in_a_cache_period(client: Any, first: Health, clock: Any) -> None:
    targets = [a_target(), a_target(), a_target("b")]
    requests = Requests(client)
    for periods in range(1, 4):
        for _ in range(20):
            for target in targets:
                first.cooling(target.model)
                ask(first, target)
        assert requests.sent == {"GetItem": len(targets) * periods}
        clock.shift(CACHE)


def test_failures_that_open_nothing_write_nothing(client: Any, first: Health, target: Target) -> None:
    requests = Requests(client)
    for _ in range(FAILURES - 1):
        ask(first, target, fails())
    for _ in range(20):
        ask(first, target, fails(ErrorClass.REJECTED))
    assert requests.writes == 0


def test_a_whole_outage_costs_one_write_to_open_two_to_try_again(
    client: Any, first: Health, target: Target, clock: Any
) -> None:
    requests = Requests(client)
    open_circuit(first, target)
    for _ in range(20):
        assert ask(first, target) == "cooling"
    assert requests.sent == {"GetItem": 1, "PutItem": 1}
    clock.shift(PAUSE)
    requests.clear()
    assert ask(first, target) == ask(first, target) == "an answer"
    assert requests.sent == {"GetItem": 1, "PutItem": 1, "UpdateItem": 1}


def test_the_same_pause_named_again_is_not_written_again(client: Any, first: Health, target: Target) -> None:
    requests = Requests(client)
    for _ in range(20):
        first.pause(target, 600)
    assert requests.writes == 1


def test_a_circuits_item_expires_when_it_has_no_effect(
    client: Any, table_name: str, first: Health, target: Target, clock: Any
) -> None:
    first.pause(target, LONGEST)
    (item,) = client.call("Scan", TableName=table_name, ConsistentRead=True)["Items"]
    assert set(item) == {"pk", "sk", "state", "failure_count", "opened_at", "expiresAt"}
    assert 1_795_348_800 + LONGEST < int(item["expiresAt"]["N"]) < 1_795_348_800 + LONGEST + 2 * 3600


# --- a table that is down -------------------------------------------------------------------------


@pytest.fixture
def broken(client: Any, clock: Any) -> Health:
    """Its table does not exist."""
    return environment(client, "no-such-table")


def test_a_table_that_is_down_counts_as_healthy(broken: Health, target: Target) -> None:
    assert broken.cooling(target.model) is None
    assert ask(broken, target) == "an answer"
    for _ in range(FAILURES * 2):
        assert ask(broken, target, fails()) == "server", "the provider's own failure is reported"
    assert ask(broken, target) == "an answer"
    broken.pause(target, 60)
    assert ask(broken, target.model_copy(update={"cooling": CoolDown(1)})) == "an answer"
    assert broken.not_closed() == []


def test_a_table_that_refuses_writes_fails_no_answer(client: Any, first: Health, target: Target, clock: Any) -> None:
    open_circuit(first, target)
    clock.shift(PAUSE)
    probe_elected: list[str] = []

    def refuse(request: Request) -> None:
        if probe_elected:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, request.operation)
        probe_elected.append(request.operation)

    before(client, refuse, "PutItem", "UpdateItem")
    assert ask(first, target) == "an answer", "a circuit that cannot be closed fails no call"


# --- what is shown ------------------------------------------------------------------------------


def test_circuits_that_are_not_closed_are_shown(first: Health, second: Health, clock: Any) -> None:
    well, failing, paused = a_target(), a_target(), a_target("b")
    ask(first, well)
    open_circuit(first, failing)
    first.pause(paused, 90.5)
    shown = {circuit.model: circuit for circuit in second.not_closed()}
    assert shown == {
        failing.model: Circuit(model=failing.model, state="open", retry_in_seconds=PAUSE),
        paused.model: Circuit(model=paused.model, state="open", retry_in_seconds=91),
    }
    clock.shift(PAUSE)

    def look() -> str:
        states = {circuit.model: circuit.state for circuit in second.not_closed()}
        assert states == {failing.model: "half-open", paused.model: "open"}
        return answers()

    ask(first, failing, look)
    assert [circuit.model for circuit in second.not_closed()] == [paused.model]
