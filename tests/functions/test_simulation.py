"""`x-agentos-simulate`: failures on request, only where the configuration allows it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from agentos.kernel.errors import ErrorClass
from tests.functions.conftest import Chat, Providers, chat
from tests.support.gateway import Context, handler
from tests.support.upstream import calling

ON = "routing: {simulation: true}"
Configure = Callable[[str], None]
TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}


def simulate(talk: Chat, header: str) -> Any:
    body = {"content": "Hello"}
    return talk.api("send_message", body, headers={"X-AgentOS-Simulate": header}, **talk.path)


def outcomes(answer: Any) -> list[tuple[str, str]]:
    attempts = answer.json["route"]["attempts"] if answer.status == 200 else answer.json["details"]["attempts"]
    return [(one["provider"], one["outcome"]) for one in attempts]


@pytest.mark.parametrize("error_class", [one for one in ErrorClass if one != "content_filter"])
def test_a_provider_fails_as_asked_without_being_called_and_the_fallback_answers(
    api: Any, providers: Providers, configure: Configure, error_class: str
) -> None:
    configure(ON)
    answer = simulate(chat(api), f"openai={error_class}")
    assert answer.json["model"] == "gemini:flash-1.5"
    tries = 2 if error_class in ("connect", "server") else 1
    assert outcomes(answer) == [("openai", error_class)] * tries + [("gemini", "ok")]
    assert providers.openai.requests == []


def test_a_simulated_error_without_fallback_ends_the_turn(api: Any, providers: Providers, configure: Configure) -> None:
    configure(ON)
    assert simulate(chat(api), "openai=content_filter").json["code"] == "content_filtered"
    assert providers.openai.requests == providers.gemini.requests == []


def test_several_failures_can_be_simulated_at_once(api: Any, providers: Providers, configure: Configure) -> None:
    configure(ON)
    failed = simulate(chat(api), " openai = quota , gemini=auth,")
    assert (failed.status, failed.json["code"]) == (502, "upstream_failed")
    assert outcomes(failed) == [("openai", "quota"), ("gemini", "auth")]


def test_a_simulated_failure_does_not_count_against_health(
    api: Any, providers: Providers, configure: Configure
) -> None:
    configure(ON)
    talk = chat(api)
    for _ in range(4):
        simulate(talk, "openai=server")
    assert talk.say().json["model"] == "openai:gpt-4o-mini"
    assert [one for one in api("health").json["providers"] if one["circuits"]] == []


@pytest.mark.parametrize("text", ["", "routing: {simulation: false}"])
@pytest.mark.parametrize("header", ["openai=server", "nonsense"])
def test_a_simulated_failure_is_ignored_where_it_is_not_allowed(
    api: Any, providers: Providers, configure: Configure, text: str, header: str
) -> None:
    configure(text)
    assert simulate(chat(api), header).json["model"] == "openai:gpt-4o-mini"


@pytest.mark.parametrize(("header", "reason"), [
    ("nobody=server", "there is no provider 'nobody'"), ("openai", "'' is none of auth, quota,"),
    ("openai=slow", "'slow' is none of auth, quota,"), ("openai=server,=", "there is no provider ''"),
])  # fmt: skip
def test_a_mistake_in_the_variable_is_reported(
    api: Any, providers: Providers, configure: Configure, header: str, reason: str
) -> None:
    configure(ON)
    answer = simulate(chat(api), header)
    assert (answer.status, answer.json["details"]["errors"][0]["field"]) == (400, "x-agentos-simulate")
    assert reason in answer.json["message"]
    assert providers.openai.requests == []


# --- the field simulateFailures --------------------------------------------------------------------


@pytest.mark.parametrize("error_class", [one for one in ErrorClass if one != "content_filter"])
def test_a_message_can_ask_for_a_failure_as_deployed(api: Any, providers: Providers, error_class: str) -> None:
    reply = chat(api).say("Hello", simulateFailures={"openai": error_class}).json
    tries = 2 if error_class in ("connect", "server") else 1
    failed, answered = reply["route"]["attempts"][:-1], reply["route"]["attempts"][-1]
    simulated = {
        "model": "openai:gpt-4o-mini",
        "provider": "openai",
        "upstreamModel": "gpt-4o-mini",
        "outcome": error_class,
        "status": None,
        "latencyMs": 0,
        "notes": [],
        "usage": None,
        "simulated": True,
    }
    assert failed == [simulated] * tries
    assert (answered["provider"], answered["outcome"], "simulated" in answered) == ("gemini", "ok", False)
    assert reply["usage"]["costUsd"] == answered["usage"]["costUsd"] is not None
    assert reply["route"]["fallbackUsed"] is True
    assert providers.openai.requests == []


def test_nothing_is_learned_from_failures_that_messages_ask_for(api: Any, providers: Providers) -> None:
    talk = chat(api)
    for _ in range(5):
        failed = talk.say("Hello", simulateFailures={"openai": "server", "gemini": "auth", "local": "quota"})
        assert (failed.status, failed.json["code"]) == (502, "upstream_failed")
    assert talk.say("And now?").json["model"] == "openai:gpt-4o-mini"
    assert [one for one in api("health").json["providers"] if one["circuits"]] == []


def test_metrics_know_nothing_of_failures_that_messages_ask_for(
    api: Any, providers: Providers, capsys: pytest.CaptureFixture[str]
) -> None:
    talk = chat(api)
    capsys.readouterr()
    talk.say("Hello", simulateFailures={"openai": "auth"})
    talk.say("Hello", simulateFailures={"openai": "auth", "gemini": "server", "local": "quota"})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    calls = [line["errorClass"] for line in lines if "Calls" in line]
    assert calls == ["none"]
    turns = [line for line in lines if "TurnOutcomes" in line]
    assert [(turn["Attempts"], turn["FailedTurns"]) for turn in turns] == [(1, 0), (0, 0)]


def test_the_stored_message_and_a_background_turn_know_the_failure(queue: Any, api: Any, providers: Providers) -> None:
    talk = chat(api)
    body = {"content": "Hello", "simulateFailures": {"openai": "quota"}}
    accepted = api("send_message", body, headers={"Prefer": "respond-async"}, **talk.path)
    assert accepted.status == 202
    assert handler("run_turn")(queue.event(), Context(seconds=900))["batchItemFailures"] == []
    turn = api("get_turn", turnId=accepted.json["turnId"], **talk.path).json
    assert [one["outcome"] for one in turn["reply"]["route"]["attempts"]] == ["quota", "ok"]
    assert turn["reply"]["route"]["attempts"][0]["simulated"] is True
    asked, answered = api("list_messages", **talk.path).json["data"]
    assert "simulateFailures" not in asked
    assert answered == turn["reply"]


def test_tool_results_can_ask_for_failures(api: Any, providers: Providers) -> None:
    providers.openai.script.append(calling(("call_1", "add", "{}")))
    agent_id = api.agent(model="openai:gpt-4o-mini", tools=[TOOL], config={"fallbackModel": "gemini:flash-1.5"})
    place = {"agentId": agent_id, "sessionId": api.session(agent_id)}
    call = api("send_message", {"content": "Add"}, **place).json["toolCalls"][0]
    result = {"role": "tool", "toolCallId": call["id"], "content": "2", "simulateFailures": {"openai": "quota"}}
    reply = api("send_message", result, **place).json
    assert [(one["provider"], one["outcome"]) for one in reply["route"]["attempts"]] == [
        ("openai", "quota"),
        ("gemini", "ok"),
    ]


def test_an_explained_route_marks_the_targets_that_are_to_fail(api: Any, providers: Providers) -> None:
    agent_id = api.agent(model="openai:gpt-4o-mini", config={"fallbackModel": "gemini:flash-1.5"})
    plain = api("explain_route", {"content": "Hello"}, agentId=agent_id).json
    plan = api("explain_route", {"content": "Hello", "simulateFailures": {"openai": "auth"}}, agentId=agent_id).json
    assert [(one["provider"], one.get("simulatedFailure")) for one in plan["targets"]][:2] == [
        ("openai", "auth"),
        ("gemini", None),
    ]
    without = [{k: v for k, v in one.items() if k != "simulatedFailure"} for one in plan["targets"]]
    assert {**plan, "targets": without} == plain


@pytest.mark.parametrize("folder", ["send_message", "explain_route"])
@pytest.mark.parametrize(
    ("failures", "field", "reason"),
    [
        ({"nobody": "server"}, "simulateFailures.nobody", "there is no provider 'nobody'"),
        ({"openai": "slow"}, "simulateFailures.openai", "'auth', 'quota'"),
        ({"openai": None}, "simulateFailures.openai", "'auth', 'quota'"),
        ({"openai": "not_configured"}, "simulateFailures.openai", "'auth', 'quota'"),
        (["openai"], "simulateFailures", ""),
        ("openai=server", "simulateFailures", ""),
    ],
)
def test_a_mistake_in_the_field_is_named(
    api: Any, providers: Providers, folder: str, failures: Any, field: str, reason: str
) -> None:
    answer = api(folder, {"content": "Hello", "simulateFailures": failures}, **chat(api).path)
    assert (answer.status, answer.json["details"]["errors"][0]["field"]) == (400, field)
    assert reason in answer.json["message"]
    assert providers.openai.requests == []


@pytest.mark.parametrize("folder", ["send_message", "explain_route"])
def test_the_field_can_be_switched_off(api: Any, providers: Providers, configure: Configure, folder: str) -> None:
    configure("routing: {simulateFailures: false}")
    talk = chat(api)
    answer = api(folder, {"content": "Hello", "simulateFailures": {"openai": "server"}}, **talk.path)
    assert (answer.status, answer.json["details"]["errors"][0]["field"]) == (400, "simulateFailures")
    assert api(folder, {"content": "Hello", "simulateFailures": {}}, **talk.path).status == 200


def test_the_doors_do_not_know_the_field(api: Any, providers: Providers) -> None:
    body = {
        "model": "openai:gpt-4o-mini",
        "messages": [{"role": "user", "content": "Hello"}],
        "simulateFailures": {"openai": "server"},
    }
    answer = api("chat_completions", body)
    assert (answer.status, answer.json["model"]) == (200, "openai:gpt-4o-mini")
    assert any("simulateFailures" in note for note in answer.json["agentos"]["notes"])
