"""An agent whose routing cannot work is refused when it is saved, with the place of the mistake."""

from typing import Any

import pytest

AMONG = {"strategy": "cheapest", "among": ["local:a", "nobody:b"]}
SHARES = [{"model": "local:a", "weight": 1}, {"model": "nobody:b", "weight": 1}]
WEIGHTED = {"strategy": "weighted", "among": SHARES}
PLACE = "config.routing"

MISTAKES: list[tuple[Any, str, str]] = [
    ({"rule": []}, f"{PLACE}.rule", "is not a known field"),
    ({"rules": {}}, f"{PLACE}.rules", "must be a list"),
    ({"rules": [{"when": {}}]}, f"{PLACE}.rules[0].use", "is required"),
    ({"rules": [{"use": {}}]}, f"{PLACE}.rules[0].use", "must be a model, a list of models"),
    ({"rules": [{"use": "local:a", "wehn": {}}]}, f"{PLACE}.rules[0].wehn", "is not a known field"),
    ({"rules": [{"use": "local:a", "when": {"tasktype": "x"}}]}, f"{PLACE}.rules[0].when", "'tasktype' is not a fact"),
    ({"rules": [{"use": "local:a", "when": {"priority": "fast"}}]}, f"{PLACE}.rules[0].when", "priority is one of"),
    (
        {"rules": [{"use": "local:a", "when": {"promptTokens": {"gte": 9, "lt": 3}}}]},
        f"{PLACE}.rules[0].when.promptTokens",
        "has no number in it",
    ),
    (
        {"rules": [{"use": "local:a", "when": {"promptTokens": {"more": 9}}}]},
        f"{PLACE}.rules[0].when.promptTokens.more",
        "is not a known field",
    ),
    ({"rules": [{"use": "gpt-4o"}]}, f"{PLACE}.rules[0].use", 'must be "provider:model"'),
    ({"rules": [{"use": "nobody:b"}]}, f"{PLACE}.rules[0].use", "there is no provider 'nobody'"),
    ({"rules": [{"use": ["local:a", "nobody:b"]}]}, f"{PLACE}.rules[0].use[1]", "there is no provider 'nobody'"),
    ({"rules": [{"use": AMONG}]}, f"{PLACE}.rules[0].use.among[1]", "there is no provider 'nobody'"),
    ({"rules": [{"use": WEIGHTED}]}, f"{PLACE}.rules[0].use.among[1].model", "there is no provider 'nobody'"),
    (
        {"rules": [{"use": "local:a"}, {"use": "local:b", "when": {"taskType": "code"}}]},
        f"{PLACE}.rules[1]",
        "can never match, as rules[0] always does before",
    ),
    ({"experiment": {"variants": SHARES}}, f"{PLACE}.experiment.name", "is required"),
    ({"experiment": {"name": "x", "variants": []}}, f"{PLACE}.experiment.variants", "must not be empty"),
    (
        {"experiment": {"name": "x", "variants": [{"model": "local:a", "weight": -1}]}},
        f"{PLACE}.experiment.variants[0].weight",
        "greater than 0",
    ),
    (
        {"experiment": {"name": "x", "variants": SHARES}},
        f"{PLACE}.experiment.variants[1].model",
        "there is no provider 'nobody'",
    ),
]


@pytest.mark.parametrize(("routing", "field", "reason"), MISTAKES)
def test_a_mistake_is_refused_with_its_place(api: Any, routing: Any, field: str, reason: str) -> None:
    answer = api("create_agent", {"name": "test", "model": "local:any", "config": {"routing": routing}})
    assert (answer.status, answer.json["code"]) == (400, "invalid_request")
    error = answer.json["details"]["errors"][0]
    assert error["field"] == field
    assert reason in error["message"]


def test_a_patch_is_checked_as_well(api: Any) -> None:
    agent_id = api.agent(config={"routing": {"rules": [{"use": "local:a"}]}})
    two = {"config": {"routing": {"rules": [{"use": "local:a"}, {"use": "local:b"}]}}}
    assert api("update_agent", two, agentId=agent_id).json["details"]["errors"][0]["field"] == f"{PLACE}.rules[1]"
    assert api("get_agent", agentId=agent_id).json["version"] == 1


def test_routing_is_returned_unchanged(api: Any) -> None:
    routing = {
        "rules": [
            {"name": "long", "when": {"promptTokens": {"gte": 100}, "metadata.n": [1, "x", True]}, "use": "local:a"},
            {"when": {"hasTools": False}, "use": ["local:a", "local:b"]},
            {"use": {"strategy": "weighted", "among": SHARES[:1]}},
        ],
        "experiment": {"name": "x", "variants": SHARES[:1]},
    }
    agent_id = api.agent(config={"routing": routing})
    assert api("get_agent", agentId=agent_id).json["config"] == {"routing": routing}
    api("update_agent", {"description": "another"}, agentId=agent_id)
    assert api("get_agent", agentId=agent_id).json["config"] == {"routing": routing}
