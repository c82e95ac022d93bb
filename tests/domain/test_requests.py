"""Request bodies: a mistake is named by its field, and unknown fields are refused."""

from typing import Any

import pytest

from agentos.api.bodies import AgentPatch
from agentos.domain import Agent
from agentos.domain.requests import NewAgent, NewMessage, NewSession
from agentos.kernel.errors import InvalidRequest
from agentos.kernel.validation import MAX_FINDINGS, validated
from tests.support.builders import an_agent

AGENT = {"name": "a", "model": "openai:gpt-4o-mini"}


BAD_MODELS = ["", "gpt", ":gpt", "a:", "A:b", "a b:c", "a:b c", "a:b\n", "a" * 64 + ":b", "a:" + "b" * 201]


def with_config(**config: Any) -> dict[str, Any]:
    return {**AGENT, "config": config}


@pytest.mark.parametrize(
    ("model", "value", "field"),
    [
        (NewAgent, {**AGENT, "Model": "x:y"}, "Model"),
        (NewAgent, with_config(fallback_model="groq:a"), "config.fallback_model"),  # no field has a name in snake case
        (NewAgent, with_config(fallbackModel="groq:a", fallback_model="groq:b"), "config.fallback_model"),
        (NewAgent, with_config(fallbackModell="groq:a"), "config.fallbackModell"),
        (NewAgent, with_config(fallbackModels="groq:a"), "config.fallbackModels"),
        (NewAgent, with_config(fallbackModels=["groq:a", "b"]), "config.fallbackModels[1]"),
        (NewAgent, with_config(temperature="1"), "config.temperature"),
        (NewAgent, with_config(temperature=True), "config.temperature"),
        (NewAgent, with_config(temperature=2.1), "config.temperature"),
        (NewAgent, with_config(temperature=10**400), "config.temperature"),
        (NewAgent, with_config(topP=0), "config.topP"),
        (NewAgent, with_config(maxTokens=0), "config.maxTokens"),
        (NewAgent, with_config(maxTokens=1.0), "config.maxTokens"),
        (NewAgent, with_config(maxTokens="10"), "config.maxTokens"),
        (NewAgent, with_config(timeoutSeconds=0), "config.timeoutSeconds"),
        (NewAgent, with_config(timeoutSeconds=901), "config.timeoutSeconds"),
        (NewAgent, with_config(historyTokens=-1), "config.historyTokens"),
        (NewAgent, with_config(stop=[1]), "config.stop[0]"),
        (NewAgent, with_config(stop=["x"] * 17), "config.stop"),
        (NewAgent, with_config(responseFormat="json"), "config.responseFormat"),
        (NewAgent, with_config(fallbackOn=["timeout"]), "config.fallbackOn[0]"),
        (NewAgent, with_config(fallbackOn=["content_filter", "rejected"]), "config.fallbackOn[1]"),
        (NewAgent, {**AGENT, "config": None}, "config"),
        (NewAgent, {**AGENT, "tools": {}}, "tools"),
        (NewAgent, {**AGENT, "tools": ["x"]}, "tools[0]"),
        (NewAgent, {**AGENT, "name": ""}, "name"),
        (NewAgent, {**AGENT, "name": "x" * 257}, "name"),
        (NewAgent, {**AGENT, "name": None}, "name"),
        (NewAgent, {**AGENT, "description": "x" * 4097}, "description"),
        *((NewAgent, {**AGENT, "model": model}, "model") for model in BAD_MODELS),
        *((NewAgent, value, "body") for value in ([], "x", 1, None, True)),
        *((AgentPatch, value, "body") for value in ([], "x", 1, None)),
        (NewSession, {"userId": ""}, "userId"),
        (NewSession, {"userId": 7}, "userId"),
        (NewSession, {"user_id": "u"}, "user_id"),
        (NewSession, {"metadata": []}, "metadata"),
        *((NewSession, {"expiresInSeconds": n}, "expiresInSeconds") for n in (0, -1, 1.5, "60", True, 10**9, 10**400)),
        (NewMessage, {}, "content"),
        (NewMessage, {"content": ""}, "content"),
        (NewMessage, {"content": []}, "content"),
        (NewMessage, {"content": None}, "content"),
        (NewMessage, {"content": {"type": "text", "text": "a"}}, "content"),
        (NewMessage, {"content": [{"type": "text", "text": ""}]}, "content[0].text"),
        (NewMessage, {"content": [{"type": "text", "text": "a"}, {"type": "video"}]}, "content[1]"),
        (NewMessage, {"content": [{"type": "text", "text": "a", "x": 1}]}, "content[0].x"),
        (NewMessage, {"content": [{"type": "image_url", "image_url": "https://x"}]}, "content[0].image_url"),
        (NewMessage, {"content": [{"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}]},
         "content[0].image_url.url"),
        (NewMessage, {"content": "a", "role": "assistant"}, "role"),
        (NewMessage, {"content": "a", "task_type": "code"}, "task_type"),
        (NewMessage, {"content": "a", "priority": "speed"}, "priority"),
        (NewMessage, {"content": "a", "metadata": "m"}, "metadata"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_its_field(model: type[Any], value: Any, field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        validated(model, value)
    assert field in {error["field"] for error in caught.value.details["errors"]}
    assert caught.value.message.startswith(f"{caught.value.details['errors'][0]['field']}: ")


def test_every_mistake_is_listed() -> None:
    with pytest.raises(InvalidRequest) as caught:
        validated(NewAgent, {"model": "gpt", "config": {"topP": 2, "stops": []}})
    assert {error["field"] for error in caught.value.details["errors"]} == {
        "name",
        "model",
        "config.topP",
        "config.stops",
    }


def test_an_answer_stays_small_however_many_and_long_the_mistakes() -> None:
    for body in ({f"x{i}": 1 for i in range(10_000)}, {"x" * 1_000_000: 1}):
        with pytest.raises(InvalidRequest) as caught:
            validated(NewAgent, body)
        assert len(caught.value.details["errors"]) <= MAX_FINDINGS
        assert len(str(caught.value.details)) + len(caught.value.message) < 10_000


def test_config_goes_out_as_it_was_given() -> None:
    given = {"fallbackModel": "groq:a", "stop": "END", "temperature": 0.7, "responseFormat": {"x": [1, None, ""]}}
    assert validated(NewAgent, with_config(**given)).to_json()["config"] == given
    assert validated(NewAgent, AGENT).to_json()["config"] == {}


def test_free_form_objects_are_kept_with_every_key() -> None:
    metadata = {"task_type": 1, "taskType": 2, "": None, "fallback_model": [10**30, 1.5, ""]}
    assert validated(NewSession, {"metadata": metadata}).to_json()["metadata"] == metadata


def test_a_stored_agent_loses_a_value_that_is_no_longer_accepted() -> None:
    stored = an_agent().to_json()
    for given, kept in ((["rejected"], []), (["rejected", "content_filter"], ["content_filter"])):
        loaded = Agent.model_validate({**stored, "config": {"maxTokens": 5, "fallbackOn": given}})
        assert loaded.config.to_json() == {"maxTokens": 5, "fallbackOn": kept}
