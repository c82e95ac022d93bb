"""`tool_choice` and `parallel_tool_calls` at OpenAI's door. Runs the real functions with two wire formats."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.conftest import Providers, gemini_calling
from tests.support.upstream import calling, refusal

Configure = Callable[[str], None]

WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
NOW = {"type": "function", "function": {"name": "now"}}
NAMED = {"type": "function", "function": {"name": "now"}}
BOTH = "openai:gpt-4o-mini, gemini:flash-1.5"
NOTE = "parallelToolCalls left out: the model does not take it"


def ask(api: Any, model: str = BOTH, **fields: Any) -> Any:
    said = {"messages": [{"role": "user", "content": "Hello"}], "tools": [WEATHER, NOW], **fields}
    return api("chat_completions", {"model": model, **said})


@pytest.mark.parametrize(("choice", "openai", "gemini"), [
    (None, None, None),
    ("auto", None, None),
    ("required", "required", {"mode": "ANY"}),
    (NAMED, NAMED, {"mode": "ANY", "allowedFunctionNames": ["now"]}),
])  # fmt: skip
def test_the_tool_choice_reaches_the_target_that_answers(
    api: Any, providers: Providers, choice: Any, openai: Any, gemini: Any
) -> None:
    providers.openai.default = refusal(404)
    providers.gemini.default = gemini_calling((None, "now", {}))
    answer = ask(api, tool_choice=choice)
    assert answer.status == 200, answer.text
    assert answer.json["choices"][0]["message"]["tool_calls"][0]["function"] == {"name": "now", "arguments": "{}"}
    assert providers.openai.requests[0].get("tool_choice") == openai
    assert providers.gemini.requests[0].get("toolConfig", {}).get("functionCallingConfig") == gemini


def test_parallel_calls_are_switched_off_where_they_can_be_and_noted_where_not(api: Any, providers: Providers) -> None:
    providers.openai.default = refusal(404)
    providers.gemini.default = gemini_calling((None, "now", {}), (None, "weather", {}))
    answer = ask(api, parallel_tool_calls=False)
    assert len(answer.json["choices"][0]["message"]["tool_calls"]) == 2
    assert providers.openai.requests[0]["parallel_tool_calls"] is False
    assert [one["notes"] for one in answer.json["agentos"]["route"]["attempts"]] == [[], [NOTE]]


@pytest.mark.parametrize("fields", [{"tools": None}, {"tools": []}, {"tool_choice": "none"}])
def test_without_tools_parallel_calls_are_not_mentioned(api: Any, providers: Providers, fields: Any) -> None:
    assert ask(api, parallel_tool_calls=False, **fields).status == 200
    assert not {"tools", "tool_choice", "parallel_tool_calls"} & set(providers.openai.requests[0])


def test_an_agents_own_tools_can_be_chosen(api: Any, providers: Providers) -> None:
    providers.openai.default = calling(("call_1", "now", "{}"))
    agent_id = api.agent(model="openai:gpt-4o-mini", tools=[NOW])
    assert ask(api, f"agent:{agent_id}", tools=None, tool_choice=NAMED).status == 200
    assert providers.openai.requests[0]["tool_choice"] == NAMED


def test_a_model_that_cannot_be_forced_to_call_a_tool_is_skipped(
    api: Any, providers: Providers, configure: Configure
) -> None:
    configure("providers: {openai: {unsupported: [toolChoice]}}")
    providers.gemini.default = gemini_calling((None, "now", {}))
    skipped = {"model": "openai:gpt-4o-mini", "reason": "unsupported: toolChoice"}
    assert skipped in ask(api, tool_choice="required").json["agentos"]["route"]["skipped"]
    assert ask(api).json["agentos"]["route"]["served"] == "openai:gpt-4o-mini"

    configure("{providers: {openai: {unsupported: [toolChoice]}}, routing: {fallbacks: []}}")
    alone = ask(api, "openai:gpt-4o-mini", tool_choice=NAMED)
    assert (alone.status, alone.json["error"]["code"]) == (400, "unsupported")
    assert "tool_choice" in alone.json["error"]["message"]


@pytest.mark.parametrize(("fields", "code", "param"), [
    ({"tool_choice": "required", "tools": None}, "invalid_request", "tool_choice"),
    ({"tool_choice": NAMED, "tools": []}, "invalid_request", "tool_choice"),
    ({"tool_choice": NAMED, "tools": [WEATHER]}, "invalid_request", "tool_choice.function.name"),
    ({"tool_choice": {"type": "function"}}, "invalid_request", "tool_choice.function.name"),
    ({"tool_choice": {"type": "function", "function": {"name": 5}}}, "invalid_request", "tool_choice.function.name"),
    ({"tool_choice": {"type": "allowed_tools", "allowed_tools": {}}}, "unsupported", None),
    ({"tool_choice": {"type": "custom", "custom": {"name": "now"}}}, "unsupported", None),
    ({"tool_choice": {}}, "unsupported", None),
    ({"tool_choice": "any"}, "unsupported", None),
    ({"parallel_tool_calls": "maybe"}, "invalid_request", "parallel_tool_calls"),
])  # fmt: skip
def test_an_impossible_choice_is_named(
    api: Any, providers: Providers, fields: Any, code: str, param: str | None
) -> None:
    answer = ask(api, **fields)
    assert (answer.status, answer.json["error"]["code"], answer.json["error"]["param"]) == (400, code, param)
    kind = fields["tool_choice"] if code == "unsupported" else None
    assert not kind or repr(kind.get("type", kind) if isinstance(kind, dict) else kind) in answer.text
    assert providers.openai.requests == []
