"""Health as all environments share it: what opens a circuit, for how long, who tries again, and what it costs."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from botocore.exceptions import ClientError

from agentos.domain import Circuit, Target
from agentos.errors import ErrorClass
from agentos.routing.health import Health
from agentos.routing.policy import POLICIES
from tests.routing.environments import (
    CACHE,
    FAILURES,
    LONGEST,
    PAUSE,
    a_target,
    answers,
    ask,
    ask_elsewhere,
    environment,
    fails,
    open_circuit,
)
from tests.support.requests import Requests

COUNTED = [error_class for error_class, policy in POLICIES.items() if policy.counts]
CLIENTS_FAULT = [error_class for error_class, policy in POLICIES.items() if not policy.counts]


@pytest.fixture
def clock() -> Iterator[Any]:
    """A wall clock that the test moves."""
    with time_machine.travel(1_795_348_800, tick=False) as travel:
        yield travel


@pytest.fixture
def target() -> Target:
    return a_target()


@pytest.fixture
def first(client: Any, table_name: str, clock: Any) -> Health:
    return environment(client, table_name)


@pytest.fixture
def second(client: Any, table_name: str, clock: Any) -> Health:
    return environment(client, table_name)


# --- opening ------------------------------------------------------------------------------------


@pytest.mark.parametrize("error_class", COUNTED)
def test_failures_in_a_row_open_the_circuit_for_everybody(
    first: Health, second: Health, target: Target, error_class: ErrorClass
) -> None:
    for _ in range(FAILURES):
        assert ask(first, target, fails(error_class)) == error_class
    assert ask(first, target) == ask(second, target) == "cooling"
    assert first.cooling(target.model) == second.cooling(target.model) == PAUSE


@pytest.mark.parametrize("error_class", CLIENTS_FAULT)
def test_what_a_client_is_to_blame_for_never_counts(first: Health, target: Target, error_class: ErrorClass) -> None:
    for _ in range(FAILURES * 3):
        assert ask(first, target, fails(error_class)) == error_class
    assert first.cooling(target.model) is None
    assert ask(first, target) == "an answer"


def test_only_failures_in_a_row_count(first: Health, target: Target) -> None:
    for _ in range(3):
        for _ in range(FAILURES - 1):
            ask(first, target, fails())
        assert ask(first, target) == "an answer"


def test_each_target_has_a_circuit_of_its_own(first: Health, target: Target) -> None:
    open_circuit(first, target)
    assert ask(first, a_target()) == ask(first, a_target("b")) == "an answer"


def test_another_key_is_another_circuit(client: Any, table_name: str, first: Health, target: Target) -> None:
    open_circuit(first, target)
    mended = environment(client, table_name, key="another-key-0123")
    assert mended.cooling(target.model) is None
    assert mended.not_closed() == []
    assert ask(mended, target) == "an answer"
    assert ask(first, target) == "cooling"


# --- trying again -------------------------------------------------------------------------------


def test_after_the_pause_one_call_tries_and_its_answer_closes_the_circuit_for_all(
    first: Health, second: Health, target: Target, clock: Any
) -> None:
    open_circuit(first, target)
    clock.shift(PAUSE - 1)
    assert ask(second, target) == "cooling"
    clock.shift(1)
    assert second.cooling(target.model) is None

    def probe() -> str:
        clock.shift(CACHE + 1)  # it takes its time
        assert ask_elsewhere(first, target) == ask_elsewhere(second, target) == "cooling", "the others wait"
        return "an answer"

    assert ask(second, target, probe) == "an answer"
    clock.shift(CACHE)
    assert ask(first, target) == ask(second, target) == "an answer"


def test_a_probe_that_fails_opens_it_for_another_pause(
    first: Health, second: Health, target: Target, clock: Any
) -> None:
    open_circuit(first, target)
    clock.shift(PAUSE)
    assert ask(second, target, fails()) == "server"
    assert second.cooling(target.model) == PAUSE
    clock.shift(PAUSE)
    assert ask(first, target) == "an answer"


def test_a_prober_that_never_comes_back_is_replaced(first: Health, second: Health, target: Target, clock: Any) -> None:
    open_circuit(first, target)
    clock.shift(PAUSE)

    class Killed(BaseException):
        """What a time-out of Lambda's does to an environment."""

    def killed() -> str:
        raise Killed

    with pytest.raises(Killed):
        first.guard(target, killed)
    assert (second.not_closed()[0].state, second.not_closed()[0].retry_in_seconds) == ("half-open", PAUSE)
    assert ask_elsewhere(second, target) == "cooling"
    clock.shift(PAUSE)
    assert ask_elsewhere(second, target) == "an answer"


# --- pauses that providers ask for ---------------------------------------------------------------


def test_a_named_pause_holds_for_everybody_from_the_first_failure(
    first: Health, second: Health, target: Target, clock: Any
) -> None:
    first.pause(target.model, 600)
    assert ask(first, target) == ask(second, target) == "cooling"
    clock.shift(599)
    assert ask(first, target) == ask(second, target) == "cooling"
    clock.shift(1)
    assert ask(second, target) == "an answer"


