"""The Responses format: how the SDK reads requests and recordings, thoughts before calls, who is asked in it."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from agentos.domain import Completion, Message, Parameters, Prompt, ToolCall, ToolChoice
from agentos.kernel.errors import ErrorClass, UpstreamError
from tests.providers.conversations import (
    ASKED,
    BROKEN,
    HISTORY,
    OPENAI,
    PARAMETERS,
    PARTS,
    TIME,
    TOOLS,
    answered,
    asking,
    encoded,
    result,
    with_tools,
)
from tests.providers.recordings import (
    KEY,
    MODELS,
    RESPONSES,
    Recording,
    Wire,
    all_cases,
    prompt,
    provider_of,
    recording,
    settings_for,
)
from tests.providers.streamed import SPLIT, Events, on_the_wire
from tests.providers.test_encode import EVERYTHING, IMAGES, OPEN_SCHEMA, PIXEL, SCHEMA, TALK
from tests.providers.vendor_types import validate_for_responses
from tests.support.sdks import openai

CASES = [case for case in all_cases() if provider_of(case) == "openai-responses"]
ANSWERED = 200
FREE = "openai:gpt-5.5"
"""A model that takes every parameter that the format has."""

ERRORS = {400: "BadRequestError", 401: "AuthenticationError", 404: "NotFoundError", 429: "RateLimitError"}
PARALLEL = recording("openai-responses/tool_calls_parallel")
XAI_ALONE = {("output", 0, "ResponseOutputMessage", "usage")}
CLOSED = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}


def sdk(recorded: Recording) -> Any:
    """The SDK's result for a recording."""
    transport = httpx2.MockTransport(
        lambda _: httpx2.Response(recorded.status, headers=recorded.headers, content=recorded.content)
    )
    with openai.OpenAI(api_key="none", max_retries=0, http_client=httpx2.Client(transport=transport)) as client:
        return client.responses.create(model="m", input="Hello.")


def streamed_answer(wire: Wire, events: Events) -> tuple[Completion, list[str]]:
    """The completion, and what came of its text in pieces."""
    received: list[str] = []
    wire.reply(on_the_wire("openai-responses", events), headers={"content-type": "text/event-stream"})
    return wire.ask(RESPONSES, listen=received.append), received


def events_of(case: str) -> Events:
    return SPLIT["openai-responses"](recording(f"openai-responses/{case}").body)


# --- recordings -------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [case for case in CASES if recording(case).status == ANSWERED])
def test_a_recorded_answer_has_the_sdks_form(case: str) -> None:
    body = recording(case).body
    if case == "openai-responses/answer_of_xai":  # which counts no tokens that are written to a cache
        body["usage"]["input_tokens_details"]["cache_write_tokens"] = 0
    openai.types.responses.Response.model_validate(body, strict=True)
    assert not set(body) - set(openai.types.responses.Response.model_fields) - {"prompt_cache_key"}


@pytest.mark.parametrize("case", [case for case in CASES if recording(case).status == ANSWERED])
def test_we_read_the_same_answer_as_the_sdk(case: str, wire: Wire) -> None:
    recorded = recording(case)
    wire.reply(recorded.content, recorded.status, recorded.headers)
    theirs = sdk(recorded)
    try:
        ours = wire.ask(RESPONSES)
    except UpstreamError as error:
        assert theirs.error or theirs.status == "cancelled" or error.error_class is ErrorClass.CONTENT_FILTER
        return
    assert ours.text == theirs.output_text
    parts = [part for item in theirs.output for part in getattr(item, "content", None) or ()]
    assert ours.refusal == "".join(part.refusal for part in parts if part.type == "refusal")
    assert [(call.id, call.name) for call in ours.tool_calls] == [
        (item.call_id, item.name) for item in theirs.output if item.type == "function_call"
    ]
    assert ours.tokens.prompt == theirs.usage.input_tokens
    assert (ours.tokens.prompt or 0) + (ours.tokens.completion or 0) == theirs.usage.total_tokens
    assert ours.tokens.reasoning == theirs.usage.output_tokens_details.reasoning_tokens


