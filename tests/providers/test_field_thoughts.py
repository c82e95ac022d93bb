"""The thoughts that came with a tool call go back to the provider that sent them, and to no other."""

import json
from typing import Any

import pytest

from agentos.domain import Completion
from tests.providers.conversations import ASKED, OPENAI, TIME, asking, encoded, result, with_tools
from tests.providers.recordings import MODELS, OTHER_FORMATS, Wire, recording
from tests.providers.streamed import SPLIT, anthropic, bedrock, gemini, on_the_wire

CHAT = sorted(set(MODELS) - OTHER_FORMATS)
DETAILS = [
    {"type": "reasoning.text", "text": "First, the time.", "signature": "c2ln", "format": "x", "index": 0, "id": "r1"},
    {"type": "reasoning.encrypted", "data": "ZW5jcnlwdGVk", "format": "google-gemini-v1", "index": 1, "id": "call_1"},
]
EXTRA = {"google": {"thought_signature": "c2lnbmF0dXJl"}}

THOUGHTS: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    # provider, extra fields of its answer and of its call, fields that go back with the message and with the call
    (
        "openrouter",
        {"reasoning": "First, the time.", "reasoning_details": DETAILS},
        {},
        {"reasoning_details": DETAILS},
        {},
    ),
    ("openrouter", {"reasoning": "First."}, {}, {"reasoning": "First."}, {}),
    ("groq", {"reasoning": "First."}, {}, {"reasoning": "First."}, {}),
    ("cerebras", {"reasoning": "First."}, {}, {"reasoning": "First."}, {}),
    ("ollama", {"reasoning": "First."}, {}, {"reasoning": "First."}, {}),
    ("together", {"reasoning_content": "First."}, {}, {"reasoning_content": "First."}, {}),
    ("together", {"reasoning": "First."}, {}, {"reasoning": "First."}, {}),
    ("fireworks", {"reasoning_content": "First."}, {}, {"reasoning_content": "First."}, {}),
    ("siliconflow", {"reasoning_content": "First."}, {}, {"reasoning_content": "First."}, {}),
    ("nvidia", {"reasoning_content": "First."}, {}, {"reasoning_content": "First."}, {}),
    ("deepseek", {"reasoning_content": "First."}, {}, {"reasoning_content": "First."}, {}),
    ("glm4", {"reasoning_content": "First."}, {}, {"reasoning_content": "First."}, {}),
    ("glm4", {}, {}, {"reasoning_content": ""}, {}),
    ("openrouter", {"reasoning_content": "First."}, {}, {"reasoning_content": "First."}, {}),
    ("openai", {}, {"extra_content": EXTRA}, {}, {"extra_content": EXTRA}),
    ("xai", {"reasoning_content": "First."}, {}, {}, {}),
    ("mistral", {"reasoning_content": "First."}, {}, {}, {}),
    ("openai", {"reasoning": 5, "reasoning_details": {}}, {"extra_content": "x"}, {"reasoning": 5}, {}),
]
KNOWN = {"role", "content", "tool_calls"}


