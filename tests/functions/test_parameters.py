"""Parameters of an agent, and of one message over the agent's. Runs the real functions with two wire formats."""

from typing import Any

import pytest

from tests.functions.conftest import Providers, chat
from tests.support.upstream import answer, calling, refusal

NOW = {"type": "function", "function": {"name": "now", "parameters": {"type": "object"}}}
NAMED = {"type": "function", "function": {"name": "now"}}


def test_a_message_sets_parameters_over_its_agents(api: Any, providers: Providers) -> None:
    talk = chat(api, temperature=0.5, seed=1, maxTokens=100)
    assert talk.say(parameters={"temperature": 0, "seed": None, "frequencyPenalty": 1}).status == 200
    assert talk.say("And now?").status == 200
    first, second = providers.openai.requests
    names = ("temperature", "seed", "frequency_penalty", "max_completion_tokens")
    assert [first.get(name) for name in names] == [0, None, 1, 100]
    assert [second.get(name) for name in names] == [0.5, 1, None, 100]


def test_parameters_that_the_fallback_does_not_take_are_noted(api: Any, providers: Providers) -> None:
    providers.openai.default = refusal(404)
    reply = chat(api, seed=1, logitBias={"50256": -100}, user="ann").say()
    notes = [attempt["notes"] for attempt in reply.json["route"]["attempts"]]
    assert notes == [[], [f"{name} left out: the model does not take it" for name in ("logitBias", "user")]]
    assert providers.gemini.requests[0]["generationConfig"] == {"seed": 1}


@pytest.mark.parametrize(("parameters", "field"), [
    ({"temperature": 3}, "temperature"),
    ({"topK": 0}, "topK"),
    ({"seed": 1.5}, "seed"),
    ({"n": 2}, "n"),
    ({"logitBias": {"word": 1}}, "logitBias.word"),
    ({"reasoningEffort": "some"}, "reasoningEffort"),
    ({"verbosity": "chatty"}, "verbosity"),
    ({"toolChoice": "any"}, "toolChoice"),
    ({"toolChoice": 5}, "toolChoice"),
    ({"toolChoice": {"type": "function", "function": {"name": ""}}}, "toolChoice.function.name"),
    ({"toolChoice": "required"}, "toolChoice"),
    ({"parallelToolCalls": "no"}, "parallelToolCalls"),
    ({"top_p": 0.5}, "top_p"),
])  # fmt: skip
def test_a_bad_parameter_is_named(api: Any, providers: Providers, parameters: dict[str, Any], field: str) -> None:
    talk = chat(api)
    said = talk.say(parameters=parameters)
    assert (said.status, said.json["code"]) == (400, "invalid_request")
    assert said.json["details"]["errors"][0]["field"].removesuffix("[key]").startswith(f"parameters.{field}")
    created = api("create_agent", {"name": "n", "model": "openai:gpt-4o-mini", "config": parameters})
    assert created.json["details"]["errors"][0]["field"].startswith(f"config.{field}")
    assert providers.openai.requests == []
    assert talk.messages() == []


def test_an_agent_that_must_call_a_tool_answers_once_it_has_the_result(api: Any, providers: Providers) -> None:
    agent_id = api.agent(model="openai:gpt-4o-mini", tools=[NOW], config={"toolChoice": NAMED})
    session_id = api.session(agent_id)
    providers.openai.script = [calling(("call_1", "now", "{}")), answer("Noon.")]
    assert api.say(agent_id, session_id).json["state"] == "requires_action"
    result = {"role": "tool", "toolCallId": "call_1", "content": "12:00"}
    reply = api("send_message", result, agentId=agent_id, sessionId=session_id)
    assert (reply.status, reply.json["content"]) == (200, "Noon.")
    assert [request.get("tool_choice") for request in providers.openai.requests] == [NAMED, None]


def test_a_message_may_forbid_tools(api: Any, providers: Providers) -> None:
    agent_id = api.agent(model="openai:gpt-4o-mini", tools=[NOW], config={"parallelToolCalls": False})
    session_id = api.session(agent_id)
    assert api.say(agent_id, session_id, parameters={"toolChoice": "none"}).status == 200
    assert not {"tools", "tool_choice", "parallel_tool_calls"} & providers.openai.requests[0].keys()


def test_a_choice_of_an_unknown_tool_is_refused_when_the_agent_is_saved(api: Any) -> None:
    body = {"name": "n", "model": "openai:gpt-4o-mini", "tools": [NOW]}
    other = {"type": "function", "function": {"name": "then"}}
    refused = api("create_agent", {**body, "config": {"toolChoice": other}})
    assert refused.json["details"]["errors"][0]["field"] == "config.toolChoice.function.name"
    agent_id = api.agent(model="openai:gpt-4o-mini", tools=[NOW], config={"toolChoice": "required"})
    assert api("update_agent", {"tools": []}, agentId=agent_id).json["details"]["errors"] == [
        {"field": "config.toolChoice", "message": "needs tools to choose from"}
    ]


def test_the_explained_route_uses_the_parameters_of_the_message(api: Any, providers: Providers) -> None:
    providers.set("AGENTOS_CONFIG", None)
    agent_id = api.agent(model="deepseek:deepseek-flash", tools=[NOW])
    plan = api("explain_route", {"content": "Hi", "parameters": {"toolChoice": "required"}}, agentId=agent_id).json
    assert {"model": "deepseek:deepseek-flash", "reason": "unsupported: toolChoice"} in plan["skipped"]


def test_a_provider_gets_a_hash_in_the_place_of_the_user(api: Any, providers: Providers) -> None:
    """The same for the same user of a tenant, another one for another user. The name itself goes nowhere."""
    for user in ("ann@example.com", "ann@example.com", "bob@example.com"):
        chat(api, user=user).say()
    first, again, other = [request["safety_identifier"] for request in providers.openai.requests]
    assert first == again != other
    assert len(first) == len(other) == 64
    assert "example.com" not in str(providers.openai.requests)
    assert not any("user" in request for request in providers.openai.requests)