@pytest.mark.parametrize("case", [case for case in CASES if recording(case).status != ANSWERED])
def test_the_sdk_raises_what_it_documents(case: str) -> None:
    recorded = recording(case)
    with pytest.raises(openai.APIStatusError) as caught:
        sdk(recorded)
    assert type(caught.value).__name__ == ERRORS.get(recorded.status, "InternalServerError")
    assert caught.value.body == recorded.body["error"]


@pytest.mark.parametrize("case", ["answer", "answer_reasoned_and_cached", "tool_calls_parallel", "refusal"])
def test_the_events_of_the_tests_have_the_sdks_form(case: str) -> None:
    for event in events_of(case):
        read = openai.types.responses
        name = "".join(word.capitalize() for word in event["type"].replace(".", "_").split("_"))
        known = getattr(read, f"{name.replace('OutputText', 'Text')}Event")
        if "logprobs" in known.model_fields:
            event = {**event, "logprobs": []}
        known.model_validate(event)


@pytest.mark.parametrize("streamed", [False, True])
def test_summaries_of_thoughts_are_read_as_paragraphs(streamed: bool, wire: Wire) -> None:
    body = recording("openai-responses/answer_reasoned_and_cached").body
    if streamed:
        completion, _ = streamed_answer(wire, events_of("answer_reasoned_and_cached"))
    else:
        completion = answered(wire, RESPONSES, json.dumps(body).encode())
    assert completion.reasoning == "\n\n".join(part["text"] for part in body["output"][0]["summary"])


@pytest.mark.parametrize("kind", ["summary", "content"])
@pytest.mark.parametrize("left_out", [
    set(), {"delta"}, {"delta", "part.done", "text.done"}, {"delta", "part.done", "text.done", "item.done"},
])  # fmt: skip
def test_thoughts_come_in_pieces_before_the_text_or_as_soon_as_they_come(
    kind: str, left_out: set[str], wire: Wire
) -> None:
    body = recording("openai-responses/answer_reasoned_and_cached").body
    expected = "\n\n".join(part["text"] for part in body["output"][0]["summary"])
    events = SPLIT["openai-responses"](body)
    if kind == "content":  # of an open model, which has no summary
        events = [_opened(event) for event in events]
    kept = [event for event in events if not ("reasoning" in str(event) and _ends(event["type"], left_out))]
    received: list[tuple[str, str]] = []
    wire.reply(on_the_wire("openai-responses", kept))
    completion = wire.ask(
        RESPONSES,
        listen=lambda text: received.append(("text", text)),
        on_reasoning=lambda text: received.append(("reasoning", text)),
    )
    assert completion.reasoning == "".join(text for name, text in received if name == "reasoning") == expected
    assert completion.text == "".join(text for name, text in received if name == "text")
    if "item.done" not in left_out:
        assert received[0][0] == "reasoning"


def _ends(kind: str, ends: set[str]) -> bool:
    return kind.replace("output_item", "item").replace("_", ".").endswith(tuple(ends)) if ends else False


def _opened(value: Any) -> Any:
    """The same event, or part of one, with thoughts that are open instead of summaries."""
    if isinstance(value, list):
        return [_opened(one) for one in value]
    if not isinstance(value, dict):
        named = {"summary_text": "reasoning_text", "response.reasoning_summary_text": "response.reasoning_text"}
        stem, dot, step = str(value).rpartition(".")
        return f"{named[stem]}{dot}{step}" if stem in named else named.get(value, value)
    names = {"summary": "content", "summary_index": "content_index"} if "reasoning" in str(value) else {}
    return {names.get(name, name): _opened(one) for name, one in value.items()}


def test_thoughts_that_come_open_and_summed_up_are_read_once(wire: Wire) -> None:
    events = events_of("answer_reasoned_and_cached")
    text = {"type": "response.reasoning_text.delta", "output_index": 0, "content_index": 0, "delta": "Hm, small."}
    first = next(index for index, event in enumerate(events) if event["type"] == "response.output_item.done")
    kept = [event for event in events[:first] if "summary" not in event["type"]]
    completion, _ = streamed_answer(wire, [*kept, text, *events[first:]])
    assert completion.reasoning == "Hm, small."


