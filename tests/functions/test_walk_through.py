"""The three calls that a client knows, word for word, and the exact shapes of their answers."""

import re
from typing import Any

AGENT = {
    "name": "routing-agent",
    "description": "An agent that routes across providers based on task type.",
    "model": "openai:gpt-4o-mini",
    "tools": [],
    "config": {"fallbackModel": "gemini:flash-1.5"},
}
SESSION = {"userId": "routing-user", "metadata": {"source": "advanced-multi-provider-routing"}}
MESSAGE = {
    "role": "user",
    "content": "For a small internal tool, which provider/model would you recommend and why?",
}

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def test_the_walk_through_answers_from_the_last_resort_with_the_reasons(api: Any, upstream: Any) -> None:
    agent = api("create_agent", AGENT)
    assert agent.status == 201
    agent_id = agent.json["agentId"]

    session = api("create_session", SESSION, agentId=agent_id)
    assert session.status == 201

    reply = api("send_message", MESSAGE, agentId=agent_id, sessionId=session.json["sessionId"])
    assert reply.status == 200
    assert reply.json["content"] == "Hello from upstream."
    assert reply.json["route"]["requested"] == "openai:gpt-4o-mini"
    assert reply.json["route"]["served"] == "local:smollm2"
    assert reply.json["route"]["fallbackUsed"] is True
    assert reply.json["route"]["skipped"] == [
        {"model": "openai:gpt-4o-mini", "reason": "not_configured: OPENAI_API_KEY is not set"},
        {"model": "gemini:flash-1.5", "reason": "not_configured: GEMINI_API_KEY is not set"},
    ]
    assert upstream.requests[0]["messages"] == [MESSAGE]


def test_an_agent_has_the_fields_of_the_contract_and_no_other(api: Any) -> None:
    agent = api("create_agent", AGENT).json
    assert set(agent) == {
        "agentId", "name", "description", "model", "tools", "config", "version", "createdAt", "updatedAt",
    }  # fmt: skip
    assert {name: agent[name] for name in AGENT} == AGENT
    assert agent["version"] == 1
    assert TIME.fullmatch(agent["createdAt"])
    assert agent["updatedAt"] == agent["createdAt"]
    assert api("get_agent", agentId=agent["agentId"]).json == agent
    assert api("list_agents").json == {"data": [agent], "hasMore": False, "nextCursor": None}


def test_a_session_has_the_fields_of_the_contract_and_no_other(api: Any) -> None:
    agent_id = api.agent()
    session = api("create_session", {**SESSION, "expiresInSeconds": 60}, agentId=agent_id).json
    assert set(session) == {
        "sessionId", "agentId", "agentVersion", "userId", "metadata", "state", "messageCount", "usage",
        "expiresAt", "lastActivityAt", "createdAt",
    }  # fmt: skip
    assert {name: session[name] for name in SESSION} == SESSION
    assert (session["agentId"], session["agentVersion"]) == (agent_id, None)
    assert (session["state"], session["messageCount"]) == ("idle", 0)
    assert session["usage"] == {
        "promptTokens": 0,
        "completionTokens": 0,
        "totalTokens": 0,
        "costUsd": 0.0,
        "unpriced": 0,
    }
    assert all(TIME.fullmatch(session[name]) for name in ("createdAt", "lastActivityAt", "expiresAt"))
    assert api("get_session", agentId=agent_id, sessionId=session["sessionId"]).json == session
    assert api("list_sessions", agentId=agent_id).json["data"] == [session]


def test_a_reply_has_the_fields_of_the_contract_and_no_other(api: Any, upstream: Any) -> None:
    agent_id = api.agent(model="local:smollm2")
    session_id = api.session(agent_id)

    answer = api.say(agent_id, session_id)

    reply = answer.json
    assert set(reply) == {
        "messageId", "role", "content", "toolCalls", "finishReason", "state", "model", "provider", "usage", "route",
        "createdAt",
    }  # fmt: skip
    assert set(reply["usage"]) == {
        "promptTokens", "completionTokens", "totalTokens", "cachedTokens", "cacheWriteTokens", "reasoningTokens",
        "costUsd", "estimated", "latencyMs", "firstTokenMs",
    }  # fmt: skip
    assert set(reply["route"]) == {
        "requested", "served", "rule", "experiment", "fallbackUsed", "attempts", "skipped",
    }  # fmt: skip
    (attempt,) = reply["route"]["attempts"]
    assert set(attempt) == {"model", "provider", "upstreamModel", "outcome", "status", "latencyMs", "notes", "usage"}
    assert (attempt["upstreamModel"], attempt["outcome"], attempt["status"]) == ("smollm2", "ok", 200)
    assert (reply["role"], reply["toolCalls"], reply["finishReason"], reply["state"]) == (
        "assistant", [], "stop", "completed",
    )  # fmt: skip
    assert (reply["model"], reply["provider"]) == ("local:smollm2", "local")
    assert (reply["usage"]["promptTokens"], reply["usage"]["completionTokens"]) == (10, 5)
    assert (reply["usage"]["totalTokens"], reply["usage"]["costUsd"]) == (15, 0.0)
    assert reply["route"]["fallbackUsed"] is False
    assert TIME.fullmatch(reply["createdAt"])
    assert answer.headers["x-agentos-model"] == "local:smollm2"
    assert answer.headers["x-agentos-attempts"] == "1"
    assert answer.headers["x-request-id"] == "gateway-id"