@pytest.mark.parametrize("shorter", [1, 10, 599.5])
def test_a_shorter_pause_never_shortens_a_longer(
    first: Health, second: Health, target: Target, clock: Any, shorter: float
) -> None:
    first.pause(target.model, 600)
    first.pause(target.model, shorter)
    second.pause(target.model, shorter)
    clock.shift(CACHE)
    assert first.cooling(target.model) == second.cooling(target.model) == 600 - CACHE


def test_a_longer_pause_lengthens_a_shorter(first: Health, second: Health, target: Target, clock: Any) -> None:
    first.pause(target.model, 20)
    second.pause(target.model, 90)
    clock.shift(CACHE)
    assert first.cooling(target.model) == second.cooling(target.model) == 90 - CACHE


def test_failures_do_not_shorten_a_named_pause(first: Health, second: Health, target: Target, clock: Any) -> None:
    def meanwhile_a_pause() -> str:
        second.pause(target.model, 600)
        return str(fails()())

    for _ in range(FAILURES):
        ask(first, target, meanwhile_a_pause)
    clock.shift(CACHE)
    assert first.cooling(target.model) == 600 - CACHE


def test_a_failed_probe_does_not_shorten_a_pause_that_was_named_meanwhile(
    first: Health, second: Health, target: Target, clock: Any
) -> None:
    open_circuit(first, target)
    clock.shift(PAUSE)

    def meanwhile_a_pause() -> str:
        second.pause(target.model, 600)
        return str(fails()())

    assert ask(first, target, meanwhile_a_pause) == "server"
    assert first.cooling(target.model) == second.cooling(target.model) == 600


def test_no_pause_is_longer_than_the_longest(first: Health, target: Target) -> None:
    first.pause(target.model, 1e9)
    assert first.cooling(target.model) == LONGEST


def test_a_pause_is_never_cut_short_by_rounding(first: Health, target: Target, clock: Any) -> None:
    clock.shift(0.75)
    first.pause(target.model, 10.5)
    clock.shift(10.4)
    assert ask(first, target) == "cooling"


def test_a_target_asked_despite_its_health_is_healthy_when_it_answers(
    first: Health, second: Health, target: Target, clock: Any
) -> None:
    first.pause(target.model, 600)
    in_doubt = target.model_copy(update={"despite_health": True})
    assert ask(second, in_doubt, fails()) == "server"
    assert ask(second, target) == "cooling", "a failure changes nothing"
    assert ask(second, in_doubt) == "an answer"
    clock.shift(CACHE)
    assert ask(first, target) == "an answer"


# --- what it costs ------------------------------------------------------------------------------


def test_while_all_is_well_nothing_is_written_and_each_target_is_read_once_in_a_cache_period(
    client: Any, first: Health, clock: Any
) -> None:
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
        first.pause(target.model, 600)
    assert requests.writes == 1


def test_a_circuits_item_is_swept_when_it_means_nothing_any_more(
    client: Any, table_name: str, first: Health, target: Target, clock: Any
) -> None:
    first.pause(target.model, LONGEST)
    (item,) = client.scan(TableName=table_name, ConsistentRead=True)["Items"]
    assert set(item) == {"pk", "sk", "state", "failure_count", "opened_at", "expiresAt"}
    assert 1_795_348_800 + LONGEST < int(item["expiresAt"]["N"]) < 1_795_348_800 + LONGEST + 2 * 3600


# --- a table that is down -------------------------------------------------------------------------


@pytest.fixture
def broken(client: Any, clock: Any) -> Health:
    """Its table is not there."""
    return environment(client, "no-such-table")


def test_a_table_that_is_down_counts_as_healthy(broken: Health, target: Target) -> None:
    assert broken.cooling(target.model) is None
    assert ask(broken, target) == "an answer"
    for _ in range(FAILURES * 2):
        assert ask(broken, target, fails()) == "server", "the provider's own failure is what is told"
    assert ask(broken, target) == "an answer"
    broken.pause(target.model, 60)
    assert ask(broken, target.model_copy(update={"despite_health": True})) == "an answer"
    assert broken.not_closed() == []


def test_a_table_that_takes_no_writes_costs_no_answer(client: Any, first: Health, target: Target, clock: Any) -> None:
    open_circuit(first, target)
    clock.shift(PAUSE)
    probe_elected: list[str] = []

    def refuse(model: Any, **_: Any) -> None:
        if probe_elected:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, model.name)
        probe_elected.append(model.name)

    for operation in ("PutItem", "UpdateItem"):
        client.meta.events.register(f"before-call.dynamodb.{operation}", refuse)
    assert ask(first, target) == "an answer", "that it cannot be closed is no reason to fail"


# --- what is shown ------------------------------------------------------------------------------


def test_circuits_that_are_not_closed_are_shown(first: Health, second: Health, clock: Any) -> None:
    well, failing, paused = a_target(), a_target(), a_target("b")
    ask(first, well)
    open_circuit(first, failing)
    first.pause(paused.model, 90.5)
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