def test_open_thoughts_are_read_where_there_is_no_summary(wire: Wire) -> None:
    body = recording("openai-responses/answer").body
    body["output"][0] |= {"content": [{"type": "reasoning_text", "text": "A greeting."}], "encrypted_content": None}
    assert answered(wire, RESPONSES, json.dumps(body).encode()).reasoning == "A greeting."


@pytest.mark.parametrize(("change", "expected"), [
    ({"status": "queued"}, ErrorClass.BAD_RESPONSE),
    ({"status": "in_progress"}, ErrorClass.BAD_RESPONSE),
    ({"status": "incomplete", "incomplete_details": None}, ErrorClass.BAD_RESPONSE),
    ({"output": []}, ErrorClass.BAD_RESPONSE),
    ({"output": None}, ErrorClass.BAD_RESPONSE),
    ({"status": "failed", "error": {"code": "bio_policy", "message": "No."}}, ErrorClass.CONTENT_FILTER),
    ({"status": "failed", "error": {"code": "unheard_of", "message": "No."}}, ErrorClass.BAD_RESPONSE),
])  # fmt: skip
def test_what_is_no_whole_answer_is_a_failure(change: dict[str, Any], expected: ErrorClass, wire: Wire) -> None:
    body = recording("openai-responses/answer").body | change
    with pytest.raises(UpstreamError) as caught:
        answered(wire, RESPONSES, json.dumps(body).encode())
    assert caught.value.error_class is expected
    assert caught.value.tokens
    assert (caught.value.tokens.prompt, caught.value.tokens.completion) == (19, 10)


def test_unknown_items_are_no_part_of_the_answer(wire: Wire) -> None:
    body = recording("openai-responses/answer").body
    body["output"].insert(0, {"type": "web_search_call", "id": "ws_1", "status": "completed"})
    body["output"][2]["content"].append({"type": "something_new", "text": "?"})
    assert answered(wire, RESPONSES, json.dumps(body).encode()).text == "Hello! How can I help you today?"


# --- streams ----------------------------------------------------------------------------------


@pytest.mark.parametrize("left_out", [
    {"response.output_text.delta"},
    {"response.output_text.delta", "response.output_text.done"},
    {"response.output_item.done"},
    {"response.output_item.added"},
    {"response.output_text.delta", "response.output_text.done", "response.output_item.done"},
    {"response.output_item.added", "response.output_item.done"},
    {"response.function_call_arguments.delta", "response.function_call_arguments.done"},
])  # fmt: skip
def test_what_comes_late_completes_the_answer(left_out: set[str], wire: Wire) -> None:
    """Servers differ in which events they send."""
    whole = answered(wire, RESPONSES, PARALLEL.content)
    kept = [event for event in events_of("tool_calls_parallel") if event["type"] not in left_out]
    completion, received = streamed_answer(wire, kept)
    assert completion == whole
    assert "".join(received) == whole.text


def test_an_end_without_the_output_is_an_end(wire: Wire) -> None:
    """As the back end of Codex sends it."""
    *events, last = events_of("tool_calls_parallel")
    completion, _ = streamed_answer(wire, [*events, {**last, "response": {**last["response"], "output": []}}])
    assert completion == answered(wire, RESPONSES, PARALLEL.content)


def test_text_counts_though_its_item_never_came(wire: Wire) -> None:
    events = [event for event in events_of("answer") if "output_text" in event["type"]]
    end = {"type": "response.completed", "response": {**recording("openai-responses/answer").body, "output": []}}
    completion, received = streamed_answer(wire, [*events, end])
    assert completion.text == "".join(received) == "Hello! How can I help you today?"


def test_arguments_come_together_from_their_pieces(wire: Wire) -> None:
    *events, last = events_of("tool_call")
    deltas = [event for event in events if not event["type"].endswith(".done")]
    completion, _ = streamed_answer(wire, [*deltas, {**last, "response": {**last["response"], "output": []}}])
    assert completion.tool_calls[0].arguments == {"city": "Paris"}