def test_messages_are_listed_as_they_were_sent_and_answered(api: Any, upstream: Any) -> None:
    agent_id = api.agent()
    session_id = api.session(agent_id)
    fields = {"role": "user", "taskType": "code", "priority": "cost", "metadata": {"a": [1.0, None, 10**30, ""]}}
    reply = api.say(agent_id, session_id, "Hello", **fields).json

    page = api("list_messages", agentId=agent_id, sessionId=session_id).json

    sent, listed = page["data"]
    assert listed == reply
    names = ["messageId", "role", "content", "toolCallId", "taskType", "priority", "metadata", "createdAt"]
    assert sent.keys() == set(names)
    assert {name: sent[name] for name in fields} == fields
    assert isinstance(sent["metadata"]["a"][0], float)
    assert (page["hasMore"], page["nextCursor"]) == (False, None)


def test_an_unknown_price_makes_the_cost_unknown_in_reply_and_session(api: Any, upstream: Any) -> None:
    agent_id = api.agent(model="local:unlisted")
    session_id = api.session(agent_id)
    assert api.say(agent_id, session_id).json["usage"]["costUsd"] is None
    usage = api("get_session", agentId=agent_id, sessionId=session_id).json["usage"]
    assert usage == {"promptTokens": 10, "completionTokens": 5, "totalTokens": 15, "costUsd": None, "unpriced": 1}


def test_a_plan_is_explained_without_calling_a_provider(api: Any, upstream: Any, environment: Any) -> None:
    environment.setenv("OPENAI_API_KEY", "key-0123456789")
    agent_id = api.agent(**AGENT)
    session_id = api.session(agent_id)
    before = api("get_session", agentId=agent_id, sessionId=session_id).json

    plan = api("explain_route", {**MESSAGE, "sessionId": session_id, "taskType": "poetry"}, agentId=agent_id)

    assert plan.status == 200
    assert plan.json == {
        "requested": "openai:gpt-4o-mini",
        "taskType": "poetry",
        "priority": None,
        "rule": None,
        "experiment": None,
        "targets": [
            {
                "model": "openai:gpt-4o-mini",
                "provider": "openai",
                "upstreamModel": "gpt-4o-mini",
                "reason": "agent's model",
            },
            {
                "model": "local:smollm2",
                "provider": "local",
                "upstreamModel": "smollm2",
                "reason": "server's fallback",
            },
        ],
        "skipped": [{"model": "gemini:flash-1.5", "reason": "not_configured: GEMINI_API_KEY is not set"}],
    }
    assert upstream.requests == []
    assert api("get_session", agentId=agent_id, sessionId=session_id).json == before


def test_health_and_providers_show_what_can_be_used_and_no_key(api: Any, upstream: Any, environment: Any) -> None:
    environment.setenv("GROQ_API_KEY", "gsk-secret-0123456789")
    health, providers = api("health"), api("providers")

    assert health.json["status"] == "ok"
    status = {entry["provider"]: (entry["status"], entry["reason"]) for entry in health.json["providers"]}
    assert status["groq"] == status["local"] == ("available", None)
    assert status["openai"] == ("not-configured", "OPENAI_API_KEY is not set")
    assert status["echo"][0] == "disabled"
    entries = {entry["provider"]: entry for entry in providers.json["data"]}
    assert entries["groq"]["environment"] == ["GROQ_API_KEY", "GROQ_ENDPOINT"]
    assert set(entries) == set(status)
    models = {model["model"]: model for entry in entries.values() for model in entry["models"]}
    assert models["gemini:flash-1.5"]["upstreamModel"] == "gemini-3.5-flash-lite"
    assert "gsk-secret" not in health.text + providers.text
    assert upstream.requests == []


def test_health_is_degraded_when_nothing_can_be_used(api: Any) -> None:
    assert api("health").status == 200
    assert api("health").json["status"] == "degraded"
