"""Agents over HTTP: created, changed by merge patch without losing a change, and deleted."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from agentos.kernel.ids import new_id

FULL: dict[str, Any] = {
    "name": "n",
    "description": "d",
    "model": "openai:gpt-4o-mini",
    "tools": [],
    "config": {
        "fallbackModel": "gemini:flash-1.5",
        "fallbackModels": ["groq:llama3-70b", "local:smollm2"],
        "instructions": "Be brief.",
        "temperature": 0.7,
        "maxTokens": 100,
        "topP": 0.9,
        "stop": ["END"],
        "responseFormat": {"type": "json_schema", "json_schema": {"schema": {"": [1.5, 10**40, None]}}},
        "timeoutSeconds": 20,
        "historyTokens": 1000,
        "fallbackOn": ["content_filter"],
    },
}


def patched(api: Any, agent_id: str, patch: Any) -> Any:
    answer = api("update_agent", patch, agentId=agent_id)
    assert answer.status == 200, answer.text
    return answer.json


def test_every_field_of_an_agent_is_returned(api: Any) -> None:
    made = api("create_agent", FULL).json
    assert {name: made[name] for name in FULL} == FULL


def test_defaults_are_empty(api: Any) -> None:
    made = api("create_agent", {"name": "n", "model": "local:any"}).json
    assert (made["description"], made["tools"], made["config"]) == ("", [], {})


@pytest.mark.parametrize(
    ("patch", "changes"),
    [
        ({}, {}),
        ({"name": "new"}, {"name": "new"}),
        ({"description": None}, {"description": ""}),
        ({"description": ""}, {"description": ""}),
        ({"model": "groq:llama3-70b"}, {"model": "groq:llama3-70b"}),
        ({"config": None}, {"config": {}}),
        ({"config": {}}, {}),
        ({"config": {"temperature": 0}}, {"config": {**FULL["config"], "temperature": 0}}),
        ({"config": {"stop": []}}, {"config": {**FULL["config"], "stop": []}}),
        ({"config": {"responseFormat": {"type": "text", "json_schema": None}}},
         {"config": {**FULL["config"], "responseFormat": {"type": "text"}}}),
        ({"config": {"fallbackModels": ["local:a"]}}, {"config": {**FULL["config"], "fallbackModels": ["local:a"]}}),
    ],
)  # fmt: skip
def test_a_patch_changes_what_it_names_and_nothing_else(api: Any, patch: Any, changes: Any) -> None:
    before = api("create_agent", FULL).json

    after = patched(api, before["agentId"], patch)

    expected = {**before, **changes, "version": 2, "updatedAt": after["updatedAt"]}
    assert after == expected
    assert after["updatedAt"] >= before["updatedAt"]
    assert api("get_agent", agentId=before["agentId"]).json == after


def test_null_removes_a_setting(api: Any) -> None:
    agent_id = api("create_agent", FULL).json["agentId"]
    after = patched(api, agent_id, {"config": {"fallbackModel": None, "temperature": None, "neverSet": None}})
    assert set(after["config"]) == set(FULL["config"]) - {"fallbackModel", "temperature"}


BREAKING = [
    ({"name": None}, "name"),
    ({"model": None}, "model"),
    ({"name": 7}, "name"),
    ({"model": "gpt"}, "model"),
    ({"model": "nobody:x"}, "model"),
    ({"config": {"fallbackModel": "nobody:x"}}, "config.fallbackModel"),
    ({"config": {"temprature": 1}}, "config.temprature"),
    ({"config": []}, "config"),
    ({"config": {"fallback_model": "local:x"}}, "config.fallback_model"),
    ({"version": 7}, "version"),
    ({"agentId": "x"}, "agentId"),
    ({"createdAt": "2020-01-01T00:00:00.000Z"}, "createdAt"),
    ({"tenant": "evil"}, "tenant"),
]


def test_a_patch_that_would_break_the_agent_changes_nothing(api: Any) -> None:
    before = api("create_agent", FULL).json
    for patch, field in BREAKING:
        answer = api("update_agent", patch, agentId=before["agentId"])
        assert (answer.status, answer.json["code"]) == (400, "invalid_request"), patch
        assert answer.json["details"]["errors"][0]["field"] == field
    assert api("get_agent", agentId=before["agentId"]).json == before


def test_twenty_patches_at_once_lose_nothing(api: Any) -> None:
    agent_id = api("create_agent", {"name": "n", "model": "local:any", "config": {"responseFormat": {}}}).json[
        "agentId"
    ]
    barrier = threading.Barrier(20)

    def patch(number: int) -> int:
        barrier.wait()
        body = {"config": {"responseFormat": {f"key{number}": number}}}
        # A change that loses every race is refused, and sent again as its client would.
        while (status := api("update_agent", body, agentId=agent_id).status) == 429:
            pass
        return int(status)

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(patch, range(20)))

    assert statuses == [200] * 20
    after = api("get_agent", agentId=agent_id).json
    assert after["config"]["responseFormat"] == {f"key{number}": number for number in range(20)}
    assert after["version"] == 21


def test_deleting_is_204_without_a_body_once_and_404_ever_after(api: Any) -> None:
    agent_id = api.agent()
    first = api("delete_agent", agentId=agent_id)
    assert (first.status, first.text) == (204, "")

    assert api("delete_agent", agentId=agent_id).status == 404
    assert api("get_agent", agentId=agent_id).status == 404
    assert api("update_agent", {"name": "back"}, agentId=agent_id).status == 404
    assert api("explain_route", {"content": "hi"}, agentId=agent_id).status == 404
    assert api("list_agents").json["data"] == []


def test_a_deleted_agents_sessions_are_gone_with_it(api: Any, upstream: Any) -> None:
    agent_id = api.agent()
    session_id = api.session(agent_id)
    api.say(agent_id, session_id)
    asked = len(upstream.requests)
    api("delete_agent", agentId=agent_id)

    path = {"agentId": agent_id, "sessionId": session_id}
    for folder in ("get_session", "list_messages", "delete_session"):
        assert api(folder, **path).status == 404, folder
    assert api("list_sessions", agentId=agent_id).status == 404
    assert api("create_session", {}, agentId=agent_id).status == 404
    assert api.say(agent_id, session_id).status == 404
    assert len(upstream.requests) == asked


def test_a_model_may_name_any_known_provider_with_or_without_a_key(api: Any) -> None:
    for model in ("openai:anything", "azure-openai:my-deployment", "openrouter:a/b:free", "local:x.y"):
        assert api("create_agent", {"name": "n", "model": model}).status == 201


@pytest.mark.parametrize("folder", ["get_agent", "delete_agent", "update_agent", "list_sessions", "create_session"])
def test_an_unknown_or_malformed_id_is_not_found(api: Any, folder: str) -> None:
    for agent_id in ("x", "agent_", new_id("agent"), new_id("sess"), "../agents", "ü", "a" * 5000):
        answer = api(folder, {}, agentId=agent_id)
        assert (answer.status, answer.json["code"]) == (404, "not_found"), agent_id