@pytest.mark.parametrize("end", ["failed", "error"])
def test_an_answer_that_fails_after_its_first_words_has_its_tokens(end: str, wire: Wire) -> None:
    events = events_of("answer")[:8]
    usage = recording("openai-responses/answer").body["usage"]
    failed = recording("openai-responses/failed").body | {"usage": usage}
    last = {
        "failed": {"type": "response.failed", "response": failed},
        "error": {"type": "error", "code": "server_error", "message": "No.", "param": None, "sequence_number": 9},
    }[end]
    received: list[str] = []
    wire.reply(on_the_wire("openai-responses", [*events, last]))
    with pytest.raises(UpstreamError) as caught:
        wire.ask(RESPONSES, listen=received.append)
    assert received
    assert caught.value.error_class is ErrorClass.SERVER
    assert (caught.value.tokens.prompt if caught.value.tokens else None) == (19 if end == "failed" else None)


def test_nothing_is_read_behind_the_end(wire: Wire) -> None:
    late = {"type": "response.output_text.delta", "output_index": 9, "content_index": 0, "delta": " And?"}
    completion, received = streamed_answer(wire, [*events_of("answer"), late])
    assert completion.text == "".join(received) == "Hello! How can I help you today?"


def test_text_in_another_item_than_a_message_is_no_answer(wire: Wire) -> None:
    events = events_of("tool_call")
    stray = {"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "delta": "Hm."}
    with pytest.raises(UpstreamError, match="another kind"):
        streamed_answer(wire, [*events[:3], stray, *events[3:]])


# --- requests ---------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [
    prompt(),
    Prompt(messages=(*TALK, Message(role="system", content="x")), instructions="Be kind.", parameters=EVERYTHING),
    Prompt(messages=(IMAGES,), instructions="Be kind.", parameters=Parameters(response_format={"type": "json_object"})),
    with_tools(*HISTORY, ASKED, asking(BROKEN, content="Now."), result(BROKEN, PARTS)),
    Prompt(messages=(ASKED,), tools=TOOLS, parameters=Parameters(
        tool_choice=ToolChoice(name="now"), parallel_tool_calls=False, reasoning_effort="low", include_reasoning=True,
        verbosity="low", service_tier="flex", max_tokens=1)),
])  # fmt: skip
def test_requests_have_the_types_of_the_sdk(asked: Prompt, wire: Wire) -> None:
    validate_for_responses(encoded(wire, FREE, asked))


def test_only_what_was_set_is_sent_and_nothing_is_stored(wire: Wire) -> None:
    assert encoded(wire, FREE, prompt("Hello.")) == {
        "model": "gpt-5.5",
        "store": False,
        "input": [{"role": "user", "content": "Hello."}],
    }
    assert str(wire.sent.url) == "https://api.openai.com/v1/responses"
    assert wire.sent.headers["authorization"] == f"Bearer {KEY}"


def test_the_conversation_is_the_input_and_the_instructions_stand_beside_it(wire: Wire) -> None:
    asked = Prompt(messages=(*TALK, Message(role="system", content="Be brief.")), instructions="Be kind.")
    body = encoded(wire, FREE, asked)
    assert body["instructions"] == "Be kind."
    assert body["input"] == [{"role": one.role, "content": one.content} for one in asked.messages]


def test_images_have_their_own_parts(wire: Wire) -> None:
    assert encoded(wire, FREE, Prompt(messages=(IMAGES,)))["input"][0]["content"] == [
        {"type": "input_text", "text": "What is this?"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}", "detail": "auto"},
        {"type": "input_image", "image_url": "https://example.test/a.png", "detail": "low"},
    ]


def test_tools_are_flat_and_say_whether_they_are_strict(wire: Wire) -> None:
    """A tool that says nothing would be strict."""
    closed = {"type": "function", "function": {"name": "f", "parameters": CLOSED, "strict": True}}
    asked = with_tools().model_copy(update={"tools": (*TOOLS, type(TOOLS[0]).model_validate(closed))})
    assert encoded(wire, FREE, asked)["tools"] == [
        {
            "type": "function",
            "name": "get_weather",
            "description": "The weather in a city.",
            "parameters": PARAMETERS,
            "strict": False,  # not every field is required, which strict mode refuses
        },
        {"type": "function", "name": "now", "parameters": {"type": "object", "properties": {}}, "strict": False},
        {"type": "function", "name": "f", "parameters": CLOSED, "strict": True},
    ]


