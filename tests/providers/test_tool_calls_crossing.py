"""Histories with tools that go from one provider to another: nothing is lost, and each provider gets what it
requires."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentos.domain import Message, Prompt, ToolCall
from tests.providers.conversations import (
    ANTHROPIC,
    ASKED,
    BEDROCK,
    GEMINI,
    NOW,
    OPENAI,
    PARIS,
    TIME,
    TOKYO,
    answered,
    anthropic_calls,
    asking,
    bedrock_calls,
    encoded,
    gemini_calls,
    openai_calls,
    result,
    with_tools,
)
from tests.providers.recordings import MODELS, OTHER_FORMATS, Wire, recording
from tests.support.json_values import OBJECTS
from tests.support.properties import examples

SIGNED = recording("gemini/tool_calls_parallel").content


def test_a_history_of_tools_survives_every_change_of_format(wire: Wire) -> None:
    first = answered(wire, OPENAI, recording("openai/tool_calls_parallel").content).tool_calls
    history = [ASKED, asking(*first), *map(result, reversed(first))]

    sent = encoded(wire, GEMINI, with_tools(*history))["contents"]
    assert [part["functionCall"]["args"] for part in sent[1]["parts"]] == [call.arguments for call in first]
    assert [part["functionResponse"]["id"] for part in sent[2]["parts"]] == [call.id for call in first]

    second = answered(wire, GEMINI, SIGNED).tool_calls
    third = answered(wire, GEMINI, recording("gemini/tool_call_without_id").content).tool_calls
    history += [asking(*second), *map(result, second), asking(*third), *map(result, third)]

    messages = encoded(wire, OPENAI, with_tools(*history))["messages"]
    results = [call for message in messages for call in message.get("tool_calls", ())]
    assert [call["id"] for call in results] == [call.id for call in (*first, *second, *third)]
    assert [json.loads(call["function"]["arguments"]) for call in results] == [
        call.arguments for call in (*first, *second, *third)
    ]
    assert "signature" not in json.dumps(messages).lower()

    for model in (GEMINI, MODELS["mistral"], ANTHROPIC, BEDROCK):
        body = encoded(wire, model, with_tools(*history))
        assert _answered_calls(body) == [len(first), len(second), len(third)], model


def _answered_calls(body: dict[str, Any]) -> list[int]:
    """The number of calls in each answer, for any wire format. Asserts that the next results answer exactly these
    calls."""
    if "contents" in body:
        parts = [content["parts"] for content in body["contents"]]
        asked = [[part["functionCall"]["id"] for part in run if "functionCall" in part] for run in parts]
        results = [[part["functionResponse"]["id"] for part in run if "functionResponse" in part] for run in parts]
        assert [run for run in asked if run] == [run for run in results if run]
        return [len(run) for run in asked if run]
    if "toolConfig" in body:
        blocks = [message["content"] for message in body["messages"]]
        asked = [[block["toolUse"]["toolUseId"] for block in run if "toolUse" in block] for run in blocks]
        results = [[block["toolResult"]["toolUseId"] for block in run if "toolResult" in block] for run in blocks]
        assert [run for run in asked if run] == [run for run in results if run]
        return [len(run) for run in asked if run]
    if "max_tokens" in body:
        blocks = [message["content"] for message in body["messages"]]
        asked = [[block["id"] for block in run if block["type"] == "tool_use"] for run in blocks]
        results = [[block["tool_use_id"] for block in run if block["type"] == "tool_result"] for run in blocks]
        assert [run for run in asked if run] == [run for run in results if run]
        return [len(run) for run in asked if run]
    counts: list[int] = []
    waiting: set[str] = set()
    for message in body["messages"]:
        if message["role"] == "tool":
            waiting.remove(message["tool_call_id"])
            continue
        assert not waiting
        if calls := message.get("tool_calls"):
            waiting = {call["id"] for call in calls}
            counts.append(len(calls))
    assert not waiting
    return counts


@examples(300)
@given(arguments=st.lists(OBJECTS, min_size=1, max_size=3))
def test_any_arguments_come_back_exactly_in_every_format(shared_wire: Wire, arguments: list[dict[str, Any]]) -> None:
    calls = tuple(ToolCall(id=f"call_{place}", name="f", arguments=one) for place, one in enumerate(arguments))
    asked = Prompt(messages=(ASKED, asking(*calls), *map(result, calls)), tools=(NOW,))

    (message,) = [one for one in encoded(shared_wire, OPENAI, asked)["messages"] if one["role"] == "assistant"]
    _same(answered(shared_wire, OPENAI, openai_calls(*message["tool_calls"])).tool_calls, calls)

    parts = encoded(shared_wire, GEMINI, asked)["contents"][1]["parts"]
    _same(answered(shared_wire, GEMINI, gemini_calls(*(part["functionCall"] for part in parts))).tool_calls, calls)

    blocks = encoded(shared_wire, ANTHROPIC, asked)["messages"][1]["content"]
    _same(answered(shared_wire, ANTHROPIC, anthropic_calls(*blocks)).tool_calls, calls)

    blocks = encoded(shared_wire, BEDROCK, asked)["messages"][1]["content"]
    _same(answered(shared_wire, BEDROCK, bedrock_calls(*blocks)).tool_calls, calls)


def _same(ours: tuple[ToolCall, ...], given: tuple[ToolCall, ...]) -> None:
    """Equal as text: as values, 1, 1.0 and True are equal."""
    assert json.dumps([call.to_json() for call in ours]) == json.dumps([call.to_json() for call in given])


# --- what single providers require -------------------------------------------------------------


@pytest.mark.parametrize("provider", sorted(set(MODELS) - OTHER_FORMATS))
def test_ids_are_sent_unchanged_except_to_mistral(provider: str, wire: Wire) -> None:
    calls = (PARIS, TIME.model_copy(update={"id": "D681PevKs"}), TOKYO.model_copy(update={"id": "abcdefgh-"}))
    asked = with_tools(ASKED, asking(*calls), *map(result, calls))
    messages = encoded(wire, f"{provider}:any", asked)["messages"]
    sent = [call["id"] for call in messages[1]["tool_calls"]]
    assert [message["tool_call_id"] for message in messages[2:]] == sent
    if provider != "mistral":
        assert sent == [call.id for call in calls]
        return
    assert all(re.fullmatch(r"[a-zA-Z0-9]{9}", call_id) for call_id in sent)
    assert sent[1] == "D681PevKs"  # its own id
    assert len(set(sent)) == 3
    assert sent == [call["id"] for call in encoded(wire, f"{provider}:any", asked)["messages"][1]["tool_calls"]]


@given(st.lists(st.from_regex(r"[a-zA-Z0-9_-]{1,40}", fullmatch=True), unique=True, max_size=20))
def test_different_ids_stay_different_for_mistral(shared_wire: Wire, ids: list[str]) -> None:
    calls = [PARIS.model_copy(update={"id": call_id}) for call_id in ids]
    sent = encoded(shared_wire, MODELS["mistral"], with_tools(ASKED, asking(*calls), *map(result, calls)))
    assert len({message["tool_call_id"] for message in sent["messages"][2:]}) == len(ids)


@pytest.mark.parametrize("provider", sorted(set(MODELS) - OTHER_FORMATS))
def test_thoughts_are_sent_back_to_their_provider_alone(provider: str, wire: Wire) -> None:
    calls = answered(wire, MODELS["deepseek"], recording("deepseek/tool_calls_parallel").content).tool_calls
    asked = with_tools(
        ASKED, asking(*calls), *map(result, calls), Message(role="assistant", content="Fine."), ASKED,
        asking(TIME), result(TIME),
    )  # fmt: skip
    messages = encoded(wire, f"{provider}:any", asked)["messages"]
    thoughts = [message.get("reasoning_content") for message in messages if message["role"] == "assistant"]
    thought = recording("deepseek/tool_calls_parallel").body["choices"][0]["message"]["reasoning_content"]
    assert thoughts == {"deepseek": [thought, "", ""], "glm4": ["", "", ""]}.get(provider, [None, None, None])


def test_signatures_of_one_provider_are_not_sent_to_another(wire: Wire) -> None:
    thought = answered(wire, MODELS["deepseek"], recording("deepseek/tool_calls_parallel").content).tool_calls
    asked = with_tools(ASKED, asking(*thought), *map(result, thought))
    parts = encoded(wire, GEMINI, asked)["contents"][1]["parts"]
    assert [part.get("thoughtSignature") for part in parts] == ["skip_thought_signature_validator", None]

    encrypted = answered(wire, GEMINI, SIGNED).tool_calls
    asked = with_tools(ASKED, asking(*encrypted), *map(result, encrypted))
    assert encoded(wire, MODELS["deepseek"], asked)["messages"][1]["reasoning_content"] == ""