def answer(wire: Wire, provider: str, message: dict[str, Any], call: dict[str, Any], *, streamed: bool) -> Completion:
    """An answer that calls a tool, decoded."""
    function = {"name": "now", "arguments": "{}"}
    called = {"index": 0, "id": "D681PevKs", "type": "function", "function": function, **call}
    if not streamed:
        whole = {"role": "assistant", "content": None, "tool_calls": [called], **message}
        wire.reply(json.dumps({"choices": [{"index": 0, "message": whole, "finish_reason": "tool_calls"}]}).encode())
        return wire.ask(MODELS[provider])
    deltas: list[dict[str, Any]] = []
    for name, value in message.items():
        pieces = [value[:3], value[3:]] if isinstance(value, str) else [value]
        if name == "reasoning_details" and isinstance(value, list):
            first, *others = value
            halves = [{**first, "text": first["text"][:5], "signature": None}, {**first, "text": first["text"][5:]}]
            pieces = [[halves[0]], [halves[1]], others]
        deltas += [{name: piece} for piece in pieces]
    deltas.append({"tool_calls": [called]})
    events: list[dict[str, Any]] = [
        {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas
    ]
    events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    wire.reply(on_the_wire("openai", events))
    return wire.ask(MODELS[provider], listen=lambda _: None)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(("provider", "message", "call", "back", "back_with_call"), THOUGHTS)
def test_thoughts_are_sent_back_in_the_field_in_which_they_came(
    provider: str,
    message: dict[str, Any],
    call: dict[str, Any],
    back: dict[str, Any],
    back_with_call: dict[str, Any],
    streamed: bool,
    wire: Wire,
) -> None:
    if streamed and message.get("reasoning") == 5:
        back = {}  # values that are no text are not joined
    calls = answer(wire, provider, message, call, streamed=streamed).tool_calls
    history = with_tools(ASKED, asking(*calls), *map(result, calls))
    (sent,) = [one for one in encoded(wire, MODELS[provider], history)["messages"] if one["role"] == "assistant"]
    assert {name: value for name, value in sent.items() if name not in KNOWN} == back
    (sent_call,) = sent["tool_calls"]
    assert {
        name: value for name, value in sent_call.items() if name not in ("id", "type", "function")
    } == back_with_call


@pytest.mark.parametrize("other", sorted(MODELS))
def test_no_other_provider_receives_thoughts(other: str, wire: Wire) -> None:
    for provider, message, call, *_ in THOUGHTS:
        if provider != other:
            calls = answer(wire, provider, message, call, streamed=False).tool_calls
            body = json.dumps(encoded(wire, MODELS[other], with_tools(ASKED, asking(*calls), *map(result, calls))))
            assert not [mark for mark in ("First", "ZW5jcnlwdGVk", "c2lnbmF0dXJl") if mark in body]


def test_another_model_at_the_same_host_receives_thoughts_only_where_the_host_requires_them(wire: Wire) -> None:
    for provider, other, back in (
        ("groq", "groq:llama-3.1-8b-instant", None),  # "reasoning is not supported with this model"
        ("deepseek", "deepseek:deepseek-v4-pro", "First."),
    ):
        field = "reasoning" if provider == "groq" else "reasoning_content"
        calls = answer(wire, provider, {field: "First."}, {}, streamed=False).tool_calls
        sent = encoded(wire, other, with_tools(ASKED, asking(*calls), *map(result, calls)))["messages"][1]
        assert sent.get(field) == back


@pytest.mark.parametrize("provider", CHAT)
def test_a_required_field_is_on_every_answer_where_tools_are_used(provider: str, wire: Wire) -> None:
    history = with_tools(ASKED, asking(TIME), result(TIME))
    sent = encoded(wire, MODELS[provider], history)["messages"][1]
    assert sent.get("reasoning_content") == ("" if provider in ("deepseek", "glm4") else None)


def test_thoughts_are_not_shown_to_clients(wire: Wire) -> None:
    completion = answer(wire, "openrouter", {"reasoning_details": DETAILS}, {"extra_content": EXTRA}, streamed=False)
    assert "ZW5jcnlwdGVk" not in json.dumps([call.to_json() for call in completion.tool_calls])
    assert encoded(wire, OPENAI, with_tools(ASKED, asking(TIME), result(TIME)))["messages"][1]["tool_calls"][
        0
    ].keys() == {
        "id",
        "type",
        "function",
    }


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(("provider", "begins"), [
    ("anthropic", "Small tool, small model."), ("bedrock", ""), ("gemini", ""),
])  # fmt: skip
def test_readable_thoughts_are_part_of_the_completion(provider: str, begins: str, streamed: bool, wire: Wire) -> None:
    body = recording(f"{provider}/answer_thought_and_cached").body
    if streamed:
        events = {"anthropic": anthropic, "bedrock": bedrock, "gemini": gemini}[provider](body)
        wire.reply(on_the_wire(provider, events))
    else:
        wire.reply(json.dumps(body).encode())
    completion = wire.ask(MODELS[provider], listen=(lambda _: None) if streamed else None)
    assert completion.reasoning.strip()
    assert completion.reasoning.startswith(begins)
    assert json.dumps(completion.reasoning)[1:-1] in json.dumps(body)
    assert completion.reasoning not in completion.text


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(("message", "expected"), [
    ({"reasoning_content": "First."}, "First."),
    ({"reasoning": "First.", "reasoning_details": DETAILS}, "First."),
    ({"reasoning_details": DETAILS}, "First, the time."),
    ({"reasoning": 5}, ""),
    ({}, ""),
])  # fmt: skip
def test_readable_thoughts_are_found_in_each_field(
    message: dict[str, Any], expected: str, streamed: bool, wire: Wire
) -> None:
    assert answer(wire, "openrouter", message, {}, streamed=streamed).reasoning == expected


@pytest.mark.parametrize("provider", ["anthropic", "bedrock", "gemini"])
def test_thoughts_come_in_pieces_before_the_text(provider: str, wire: Wire) -> None:
    body = recording(f"{provider}/answer_thought_and_cached").body
    wire.reply(on_the_wire(provider, SPLIT[provider](body)))
    received: list[tuple[str, str]] = []
    completion = wire.ask(
        MODELS[provider],
        listen=lambda text: received.append(("text", text)),
        on_reasoning=lambda text: received.append(("reasoning", text)),
    )
    assert "".join(text for kind, text in received if kind == "text") == completion.text
    assert "".join(text for kind, text in received if kind == "reasoning") == completion.reasoning
    assert [kind for kind, _ in received].count("reasoning") > 1
    assert received[0][0] == "reasoning"


@pytest.mark.parametrize(("deltas", "expected"), [
    ([{"reasoning_content": "Fir"}, {"reasoning_content": "st."}], ["Fir", "st."]),
    ([{"reasoning": "Fir", "reasoning_content": "Fir"}, {"reasoning": "st.", "reasoning_content": "st."}],
     ["Fir", "st."]),
    ([{"reasoning": "Fir", "reasoning_details": [{"type": "reasoning.text", "text": "Fir", "index": 0}]},
      {"reasoning": "st.", "reasoning_details": [{"type": "reasoning.text", "text": "st.", "index": 0}]}],
     ["Fir", "st."]),
    ([{"reasoning_details": [{"type": "reasoning.summary", "summary": "First.", "index": 0}]}], ["First."]),
    ([{"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Fir"}]}]},
      {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "st."}, 5]}]}], ["Fir", "st."]),
    ([{"reasoning_content": ""}, {"reasoning": 5}, {"reasoning_details": "x"}], []),
    ([{"reasoning_content": "\ud83d"}, {"reasoning_content": "\ude00"}], ["\U0001f600"]),
])  # fmt: skip
def test_a_servers_thoughts_come_once(deltas: list[Any], expected: list[str], wire: Wire) -> None:
    said = [*({"choices": [{"delta": delta}]} for delta in deltas), {"choices": [{"delta": {"content": "Done."}}]}]
    said.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    wire.reply("".join(f"data: {json.dumps(event)}\n\n" for event in said).encode())
    received: list[str] = []
    completion = wire.ask(OPENAI, listen=lambda _: None, on_reasoning=received.append)
    assert received == expected
    assert completion.reasoning == "".join(expected)
    assert completion.text == "Done."


def test_mistrals_thoughts_stand_in_the_content(wire: Wire) -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "First."}]}
    message = {"content": [thinking, {"type": "text", "text": "Done."}]}
    completion = answer(wire, "mistral", message, {}, streamed=False)
    assert (completion.reasoning, completion.text) == ("First.", "Done.")