def test_calls_and_their_outputs_are_items(wire: Wire) -> None:
    asked = with_tools(ASKED, asking(TIME, BROKEN, content="I look."), result(TIME, PARTS), result(BROKEN, ""))
    assert encoded(wire, FREE, asked)["input"][1:] == [
        {"role": "assistant", "content": "I look."},
        {"type": "function_call", "call_id": "call_3", "name": "now", "arguments": "{}"},
        {
            "type": "function_call",
            "call_id": "call_4",
            "name": "now",
            "arguments": '{"invalidArguments":"{\\"zone\\": \\"UT"}',
        },
        {
            "type": "function_call_output",
            "call_id": "call_3",
            "output": "Here:\nhttps://example.test/a.png\n(an image)\nDone.",
        },
        {"type": "function_call_output", "call_id": "call_4", "output": ""},
    ]


@pytest.mark.parametrize(("parameters", "sent"), [
    ({"max_tokens": 1}, {"max_output_tokens": 16}),
    ({"max_tokens": 64, "temperature": 0, "top_p": 0.5}, {"max_output_tokens": 64, "temperature": 0, "top_p": 0.5}),
    ({"reasoning_effort": "high"}, {"reasoning": {"effort": "high"}}),
    ({"verbosity": "low"}, {"text": {"verbosity": "low"}}),
    ({"response_format": {"type": "text"}}, {"text": {"format": {"type": "text"}}}),
    ({"response_format": OPEN_SCHEMA, "verbosity": "high"},
     {"text": {"format": {"type": "json_schema", "name": "place", "schema": SCHEMA, "strict": False},
               "verbosity": "high"}}),
    ({"response_format": {"type": "json_schema", "json_schema": {"name": "x", "description": "Y."}}},
     {"text": {"format": {"type": "json_schema", "name": "x", "description": "Y.",
                          "schema": {"type": "object", "additionalProperties": False}}}}),
    ({"tool_choice": ToolChoice()}, {"tool_choice": "required"}),
    ({"tool_choice": ToolChoice(name="now")}, {"tool_choice": {"type": "function", "name": "now"}}),
    ({"parallel_tool_calls": False, "service_tier": "flex"}, {"parallel_tool_calls": False, "service_tier": "flex"}),
])  # fmt: skip
def test_parameters_have_the_names_of_the_format(parameters: dict[str, Any], sent: dict[str, Any], wire: Wire) -> None:
    asked = Prompt(messages=(ASKED,), parameters=Parameters(**parameters))
    body = encoded(wire, FREE, asked)
    assert {name: value for name, value in body.items() if name not in ("model", "store", "input")} == sent


@pytest.mark.parametrize(("model", "names"), [
    (RESPONSES, ["safety_identifier", "prompt_cache_key"]),
    ("azure-openai:gpt", ["safety_identifier", "prompt_cache_key"]),
    ("xai:grok", ["user", "prompt_cache_key"]),
    ("bedrock:us.openai.gpt-5.6-sol", []),
])  # fmt: skip
@pytest.mark.parametrize("prompt_cache", ["auto", "off"])
def test_users_and_sessions_are_named_where_the_provider_has_a_field_for_them(
    model: str, names: list[str], prompt_cache: str, wire: Wire, tmp_path: Path
) -> None:
    overlay = tmp_path / "own.yaml"
    overlay.write_text(json.dumps({"models": {model: {"format": "openai-responses"}}}))
    wire.reply(recording("openai-responses/answer").content)
    given = Parameters.model_validate({"user": "u-1", "prompt_cache": prompt_cache})
    wire.ask(model, Prompt(messages=(ASKED,), parameters=given, cache_key="s-1"), settings_for(overlay))
    sent = {name: value for name, value in wire.sent_json.items() if value in ("u-1", "s-1")}
    expected = dict(zip(names, ["u-1", "s-1"], strict=False))
    assert sent == {name: value for name, value in expected.items() if value == "u-1" or prompt_cache == "auto"}


