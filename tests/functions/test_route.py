"""`POST /agents/{id}/route`: what a turn would do, with every reason, and without calling a provider."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.conftest import Providers, chat
from tests.support.upstream import refusal

Configure = Callable[[str], None]
NO_RULES = {"rules": [{"use": "openai:gpt-4o-mini"}]}


def explain(api: Any, agent_id: str, content: Any = "Hello", **fields: Any) -> Any:
    answer = api("explain_route", {"content": content, **fields}, agentId=agent_id)
    assert answer.status == 200, answer.text
    return answer.json


def test_the_plan_has_every_target_with_its_reason(api: Any, providers: Providers) -> None:
    agent_id = api.agent(
        model="openai:gpt-4o-mini",
        config={"fallbackModels": ["groq:llama3-70b", "gemini:flash-1.5"], "responseFormat": {"type": "json_schema"}},
    )
    assert explain(api, agent_id, "Hello") == {
        "requested": "openai:gpt-4o-mini",
        "taskType": "general",
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
                "model": "gemini:flash-1.5",
                "provider": "gemini",
                "upstreamModel": "gemini-3.5-flash-lite",
                "reason": "agent's fallback",
            },
        ],
        "skipped": [
            {"model": "groq:llama3-70b", "reason": "not_configured: GROQ_API_KEY is not set"},
            {"model": "local:smollm2", "reason": "unsupported: structuredOutput"},
        ],
    }
    assert providers.openai.requests == providers.gemini.requests == []


def test_a_turn_does_what_the_plan_says(api: Any, providers: Providers) -> None:
    talk = chat(api)
    for fields in ({}, {"priority": "quality"}, {"taskType": "code"}, {"priority": "cost", "metadata": {"a": 1}}):
        foretold = explain(api, talk.agent_id, "Hello", sessionId=talk.session_id, **fields)
        route = talk.say("Hello", **fields).json["route"]
        assert route["attempts"][0]["model"] == foretold["targets"][0]["model"]
        assert (route["rule"], route["skipped"]) == (foretold["rule"], foretold["skipped"])


def test_the_history_of_a_session_counts_towards_the_plan(api: Any, providers: Providers, configure: Configure) -> None:
    configure("models: {'openai:gpt-4o-mini': {contextWindow: 300}}")
    talk = chat(api, routing=NO_RULES)
    talk.say("word " * 150)
    assert explain(api, talk.agent_id, "word " * 150)["targets"][0]["model"] == "openai:gpt-4o-mini"
    inside = explain(api, talk.agent_id, "word " * 150, sessionId=talk.session_id)
    assert inside["skipped"][0]["model"] == "openai:gpt-4o-mini"
    assert inside["skipped"][0]["reason"].startswith("context_length: about ")


def test_a_missing_session_is_a_404(api: Any) -> None:
    missing = {"content": "Hello", "sessionId": "sess_00000000000000000000000009"}
    assert api("explain_route", missing, agentId=api.agent()).status == 404


@pytest.mark.parametrize(("content", "task_type"), [
    ("Write a haiku.", "general"), ("Why does this fail?\n```python\n1/0\n```", "code"),
    ("Traceback (most recent call last):", "code"), ("Write unit tests for it.", "code"),
    ("Summarize this article: …", "summary"), ("Please summarise the thread", "summary"), ("TL;DR", "summary"),
    ([{"type": "text", "text": "Look:"}, {"type": "text", "text": "```x```"}], "code"),
    ("x" * 30_000 + "```", "general"),
])  # fmt: skip
def test_the_task_type_follows_from_the_patterns(api: Any, content: Any, task_type: str) -> None:
    assert explain(api, api.agent(), content)["taskType"] == task_type


def test_which_source_of_the_task_type_wins(api: Any) -> None:
    """The message says it, else its metadata, else the session's metadata, else the patterns."""
    agent_id = api.agent()
    session_id = api.session(agent_id, metadata={"taskType": "of-session", "priority": "latency"})
    code = "```x```"

    def said(**fields: Any) -> tuple[str, str | None]:
        plan = explain(api, agent_id, code, **fields)
        return plan["taskType"], plan["priority"]

    in_metadata = {"metadata": {"taskType": "of-metadata", "priority": "cost"}}
    assert said() == ("code", None)
    assert said(sessionId=session_id) == ("of-session", "latency")
    assert said(sessionId=session_id, **in_metadata) == ("of-metadata", "cost")
    said_itself = {"taskType": "of-message", "priority": "quality"}
    assert said(sessionId=session_id, **in_metadata, **said_itself) == ("of-message", "quality")


@pytest.mark.parametrize("value", [None, 7, "", "speed", ["cost"], {"a": 1}])
def test_metadata_with_another_meaning_is_ignored(api: Any, value: Any) -> None:
    plan = explain(api, api.agent(), metadata={"taskType": value if value != "speed" else None, "priority": value})
    assert (plan["taskType"], plan["priority"]) == ("general", None)


