"""Health that all environments share: what opens a circuit, for how long, and which caller probes."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from agentos.domain import CoolDown, Target
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.routing.health import Health
from agentos.routing.policy import POLICIES
from agentos.store.transport.messages import Request
from tests.routing.environments import (
    CACHE,
    FAILURES,
    LONGEST,
    PAUSE,
    a_target,
    ask,
    ask_elsewhere,
    environment,
    fails,
    open_circuit,
    rest,
)
from tests.support.transport import Undo, before

COUNTED = [error_class for error_class, policy in POLICIES.items() if policy.counts]
CLIENTS_FAULT = [error_class for error_class, policy in POLICIES.items() if not policy.counts]


# --- opening ------------------------------------------------------------------------------------


@pytest.mark.parametrize("error_class", COUNTED)
def test_failures_in_a_row_open_the_circuit_for_everybody(
    first: Health, second: Health, target: Target, error_class: ErrorClass
) -> None:
    for _ in range(FAILURES):
        assert ask(first, target, fails(error_class)) == error_class
    assert ask(first, target) == ask(second, target) == "cooling"
    assert rest(first, target) == rest(second, target) == PAUSE


@pytest.mark.parametrize("error_class", CLIENTS_FAULT)
def test_errors_of_the_client_never_count(first: Health, target: Target, error_class: ErrorClass) -> None:
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


def test_after_the_pause_one_call_probes_and_its_answer_closes_the_circuit_for_all(
    first: Health, second: Health, target: Target, clock: Any
) -> None:
    open_circuit(first, target)
    clock.shift(PAUSE - 1)
    assert ask(second, target) == "cooling"
    clock.shift(1)
    assert second.cooling(target.model) is None

    def probe() -> str:
        clock.shift(CACHE + 1)  # it is still running
        assert ask_elsewhere(first, target) == ask_elsewhere(second, target) == "cooling", "the others wait"
        return "an answer"

    assert ask(second, target, probe) == "an answer"
    clock.shift(CACHE)
    assert ask(first, target) == ask(second, target) == "an answer"


def test_a_probe_that_fails_opens_the_circuit_for_another_pause(
    first: Health, second: Health, target: Target, clock: Any
) -> None:
    open_circuit(first, target)
    clock.shift(PAUSE)
    assert ask(second, target, fails()) == "server"
    assert rest(second, target) == PAUSE
    clock.shift(PAUSE)
    assert ask(first, target) == "an answer"


@pytest.mark.parametrize("error_class", CLIENTS_FAULT)
def test_a_probe_that_ends_in_the_clients_own_error_counts_as_answered(
    first: Health, second: Health, target: Target, clock: Any, error_class: ErrorClass
) -> None:
    open_circuit(first, target)
    clock.shift(PAUSE)
    assert ask(first, target, fails(error_class)) == error_class
    assert ask_elsewhere(second, target) == "an answer"


def test_a_probing_caller_that_dies_is_replaced(first: Health, second: Health, target: Target, clock: Any) -> None:
    open_circuit(first, target)
    clock.shift(PAUSE)

    class Killed(BaseException):
        """This is what a time-out of Lambda does to an environment."""

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
    first.pause(target, 600)
    assert ask(first, target) == ask(second, target) == "cooling"
    clock.shift(599)
    assert ask(first, target) == ask(second, target) == "cooling"
    clock.shift(1)
    assert ask(second, target) == "an answer"


@pytest.mark.parametrize("shorter", [1, 10, 599.5])
def test_a_shorter_pause_never_shortens_a_longer(
    first: Health, second: Health, target: Target, clock: Any, shorter: float
) -> None:
    first.pause(target, 600)
    first.pause(target, shorter)
    second.pause(target, shorter)
    clock.shift(CACHE)
    assert rest(first, target) == rest(second, target) == 600 - CACHE


def test_a_longer_pause_lengthens_a_shorter(first: Health, second: Health, target: Target, clock: Any) -> None:
    first.pause(target, 20)
    second.pause(target, 90)
    clock.shift(CACHE)
    assert rest(first, target) == rest(second, target) == 90 - CACHE


def test_failures_do_not_shorten_a_named_pause(first: Health, second: Health, target: Target, clock: Any) -> None:
    def meanwhile_a_pause() -> str:
        second.pause(target, 600)
        return str(fails()())

    for _ in range(FAILURES):
        ask(first, target, meanwhile_a_pause)
    clock.shift(CACHE)
    assert rest(first, target) == 600 - CACHE


def test_a_failed_probe_does_not_shorten_a_pause_that_was_named_meanwhile(
    first: Health, second: Health, target: Target, clock: Any
) -> None:
    open_circuit(first, target)
    clock.shift(PAUSE)

    def meanwhile_a_pause() -> str:
        second.pause(target, 600)
        return str(fails()())

    assert ask(first, target, meanwhile_a_pause) == "server"
    assert rest(first, target) == rest(second, target) == 600


def test_no_pause_is_longer_than_the_longest(first: Health, target: Target) -> None:
    first.pause(target, 1e9)
    assert rest(first, target) == LONGEST


def test_rounding_never_shortens_a_pause(first: Health, target: Target, clock: Any) -> None:
    clock.shift(0.75)
    first.pause(target, 10.5)
    clock.shift(10.4)
    assert ask(first, target) == "cooling"


def test_a_target_asked_despite_its_health_is_healthy_when_it_answers(
    first: Health, second: Health, target: Target, clock: Any
) -> None:
    first.pause(target, 600)
    in_doubt = target.model_copy(update={"cooling": CoolDown(1)})
    assert ask(second, in_doubt, fails()) == "server"
    assert ask(second, target) == "cooling", "a failure changes nothing"
    assert ask(second, in_doubt) == "an answer"
    clock.shift(CACHE)
    assert ask(first, target) == "an answer"


# --- bookkeeping that fails, probes without a result --------------------------------------------------


def test_a_pause_that_a_provider_named_differs_from_one_that_failures_caused(
    first: Health, second: Health, target: Target, clock: Any
) -> None:
    other = a_target()
    open_circuit(first, target)
    first.pause(other, 600)
    assert second.cooling(target.model) == CoolDown(PAUSE, named=False)
    assert second.cooling(other.model) == CoolDown(600, named=True)
    clock.shift(PAUSE)
    ask(first, target, fails())  # a failed probe is not a pause that the provider named
    assert first.cooling(target.model) == CoolDown(PAUSE, named=False)


@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem", "GetItem"])
def test_a_table_that_refuses_never_fails_a_turn(
    client: Any, first: Health, target: Target, clock: Any, operation: str
) -> None:
    """This also holds for the election of the caller that probes."""
    open_circuit(first, target)
    clock.shift(PAUSE)

    def refuse(request: Request) -> None:
        raise ClientError(
            {"Error": {"Code": "ProvisionedThroughputExceededException", "Message": ""}}, request.operation
        )

    before(client, refuse, operation)
    assert ask(first, target) == "an answer"
    assert ask(first, target, fails()) in ("server", "cooling")
    first.pause(target, 60)
    first.cooling(target.model)


def excused() -> str:
    error = UpstreamError(ErrorClass.TIMEOUT, "the agent's own bound")
    error.excused = True
    raise error


def test_an_excused_failure_does_not_count_against_health(first: Health, target: Target) -> None:
    for _ in range(FAILURES * 3):
        assert ask(first, target, excused) == "timeout"
    assert first.cooling(target.model) is None


def test_a_probe_whose_failure_is_excused_does_not_open_the_circuit(
    first: Health, second: Health, target: Target, clock: Any
) -> None:
    open_circuit(first, target)
    clock.shift(PAUSE)
    assert ask(first, target, excused) == "timeout"
    assert ask_elsewhere(second, target) == "an answer"


def test_a_call_is_made_once_even_if_the_bookkeeping_fails(
    client: Any, first: Health, target: Target, clock: Any
) -> None:
    open_circuit(first, target)
    clock.shift(PAUSE)
    calls: list[str] = []
    undo: list[Undo] = []

    def refuse(request: Request) -> None:
        raise ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, request.operation)

    def call() -> str:
        calls.append("called")
        undo.append(before(client, refuse))
        return "an answer"

    assert ask(first, target, call) == "an answer"
    undo.pop()()
    assert calls == ["called"]