@pytest.mark.parametrize(("facts", "asked", "sent"), [
    ({"levels": ["low"]}, {"reasoning_effort": "low"}, {"reasoning": {"effort": "low"}}),
    ({"levels": ["low"]}, {"reasoning_effort": "max"}, {"reasoning": {"effort": "low"}}),
    ({"levels": {"low": {"sends": {"reasoning": {"budget": 9}}}}},
     {"reasoning_effort": "low", "include_reasoning": True}, {"reasoning": {"budget": 9, "summary": "auto"}}),
    ({"levels": {"low": {"sends": {}}}}, {"reasoning_effort": "low"}, {}),
    ({"levels": []}, {"reasoning_effort": "low"}, {}),
    ({"levels": ["low"]}, {"include_reasoning": True}, {"reasoning": {"summary": "auto"}}),
])  # fmt: skip
def test_a_models_own_efforts_are_asked_for(
    facts: dict[str, Any], asked: dict[str, Any], sent: dict[str, Any], wire: Wire, tmp_path: Path
) -> None:
    overlay = tmp_path / "own.yaml"
    overlay.write_text(json.dumps({"models": {FREE: {"format": "openai-responses", "reasoning": facts}}}))
    wire.reply(recording("openai-responses/answer").content)
    wire.ask(FREE, with_tools(ASKED).model_copy(update={"parameters": Parameters(**asked)}), settings_for(overlay))
    assert {name: value for name, value in wire.sent_json.items() if name == "reasoning"} == sent
    assert ("include" in wire.sent_json) == bool(facts["levels"])


@pytest.mark.parametrize("instructions", ["Be kind.", None])
def test_json_is_asked_for_in_the_input_where_the_api_looks_for_the_word(instructions: str | None, wire: Wire) -> None:
    asked = Prompt(
        messages=(ASKED,),
        instructions=instructions,
        parameters=Parameters(response_format={"type": "json_object"}),
    )
    body = encoded(wire, FREE, asked)
    assert "instructions" not in body
    assert body["input"][0]["role"] == "system"
    assert "JSON" in body["input"][0]["content"]
    assert (instructions or "") in body["input"][0]["content"]
    assert body["text"] == {"format": {"type": "json_object"}}


# --- thoughts ---------------------------------------------------------------------------------

ITEMS = PARALLEL.body["output"]


def calls_of(wire: Wire, model: str = RESPONSES, body: bytes = PARALLEL.content) -> tuple[ToolCall, ...]:
    wire.reply(body)
    return wire.ask(model, with_tools()).tool_calls


def sent_after(wire: Wire, model: str, calls: tuple[ToolCall, ...], text: str = "I look that up.") -> list[Any]:
    """The items between the question and the results."""
    history = with_tools(ASKED, asking(*calls, content=text), *map(result, calls))
    return [item for item in encoded(wire, model, history)["input"][1:] if item["type"] != "function_call_output"]


@pytest.mark.parametrize("model", [RESPONSES, FREE])
def test_thoughts_are_asked_for_where_tools_are(model: str, wire: Wire) -> None:
    assert encoded(wire, model, with_tools())["include"] == ["reasoning.encrypted_content"]
    assert "include" not in encoded(wire, model, prompt())


def test_a_model_that_does_not_reason_is_not_asked_for_thoughts(wire: Wire, tmp_path: Path) -> None:
    overlay = tmp_path / "own.yaml"
    overlay.write_text("models: {'openai:gpt-4o-mini': {format: openai-responses}}")
    wire.reply(recording("openai-responses/answer").content)
    wire.ask(OPENAI, with_tools(), settings_for(overlay))
    assert wire.sent.url.path == "/v1/responses"
    assert "include" not in wire.sent_json


def test_thoughts_go_back_encrypted_where_they_stood_with_the_ids_of_what_followed(wire: Wire) -> None:
    sent = sent_after(wire, RESPONSES, calls_of(wire))
    assert sent == [
        {name: ITEMS[0][name] for name in ("type", "id", "summary", "encrypted_content")},
        {
            **{name: ITEMS[1][name] for name in ("type", "id", "role", "status", "phase")},
            "content": [{"type": "output_text", "text": "I look that up.", "annotations": []}],
        },
        *({name: item[name] for name in ("type", "id", "call_id", "name", "arguments")} for item in ITEMS[2:]),
    ]
    validate_for_responses(wire.sent_json)