@pytest.mark.parametrize(("fields", "rule", "first"), [
    ({"priority": "cost"}, "cost-sensitive", "openai:gpt-4o-mini"),
    ({"priority": "latency"}, "latency-sensitive", "gemini:gemini-3.5-flash-lite"),
    ({"priority": "quality"}, "general-quality", "gemini:gemini-4-argon"),
    ({"priority": "quality", "taskType": "code"}, "code-quality", "openai:gpt-6.1-sol"),
    ({"taskType": "summary"}, "summarisation", "gemini:gemini-3.5-flash-lite"),
    ({"taskType": "code"}, "code", "openai:gpt-4o-mini"),
    ({}, None, "openai:gpt-4o-mini"),
])  # fmt: skip
def test_the_shipped_rules_route_with_two_keys(
    api: Any, providers: Providers, fields: dict[str, str], rule: str | None, first: str
) -> None:
    plan = explain(api, api.agent(model="openai:gpt-4o-mini"), **fields)
    assert (plan["rule"], plan["targets"][0]["model"]) == (rule, first)


def test_rules_match_user_metadata_tools_and_images(api: Any, providers: Providers, configure: Configure) -> None:
    configure("""
routing:
  rules:
    - {name: images, when: {hasImages: true}, use: gemini:flash-1.5}
    - {name: vip, when: {userId: "vip-*"}, use: gemini:flash-1.5}
    - {name: gold, when: {metadata.tier: [gold, platinum]}, use: gemini:flash-1.5}
""")
    agent_id = api.agent(model="openai:gpt-4o-mini")
    image = [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]
    vip = api.session(agent_id, userId="vip-1")
    gold = api.session(agent_id, metadata={"tier": "gold"})
    assert explain(api, agent_id, image)["rule"] == "images"
    assert explain(api, agent_id, sessionId=vip)["rule"] == "vip"
    assert explain(api, agent_id, sessionId=gold)["rule"] == "gold"
    assert explain(api, agent_id, metadata={"tier": "platinum"})["rule"] == "gold"
    assert explain(api, agent_id, sessionId=gold, metadata={"tier": "tin"})["rule"] is None


def test_an_agents_own_rule_replaces_the_servers(api: Any, providers: Providers) -> None:
    agent_id = api.agent(model="openai:gpt-4o-mini", config={"routing": NO_RULES})
    plan = explain(api, agent_id, priority="cost")
    assert (plan["rule"], plan["targets"][0]["model"]) == ("agent.rules[0]", "openai:gpt-4o-mini")


def test_a_rules_first_model_is_no_fallback_and_its_second_is(api: Any, providers: Providers) -> None:
    rules = {"rules": [{"use": ["gemini:flash-1.5", "openai:gpt-6-luna"]}]}
    agent_id = api.agent(model="openai:gpt-4o-mini", config={"routing": rules})
    chosen = api.say(agent_id, api.session(agent_id)).json["route"]
    assert (chosen["served"], chosen["fallbackUsed"]) == ("gemini:flash-1.5", False)
    providers.gemini.default = refusal(404)
    second = api.say(agent_id, api.session(agent_id)).json["route"]
    assert (second["served"], second["fallbackUsed"]) == ("openai:gpt-6-luna", True)


# --- a draft of the agent --------------------------------------------------------------------------


def test_a_draft_is_explained_as_the_stored_agent_would_be_and_not_stored(api: Any, providers: Providers) -> None:
    agent_id = api.agent(model="openai:gpt-4o-mini", config={"instructions": "Be brief.", "maxTokens": 5})
    drafts = [
        {"model": "gemini:flash-1.5"},
        {"config": {"routing": {"rules": [{"when": {"taskType": "code"}, "use": "gemini:flash-1.5"}]}}},
        {"config": {"fallbackModel": "gemini:flash-1.5", "maxTokens": None}, "tools": []},
        {},
    ]
    before = api("get_agent", agentId=agent_id).json
    plans = [explain(api, agent_id, "Hello", taskType="code", agent=draft) for draft in drafts]
    assert api("get_agent", agentId=agent_id).json == before
    for draft, plan in zip(drafts, plans, strict=True):
        other = api.agent(model="openai:gpt-4o-mini", config={"instructions": "Be brief.", "maxTokens": 5})
        assert api("update_agent", draft, agentId=other).status == 200
        assert explain(api, other, "Hello", taskType="code") == plan
    assert [plan["targets"][0]["model"] for plan in plans[:2]] == ["gemini:flash-1.5"] * 2
    assert plans[1]["rule"] == "agent.rules[0]"


def test_a_draft_changes_the_version_of_the_session(api: Any, providers: Providers) -> None:
    agent_id = api.agent(model="openai:gpt-4o-mini", config={})
    session_id = api.session(agent_id, agentVersion=1)
    api("update_agent", {"model": "gemini:flash-1.5"}, agentId=agent_id)
    plan = explain(api, agent_id, "Hello", sessionId=session_id, agent={"config": {"maxTokens": 7}})
    assert plan["requested"] == "openai:gpt-4o-mini"


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        ({"model": "nobody:x"}, "agent.model"),
        ({"model": None}, "agent.model"),
        ({"agentId": "agent_1"}, "agent.agentId"),
        ({"config": {"fallbackModell": "x"}}, "agent.config.fallbackModell"),
        ({"config": {"routing": {"rules": [{"use": "openai:a"}] * 2}}}, "agent.config.routing.rules[1]"),
        ({"config": 7}, "agent.config"),
        ("gemini:flash-1.5", "agent"),
        ([], "agent"),
    ],
)
def test_a_mistake_in_a_draft_is_named(api: Any, providers: Providers, draft: Any, field: str) -> None:
    answer = api("explain_route", {"content": "Hello", "agent": draft}, agentId=api.agent())
    assert (answer.status, answer.json["code"]) == (400, "invalid_request")
    assert answer.json["details"]["errors"][0]["field"] == field
    assert answer.json["message"].startswith(f"{field}: ")
