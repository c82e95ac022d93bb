"""Anthropic's wire format: how its SDK reads requests and recordings, and the thoughts before calls."""

import json
from typing import Any

import httpx2
import pytest

from agentos.domain import Message, Parameters, Prompt, ToolCall
from tests.providers.conversations import (
    ANTHROPIC,
    ASKED,
    BROKEN,
    CALLS,
    GEMINI,
    HISTORY,
    NOW,
    OPENAI,
    PARIS,
    PARTS,
    RESULTS,
    TIME,
    TOKYO,
    TOOLS,
    answered,
    asking,
    encoded,
    result,
    with_tools,
)
from tests.providers.recordings import Recording, Wire, all_cases, prompt, provider_of, recording
from tests.providers.test_encode import EVERYTHING, IMAGES, JSON_SCHEMA, PIXEL, SCHEMA, TALK
from tests.providers.vendor_types import validate_for_anthropic
from tests.support.sdks import anthropic

CASES = [case for case in all_cases() if provider_of(case) == "anthropic"]
ANSWERED = 200
THOUGHTFUL = recording("anthropic/tool_calls_parallel").content
THOUGHTS = recording("anthropic/tool_calls_parallel").body["content"][:2]
PRESENT = EVERYTHING.model_copy(update={"temperature": None, "top_p": None})
"""The parameter that today's models take. The SDK has dropped the other two."""

SAID = [{"role": "user", "content": [{"type": "text", "text": "Hello."}]}]

ERRORS = {
    400: "BadRequestError",
    401: "AuthenticationError",
    402: "PaymentRequiredError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    413: "RequestTooLargeError",
    429: "RateLimitError",
    500: "InternalServerError",
    504: "DeadlineExceededError",
    529: "OverloadedError",
}
"""What the SDK documents to raise."""

UNCACHED = Parameters(prompt_cache="off")


def sdk(recorded: Recording) -> Any:
    """The SDK's result for a recording."""
    transport = httpx2.MockTransport(
        lambda _: httpx2.Response(recorded.status, headers=recorded.headers, content=recorded.content)
    )
    with anthropic.Anthropic(api_key="none", max_retries=0, http_client=httpx2.Client(transport=transport)) as client:
        return client.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": "Hello."}])


# --- recordings -------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [case for case in CASES if recording(case).status == ANSWERED])
def test_the_sdk_reads_the_same_answer_as_its_schema_demands(case: str) -> None:
    anthropic.types.Message.model_validate_json(recording(case).content, strict=True)
    theirs = sdk(recording(case))
    known = anthropic.types.Message.model_fields
    assert not set(recording(case).body) - set(known)
    assert [block.type for block in theirs.content] == [block["type"] for block in recording(case).body["content"]]


@pytest.mark.parametrize("case", ["answer_thought_and_cached", "tool_call", "tool_calls_parallel"])
def test_we_read_the_same_answer_as_the_sdk(case: str, wire: Wire) -> None:
    recorded = recording(f"anthropic/{case}")
    ours, theirs = answered(wire, ANTHROPIC, recorded.content), sdk(recorded)
    assert ours.text == "".join(block.text for block in theirs.content if block.type == "text")
    assert [(call.id, call.name, call.arguments) for call in ours.tool_calls] == [
        (block.id, block.name, block.input) for block in theirs.content if block.type == "tool_use"
    ]


@pytest.mark.parametrize("case", [case for case in CASES if recording(case).status != ANSWERED])
def test_the_sdk_raises_what_it_documents(case: str) -> None:
    recorded = recording(case)
    with pytest.raises(anthropic.APIStatusError) as caught:
        sdk(recorded)
    assert type(caught.value) is getattr(anthropic, ERRORS[recorded.status])
    assert caught.value.body == recorded.body
    assert caught.value.type == recorded.body["error"]["type"]