def test_the_first_call_alone_is_signed(wire: Wire) -> None:
    first, *others = calls_of(wire)
    assert first.signature
    assert [call.signature for call in others] == [None]


def test_a_summary_goes_back_also_where_none_came(wire: Wire) -> None:
    body = recording("openai-responses/tool_call").body
    del body["output"][0]["summary"]
    assert sent_after(wire, RESPONSES, calls_of(wire, body=json.dumps(body).encode()), "")[0]["summary"] == []


def test_blank_text_beside_calls_is_not_sent(wire: Wire) -> None:
    sent = sent_after(wire, RESPONSES, calls_of(wire), " \n")
    assert [item["type"] for item in sent] == ["reasoning", "function_call", "function_call"]


def test_streamed_thoughts_go_back_as_they_were_when_they_were_done(wire: Wire) -> None:
    wire.reply(on_the_wire("openai-responses", events_of("tool_calls_parallel")))
    calls = wire.ask(RESPONSES, with_tools(), listen=lambda _: None).tool_calls
    assert sent_after(wire, RESPONSES, calls)[0]["encrypted_content"] == ITEMS[0]["encrypted_content"]


@pytest.mark.parametrize("other", [FREE, "xai:grok-4.3", "azure-openai:any", *sorted(set(MODELS.values()))])
def test_no_other_model_and_no_other_provider_receives_them(other: str, wire: Wire) -> None:
    calls = calls_of(wire)
    body = json.dumps(encoded(wire, other, with_tools(ASKED, asking(*calls), *map(result, calls))))
    assert not [mark for mark in (ITEMS[0]["encrypted_content"], ITEMS[0]["id"], ITEMS[2]["id"]) if mark in body]


def test_another_key_receives_none_because_thoughts_are_encrypted_for_an_organization(wire: Wire) -> None:
    calls = calls_of(wire)
    wire.reply(recording("openai-responses/answer").content)
    history = with_tools(ASKED, asking(*calls), *map(result, calls))
    wire.ask(RESPONSES, history, settings_for(OPENAI_API_KEY="another"))
    assert {item.get("type") for item in wire.sent_json["input"]} == {None, "function_call", "function_call_output"}
    assert not [item for item in wire.sent_json["input"] if "id" in item]


def test_a_provider_that_takes_none_back_receives_none_and_is_not_asked_for_any(wire: Wire, tmp_path: Path) -> None:
    overlay = tmp_path / "own.yaml"
    overlay.write_text("providers: {openai: {formats: {openai-responses: {thoughts: {returned: false}}}}}")
    calls = calls_of(wire)
    wire.reply(recording("openai-responses/answer").content)
    history = with_tools(ASKED, asking(*calls), *map(result, calls))
    wire.ask(RESPONSES, history, settings_for(overlay))
    assert "include" not in wire.sent_json
    assert not [item for item in wire.sent_json["input"] if "id" in item]


@pytest.mark.parametrize(("change", "kept"), [
    ({"encrypted_content": None}, None),
    ({"encrypted_content": None, "content": [{"type": "reasoning_text", "text": "Hm."}]}, "content"),
])  # fmt: skip
def test_thoughts_without_anything_to_take_back_are_not_kept(
    change: dict[str, Any], kept: str | None, wire: Wire
) -> None:
    body = recording("openai-responses/tool_call").body
    body["output"][0] |= change
    calls = calls_of(wire, body=json.dumps(body).encode())
    sent = sent_after(wire, RESPONSES, calls, "")
    assert [item["type"] for item in sent] == (["reasoning"] if kept else []) + ["function_call"]
    assert ("id" in sent[-1]) == bool(kept)
    assert kept is None or sent[0][kept] == change[kept]


def test_calls_without_thoughts_before_them_go_back_without_ids(wire: Wire) -> None:
    body = recording("openai-responses/tool_call").body
    calls = calls_of(wire, body=json.dumps({**body, "output": body["output"][1:]}).encode())
    assert calls[0].signature is None
    assert ["id" in item for item in sent_after(wire, RESPONSES, calls, "")] == [False]


# --- who is asked in this format --------------------------------------------------------------


