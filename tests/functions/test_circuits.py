"""Every function skips a target that keeps failing until it answers again, and its circuit is shown."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from tests.functions.conftest import Providers, chat
from tests.support.requests import Requests
from tests.support.upstream import Reply, answer, refusal
from tests.support.wiring import rewire

OPENAI, GEMINI = "openai:gpt-4o-mini", "gemini:flash-1.5"


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(1_795_348_800, tick=True) as travel:
        yield travel


def health(api: Any, provider: str) -> Any:
    (entry,) = [one for one in api("health").json["providers"] if one["provider"] == provider]
    return entry


def outcomes(reply: Any) -> list[tuple[str, str]]:
    return [(one["model"], one["outcome"]) for one in reply.json["route"]["attempts"]]


def test_a_target_that_keeps_failing_is_skipped_and_tried_again_after_the_pause(
    api: Any, providers: Providers, clock: Any
) -> None:
    talk = chat(api)
    providers.openai.default = refusal(500)
    assert outcomes(talk.say()) == [(OPENAI, "server"), (OPENAI, "server"), (GEMINI, "ok")]
    assert outcomes(talk.say()) == [(OPENAI, "server"), (GEMINI, "ok")], "the third failure in a row opens its circuit"
    left_alone = talk.say()
    assert outcomes(left_alone) == [(GEMINI, "ok")]
    skipped = {skip["model"]: skip["reason"] for skip in left_alone.json["route"]["skipped"]}
    assert skipped[OPENAI].startswith("cooling_down: ")
    assert left_alone.json["route"]["fallbackUsed"] is True
    assert len(providers.openai.requests) == 3

    rewire()  # another environment, which reads it from the table
    assert outcomes(talk.say()) == [(GEMINI, "ok")]
    providers.openai.default = answer("I am well again.")
    clock.shift(31)
    assert outcomes(talk.say()) == [(OPENAI, "ok")]
    assert outcomes(talk.say()) == [(OPENAI, "ok")]


def test_a_new_environment_counts_failures_from_the_start(api: Any, providers: Providers, clock: Any) -> None:
    talk = chat(api)
    providers.openai.default = refusal(500)
    for _ in range(
        2
    ):  # if the second environment remembered the first one's failures, its second failure would open the circuit
        assert outcomes(talk.say()) == [(OPENAI, "server"), (OPENAI, "server"), (GEMINI, "ok")]
        rewire()


def test_circuits_are_shown_by_health_and_providers(api: Any, providers: Providers, clock: Any) -> None:
    assert (health(api, "openai")["status"], health(api, "openai")["circuits"]) == ("available", [])
    providers.openai.default = refusal(429, retry_after="600")
    chat(api).say()

    shown = health(api, "openai")
    assert shown["status"] == "cooling-down"
    (circuit,) = shown["circuits"]
    assert (circuit["model"], circuit["state"]) == (OPENAI, "open")
    assert 590 <= circuit["retryInSeconds"] <= 601
    assert shown["reason"] == f"{OPENAI} for {circuit['retryInSeconds']} s"
    assert api("health").json["status"] == "ok", "Gemini can still be asked"
    assert health(api, "gemini")["status"] == "available"
    (entry,) = [one for one in api("providers").json["data"] if one["provider"] == "openai"]
    assert (entry["status"], entry["circuits"][0]["state"]) == ("cooling-down", "open")

    clock.shift(602)
    assert health(api, "openai")["status"] == "available"


def test_a_provider_that_names_a_long_pause_is_skipped_until_it_is_over(
    api: Any, providers: Providers, clock: Any
) -> None:
    talk = chat(api)
    providers.openai.script = [refusal(429, retry_after="600")]
    assert outcomes(talk.say()) == [(OPENAI, "rate_limited"), (GEMINI, "ok")]
    clock.shift(500)
    assert outcomes(talk.say()) == [(GEMINI, "ok")]
    clock.shift(102)
    assert outcomes(talk.say()) == [(OPENAI, "ok")]


def test_a_target_with_a_new_key_is_asked_at_once(api: Any, providers: Providers, clock: Any) -> None:
    talk = chat(api)
    providers.openai.default = refusal(401)
    for _ in range(3):
        talk.say()
    assert outcomes(talk.say()) == [(GEMINI, "ok")]
    providers.openai.default = answer("That is the right key.")
    providers.set("OPENAI_API_KEY", "sk-the-right-key-0123456789")
    assert outcomes(talk.say()) == [(OPENAI, "ok")]
    assert health(api, "openai")["circuits"] == []


def test_where_only_cooling_targets_are_left_the_first_is_still_tried(
    api: Any, providers: Providers, clock: Any
) -> None:
    talk = chat(api)
    providers.openai.script = [refusal(429, retry_after="600")]
    providers.gemini.script = [Reply({}, 429, {"retry-after": "600"})]
    failed = talk.say()
    assert (failed.status, failed.headers["retry-after"]) == (502, "600")
    reply = talk.say()
    assert outcomes(reply) == [(OPENAI, "ok")]
    reasons = [skip["reason"].partition(":")[0] for skip in reply.json["route"]["skipped"]]
    assert sorted(reasons) == ["cooling_down", "not_configured"]
    assert outcomes(talk.say()) == [(OPENAI, "ok")]
    assert health(api, "openai")["circuits"] == []


@pytest.mark.parametrize("reply", [refusal(422), refusal(400, "context_length_exceeded")])
def test_errors_of_the_client_open_no_circuit(api: Any, providers: Providers, reply: Reply) -> None:
    talk = chat(api)
    providers.openai.default = reply
    for _ in range(5):
        assert outcomes(talk.say())[0][0] == OPENAI
    assert health(api, "openai")["circuits"] == []


def test_a_healthy_turn_reads_a_circuit_at_most_once_in_five_seconds_and_writes_none(
    api: Any, providers: Providers, client: Any, environment: pytest.MonkeyPatch
) -> None:
    from agentos import wiring

    talk = chat(api)
    talk.say()
    with time_machine.travel(1_795_348_800, tick=False):
        talk.say()  # reads both circuits
        requests = Requests(wiring.dynamodb())
        talk.say()
        usual = requests.sent
        assert usual == {"GetItem": 1, "UpdateItem": 1, "TransactWriteItems": 1}, "agent, lease, commit"