# --- requests ---------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [
    prompt(),
    Prompt(messages=(*TALK, Message(role="system", content="x")), instructions="Be kind.", parameters=PRESENT),
    Prompt(messages=(IMAGES,), parameters=Parameters(response_format={"type": "json_object"})),
    Prompt(messages=(*HISTORY, ASKED, asking(BROKEN, content="Now."), result(BROKEN, "")), tools=TOOLS),
])  # fmt: skip
def test_requests_have_the_types_of_the_sdk(asked: Prompt, wire: Wire) -> None:
    validate_for_anthropic(encoded(wire, "anthropic:not-listed", asked))


def test_only_what_was_set_and_the_required_bound_is_sent(wire: Wire) -> None:
    body = encoded(wire, ANTHROPIC, prompt("Hello."))
    assert body == {"model": "claude-haiku-5-5", "messages": SAID, "max_tokens": 8192}
    assert wire.sent.headers["anthropic-version"] == "2023-06-01"


def test_parameters_have_anthropics_names(wire: Wire) -> None:
    body = encoded(wire, "anthropic:not-listed", prompt("Hello.", **dict(EVERYTHING)))
    assert body == {
        "model": "not-listed",
        "messages": SAID,
        "temperature": 0,
        "max_tokens": 64,
        "stop_sequences": ["END"],
        "output_config": {"format": {"type": "json_schema", "schema": {**SCHEMA, "additionalProperties": False}}},
    }


def test_every_object_of_a_schema_forbids_other_properties_and_nothing_else_changes(wire: Wire) -> None:
    schema = {
        "type": "object",
        "properties": {"list": {"type": "array", "items": {"type": "object", "properties": {}}}, "x": True},
        "anyOf": [{"type": "object", "additionalProperties": True}, {"type": "null"}],
    }
    body = encoded(wire, ANTHROPIC, prompt(response_format={"type": "json_schema", "json_schema": {"schema": schema}}))
    assert body["output_config"]["format"]["schema"] == {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "list": {
                "type": "array",
                "items": {"type": "object", "properties": {}, "additionalProperties": False},
            },
            "x": True,
        },
        "anyOf": [{"type": "object", "additionalProperties": False}, {"type": "null"}],
    }


def test_json_is_requested_in_words_and_plain_text_is_not(wire: Wire) -> None:
    body = encoded(wire, ANTHROPIC, prompt(response_format={"type": "json_object"}))
    assert body["system"] == "Answer with one JSON object and nothing else."
    assert "output_config" not in body
    assert not {"system", "output_config"} & set(encoded(wire, ANTHROPIC, prompt(response_format={"type": "text"})))
    assert "system" not in encoded(wire, ANTHROPIC, prompt(response_format=JSON_SCHEMA))


def test_system_messages_join_the_instructions_and_messages_of_one_role_in_a_row_are_merged(wire: Wire) -> None:
    system = Message(role="system", content="Be brief.")
    body = encoded(wire, ANTHROPIC, Prompt(messages=(ASKED, system, *TALK), instructions="Be kind."))
    assert body["system"] == "Be kind.\n\nBe brief."
    assert [(message["role"], len(message["content"])) for message in body["messages"]] == [
        ("user", 2), ("assistant", 1), ("user", 1),
    ]  # fmt: skip