@pytest.mark.parametrize(("model", "address"), [
    ("xai:grok-4.3", "https://api.x.ai/v1/responses"),
    ("azure-openai:my-deployment", "https://my-resource.openai.azure.test/openai/v1/responses"),
    ("bedrock:claude-haiku-4-5", "https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1/responses"),
    ("openai:gpt-4o-mini", "https://api.openai.com/v1/responses"),
    ("groq:llama3-70b", "https://api.groq.com/openai/v1/responses"),
])  # fmt: skip
def test_a_model_may_name_the_format(model: str, address: str, wire: Wire, tmp_path: Path) -> None:
    overlay = tmp_path / "own.yaml"
    overlay.write_text(json.dumps({"models": {model: {"format": "openai-responses"}}}))
    wire.reply(recording("openai-responses/answer").content)
    completion = wire.ask(model, prompt("Hello.", max_tokens=99, stop=("END",)), settings_for(overlay))
    assert str(wire.sent.url) == address
    assert wire.sent_json["max_output_tokens"] == 99
    assert "stop left out: the model does not take it" in completion.notes


def test_a_provider_may_have_the_format_for_all_its_models(wire: Wire, tmp_path: Path) -> None:
    overlay = tmp_path / "own.yaml"
    overlay.write_text("providers: {xai: {format: openai-responses}}\nmodels: {'xai:old': {format: openai}}")
    settings = settings_for(overlay)
    wire.reply(recording("openai-responses/answer_of_xai").content)
    asked = Prompt(messages=(Message(role="user", content=" "),), parameters=Parameters(service_tier="flex"))
    completion = wire.ask("xai:any", asked, settings)
    assert wire.sent.url.path == "/v1/responses"
    assert wire.sent_json["input"] == [{"role": "user", "content": "Continue."}]  # blank texts are refused there
    assert "serviceTier left out: the model does not take it" in completion.notes
    wire.reply(recording("xai/answer").content)
    wire.ask("xai:old", prompt(max_tokens=5), settings)
    assert wire.sent.url.path == "/v1/chat/completions"


@pytest.mark.parametrize(("endpoint", "service"), [
    (None, "bedrock"), ("https://bedrock-mantle.eu-west-1.api.aws/v1", "bedrock-mantle"),
])  # fmt: skip
def test_bedrocks_openai_shaped_endpoint_is_signed_for(
    endpoint: str | None, service: str, wire: Wire, tmp_path: Path
) -> None:
    model = "bedrock:us.openai.gpt-5.6-luna"
    overlay = tmp_path / "own.yaml"
    if endpoint:
        overlay.write_text(
            "providers: {mantle: {format: openai-responses, auth: iam, endpoint: 'https://bedrock-mantle.{region}.api.aws/v1'}}"
        )
        model = "mantle:openai.gpt-5.5"
    wire.reply(recording("openai-responses/answer").content)
    wire.ask(model, with_tools(), settings_for(overlay) if endpoint else None)
    headers = wire.sent.headers
    default = "https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1"
    assert str(wire.sent.url) == f"{endpoint or default}/responses"
    assert wire.sent_json["model"] == model.partition(":")[2]
    assert f"/eu-west-1/{service}/aws4_request" in headers["authorization"]
    theirs = AWSRequest("POST", str(wire.sent.url), {"content-type": "application/json"}, wire.sent.content)
    theirs.context["timestamp"] = headers["x-amz-date"]
    signer = SigV4Auth(Credentials("test", "test"), service, "eu-west-1")
    theirs.headers["X-Amz-Date"] = headers["x-amz-date"]
    string = signer.string_to_sign(theirs, signer.canonical_request(theirs))
    assert headers["authorization"].endswith(f"Signature={signer.signature(string, theirs)}")


def test_a_streamed_request_is_signed_with_its_body(wire: Wire) -> None:
    wire.reply(on_the_wire("openai-responses", events_of("answer")))
    wire.ask("bedrock:global.openai.gpt-5.6-sol", listen=lambda _: None)
    assert wire.sent_json["stream"] is True
    assert wire.sent.headers["authorization"].startswith("AWS4-HMAC-SHA256 ")
    assert wire.sent.url.path == "/openai/v1/responses"