def test_images_are_sent_as_data_and_as_addresses(wire: Wire) -> None:
    assert encoded(wire, ANTHROPIC, Prompt(messages=(IMAGES,), parameters=UNCACHED))["messages"][0]["content"] == [
        {"type": "text", "text": "What is this?"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
        {"type": "image", "source": {"type": "url", "url": "https://example.test/a.png"}},
    ]


def test_results_are_sent_in_the_order_of_the_calls_with_text_after_them(wire: Wire) -> None:
    body = encoded(wire, ANTHROPIC, with_tools(ASKED, asking(*CALLS, content="Wait."), *RESULTS, ASKED))
    assert [tool["name"] for tool in body["tools"]] == ["get_weather", "now"]
    assert body["tools"][1]["input_schema"] == {"type": "object", "properties": {}}
    question, answer, results = body["messages"]
    assert answer["content"][0] == {"type": "text", "text": "Wait."}
    assert [block["input"] for block in answer["content"][1:]] == [call.arguments for call in CALLS]
    assert [block.get("tool_use_id") for block in results["content"]] == [call.id for call in CALLS] + [None]
    assert results["content"][-1] == question["content"][0]


def test_empty_results_and_missing_arguments_are_sent_in_an_accepted_form(wire: Wire) -> None:
    pictured = result(PARIS, PARTS)
    prompt = with_tools(ASKED, asking(BROKEN, PARIS), result(BROKEN, ""), pictured)
    messages = encoded(wire, ANTHROPIC, prompt.model_copy(update={"parameters": UNCACHED}))["messages"]
    assert messages[1]["content"][0]["input"] == {"invalidArguments": BROKEN.invalid_arguments}
    assert messages[2]["content"] == [
        {"type": "tool_result", "tool_use_id": BROKEN.id},
        {
            "type": "tool_result",
            "tool_use_id": PARIS.id,
            "content": "Here:\nhttps://example.test/a.png\n(an image)\nDone.",
        },
    ]


def test_an_answer_without_text_is_left_out(wire: Wire) -> None:
    silent = Message(role="assistant", content="")
    messages = encoded(wire, ANTHROPIC, Prompt(messages=(ASKED, silent, ASKED)))["messages"]
    assert all(message["content"] for message in messages)
    assert [message["role"] for message in messages] == ["user"]


# --- thoughts before calls ---------------------------------------------------------------------


def thoughtful(wire: Wire, *before: Message, instructions: str | None = None) -> tuple[ToolCall, ...]:
    """The calls of a model that thought about the messages `before`."""
    wire.reply(THOUGHTFUL)
    return wire.ask(ANTHROPIC, Prompt(messages=before, instructions=instructions, tools=TOOLS)).tool_calls


def types(body: dict[str, Any], place: int) -> list[str]:
    return [block["type"] for block in body["messages"][place]["content"]]


def test_thoughts_are_sent_back_unchanged_before_their_calls(wire: Wire) -> None:
    first = thoughtful(wire, ASKED)
    history = (ASKED, asking(*first, content="I look that up."), *map(result, first))
    second = thoughtful(wire, *history)
    body = encoded(wire, ANTHROPIC, with_tools(*history, asking(*second), *map(result, second)))
    assert body["messages"][1]["content"] == recording("anthropic/tool_calls_parallel").body["content"]
    assert body["messages"][3]["content"][:2] == THOUGHTS


@pytest.mark.parametrize("changed", [
    {"instructions": "Be kind."},
    {"tools": (NOW,)},
    {"messages": (TALK[0],)},
    {"messages": (*TALK, ASKED)},
])  # fmt: skip
def test_thoughts_are_left_out_where_anything_before_them_has_changed(changed: dict[str, Any], wire: Wire) -> None:
    calls = thoughtful(wire, ASKED)
    before = changed.pop("messages", (ASKED,))
    asked = with_tools(*before, asking(*calls), *map(result, calls)).model_copy(update=changed)
    body = encoded(wire, ANTHROPIC, asked)
    assert types(body, -2) == ["tool_use", "tool_use"]


def test_thoughts_are_sent_to_their_own_model_alone(wire: Wire) -> None:
    calls = thoughtful(wire, ASKED)
    history = with_tools(ASKED, asking(*calls), *map(result, calls))
    assert types(encoded(wire, "anthropic:claude-opus-5-5", history), 1) == ["tool_use", "tool_use"]
    for model in (OPENAI, GEMINI, "deepseek:deepseek-flash"):
        assert THOUGHTS[0]["signature"] not in json.dumps(encoded(wire, model, history))
    foreign = [call.model_copy(update={"signature": "thought:abc"}) for call in (TIME, TOKYO)]
    body = encoded(wire, ANTHROPIC, with_tools(ASKED, asking(*foreign), *map(result, foreign)))
    assert types(body, 1) == ["tool_use", "tool_use"]
