"""Errors, streams and finish reasons that gateways have misread, each with its correct reading."""

import json
from typing import Any

import pytest

from agentos.domain import AnswerListener, Completion
from agentos.kernel.clock import Timeouts
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.http_client import HttpClient
from agentos.providers.upstream import UpstreamClient
from agentos.routing.retry_after import wait_seconds
from tests.providers.calls import BOUND, SHORT, TIMEOUT, in_time
from tests.providers.conversations import ANTHROPIC, BEDROCK, GEMINI, OPENAI
from tests.providers.misbehaving_server import Connection, MisbehavingServer
from tests.providers.recordings import MODELS, RESPONSES, Wire, format_of, prompt, recording, settings_for
from tests.providers.streamed import SPLIT, on_the_wire

OPENROUTER = MODELS["openrouter"]
RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}


def failure(wire: Wire, model: str, *, streamed: bool = False) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        wire.ask(model, listen=(lambda _: None) if streamed else None)
    return caught.value


# --- error bodies -----------------------------------------------------------------------------


def wrapped(raw: Any, **metadata: Any) -> dict[str, Any]:
    """OpenRouter's error about a provider behind it."""
    return {"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": raw, **metadata}}}


TOO_LONG = {"error": {"type": "invalid_request_error", "message": "prompt is too long: 210000 tokens > 200000 maximum"}}
GOOGLE_TOO_LONG = {
    "error": {"code": 400, "message": "The input token count exceeds the maximum number of tokens allowed"}
}

ERRORS: list[tuple[str, int, Any, ErrorClass]] = [
    (GEMINI, 499, {"error": {"code": 499, "message": "The operation was cancelled.", "status": "CANCELLED"}},
     ErrorClass.SERVER),
    (OPENAI, 409, {"error": {"message": "lock timeout", "type": "conflict"}}, ErrorClass.SERVER),
    (OPENAI, 425, {}, ErrorClass.SERVER),
    (ANTHROPIC, 409, {"type": "error", "error": {"type": "conflict_error", "message": "x"}}, ErrorClass.SERVER),
    (BEDROCK, 424, {"message": "x"}, ErrorClass.SERVER),
    (OPENAI, 400, {"error": {"code": "invalid_prompt", "message": "flagged"}}, ErrorClass.CONTENT_FILTER),
    # a list around the body
    (OPENAI, 429, [{"error": {"code": 429, "details": [RETRY]}}], ErrorClass.RATE_LIMITED),
    (GEMINI, 429, [{"error": {"code": 429, "details": [RETRY]}}], ErrorClass.RATE_LIMITED),
    (OPENAI, 400, [{"error": {"code": 400, "details": [{"reason": "API_KEY_INVALID"}]}}], ErrorClass.AUTH),
    (GEMINI, 400, [{"error": {"code": 400, "details": [{"reason": "API_KEY_INVALID"}]}}], ErrorClass.AUTH),
    # the cause behind OpenRouter
    (OPENROUTER, 400, wrapped(json.dumps(TOO_LONG)), ErrorClass.CONTEXT_LENGTH),
    (OPENROUTER, 400, wrapped(TOO_LONG), ErrorClass.CONTEXT_LENGTH),
    (OPENROUTER, 400, wrapped([TOO_LONG]), ErrorClass.CONTEXT_LENGTH),
    (OPENROUTER, 400, wrapped("prompt is too long: 9 tokens"), ErrorClass.CONTEXT_LENGTH),
    (OPENROUTER, 400, wrapped(json.dumps(GOOGLE_TOO_LONG)), ErrorClass.CONTEXT_LENGTH),
    (OPENROUTER, 400, wrapped('{"error": {"code": "insufficient_quota"}}'), ErrorClass.QUOTA),
    (OPENROUTER, 400, wrapped('{"error": {"code": "content_filter"}}'), ErrorClass.CONTENT_FILTER),
    (OPENROUTER, 400, wrapped(None, error_type="context_length_exceeded"), ErrorClass.CONTEXT_LENGTH),
    (OPENROUTER, 400, wrapped(None, error_type="content_policy_violation"), ErrorClass.CONTENT_FILTER),
    (OPENROUTER, 400, wrapped(None, error_type="invalid_prompt"), ErrorClass.CONTENT_FILTER),
    (OPENROUTER, 400, wrapped("{broken"), ErrorClass.REJECTED),
    (OPENROUTER, 400, wrapped(5), ErrorClass.REJECTED),
    (OPENROUTER, 400, wrapped(wrapped(TOO_LONG)), ErrorClass.REJECTED),  # one level deep is enough
    (MODELS["ollama"], 400, {"error": {"message": "registry.ollama.ai/library/x:latest does not support tools"}},
     ErrorClass.REJECTED),
]  # fmt: skip


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(("model", "status", "body", "error_class"), ERRORS)
def test_an_error_has_its_class_however_it_is_wrapped(
    model: str, status: int, body: Any, error_class: ErrorClass, streamed: bool, wire: Wire
) -> None:
    wire.reply(json.dumps(body).encode(), status)
    error = failure(wire, model, streamed=streamed)
    assert error.error_class is error_class
    assert wait_seconds(error.headers, now=0) == (7 if "retryDelay" in json.dumps(body) else None)


def test_an_error_for_missing_tools_has_a_reason_for_the_log(wire: Wire) -> None:
    wire.reply(b'{"error": {"message": "registry.ollama.ai/library/x:latest does not support tools"}}', 400)
    assert failure(wire, MODELS["ollama"]).reason == "the model does not support tools"


@pytest.mark.parametrize(("model", "status", "body", "error_class"), [row for row in ERRORS if row[0] == OPENROUTER])
def test_an_error_within_a_stream_has_its_class_too(
    model: str, status: int, body: Any, error_class: ErrorClass, wire: Wire
) -> None:
    wire.reply(on_the_wire("openai", [{"choices": [], **body}]))
    assert failure(wire, model, streamed=True).error_class is error_class


# --- finish reasons ---------------------------------------------------------------------------


def chat(content: Any, finish_reason: Any, **choice: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    return {"choices": [{"index": 0, "message": message, "finish_reason": finish_reason, **choice}]}


def decoded(wire: Wire, whole: dict[str, Any], *, streamed: bool) -> Completion:
    if streamed:
        events = SPLIT["openai"](whole)
        events[-2]["choices"][0] |= {name: value for name, value in whole["choices"][0].items() if "native" in name}
        wire.reply(on_the_wire("openai", events))
        return wire.ask(OPENROUTER, listen=lambda _: None)
    wire.reply(json.dumps(whole).encode())
    return wire.ask(OPENROUTER)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(("sent", "ours"), [
    ("STOP", "stop"), ("Stop", "stop"), ("max_tokens", "length"), ("MAX_TOKENS", "length"), ("LENGTH", "length"),
    ("end_turn", "stop"), ("eos", "stop"), ("stop_sequence", "stop"), ("a word of its own", "a word of its own"),
])  # fmt: skip
def test_finish_reasons_in_other_letter_case_are_understood(sent: str, ours: str, streamed: bool, wire: Wire) -> None:
    assert decoded(wire, chat("Hello.", sent), streamed=streamed).finish_reason == ours


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(("finish", "native"), [
    ("stop", "MALFORMED_FUNCTION_CALL"), ("stop", "UNEXPECTED_TOOL_CALL"), ("error", "MALFORMED_FUNCTION_CALL"),
    ("function_call_filter: MALFORMED_FUNCTION_CALL", None), ("malformed_function_call", None),
])  # fmt: skip
def test_a_malformed_call_is_no_answer_whatever_text_it_has(
    finish: str, native: str | None, streamed: bool, wire: Wire
) -> None:
    whole = chat(",featuredImage:{...}}}", finish, native_finish_reason=native)
    with pytest.raises(UpstreamError) as caught:
        decoded(wire, whole, streamed=streamed)
    assert caught.value.error_class is ErrorClass.BAD_RESPONSE


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("finish", ["SAFETY", "Content_Filter", "content_filter"])
def test_a_filter_reason_in_other_letter_case_is_understood(finish: str, streamed: bool, wire: Wire) -> None:
    with pytest.raises(UpstreamError) as caught:
        decoded(wire, chat("Half an", finish), streamed=streamed)
    assert caught.value.error_class is ErrorClass.CONTENT_FILTER


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("model", [ANTHROPIC, GEMINI, BEDROCK, OPENAI, RESPONSES])
def test_an_answer_that_ended_for_length_before_its_first_text_is_an_answer(
    model: str, streamed: bool, wire: Wire
) -> None:
    wholes: dict[str, dict[str, Any]] = {
        "openai": {**chat("", "length"), "usage": {"prompt_tokens": 9, "completion_tokens": 20}},
        "anthropic": {"content": [], "stop_reason": "max_tokens", "usage": {"input_tokens": 9, "output_tokens": 20}},
        "gemini": {"candidates": [{"finishReason": "MAX_TOKENS"}],
                   "usageMetadata": {"promptTokenCount": 9, "thoughtsTokenCount": 20}},
        "bedrock": {"output": {"message": {"role": "assistant", "content": []}}, "stopReason": "max_tokens",
                    "usage": {"inputTokens": 9, "outputTokens": 20}},
        "openai-responses": {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"},
                             "output": [], "usage": {"input_tokens": 9, "output_tokens": 20}},
    }  # fmt: skip
    wire_format = format_of(model)
    whole = wholes[wire_format]
    received: list[str] = []
    wire.reply(on_the_wire(wire_format, SPLIT[wire_format](whole)) if streamed else json.dumps(whole).encode())
    completion = wire.ask(model, listen=received.append if streamed else None)
    assert (completion.text, completion.finish_reason, received) == ("", "length", [])
    assert (completion.tokens.prompt, completion.tokens.completion) == (9, 20)


# --- streams ----------------------------------------------------------------------------------

STREAMED = {
    model: on_the_wire(wire_format, SPLIT[wire_format](recording(f"{wire_format}/answer").body))
    for model, wire_format in (
        (OPENAI, "openai"), (ANTHROPIC, "anthropic"), (GEMINI, "gemini"), (BEDROCK, "bedrock"),
        (RESPONSES, "openai-responses"),
    )
}  # fmt: skip
HELLO = "Hello! How can I help you today?"


@pytest.mark.parametrize(
    "keep_alive", ["data:\n\n", "data: \n\n", "event: ping\n\n", "event: ping\ndata:\n\n", ": hold on\n\n"]
)
@pytest.mark.parametrize("model", [OPENAI, RESPONSES, ANTHROPIC, GEMINI])
def test_events_without_data_are_ignored(model: str, keep_alive: str, wire: Wire) -> None:
    events = STREAMED[model].decode().split("\n\n")
    wire.reply("\n\n".join(keep_alive + event for event in events if event).encode() + b"\n\n")
    received: list[str] = []
    assert wire.ask(model, listen=received.append).text == "".join(received) == HELLO


@pytest.mark.parametrize("media_type", ["text/event-stream", "application/json", "text/plain", ""])
@pytest.mark.parametrize("asked_for_a_stream", [False, True])
@pytest.mark.parametrize("sends_a_stream", [False, True])
@pytest.mark.parametrize("model", STREAMED)
def test_an_answer_is_read_by_its_content_whether_streamed_or_whole(
    model: str, sends_a_stream: bool, asked_for_a_stream: bool, media_type: str, wire: Wire
) -> None:
    whole = recording(f"{format_of(model)}/answer").content
    wire.reply(STREAMED[model] if sends_a_stream else b"\n " + whole, headers={"content-type": media_type})
    received: list[str] = []
    completion = wire.ask(model, listen=received.append if asked_for_a_stream else None)
    assert completion.text == HELLO
    assert "".join(received) == (HELLO if asked_for_a_stream else "")


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("body", [b"", b"\n\n", b"<html>Bad gateway</html>", b"[]", b"null", b"hello", b"data: x\n\n"])
@pytest.mark.parametrize("model", STREAMED)
def test_a_body_that_is_neither_is_no_answer(model: str, body: bytes, streamed: bool, wire: Wire) -> None:
    wire.reply(body, headers={"content-type": "text/event-stream"})
    assert failure(wire, model, streamed=streamed).error_class is ErrorClass.BAD_RESPONSE


def test_an_answer_that_stalls_after_its_first_text_times_out() -> None:
    word = b'data: {"choices": [{"index": 0, "delta": {"content": "One "}, "finish_reason": null}]}\n\n'
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"

    def words_and_silence(connection: Connection) -> None:
        connection.request()
        connection.send(head + word + word)
        connection.hang()

    received: list[str] = []
    with MisbehavingServer(words_and_silence) as server:
        settings = settings_for(OPENAI_ENDPOINT=server.url)
        client = UpstreamClient(settings, HttpClient(BOUND, stall_seconds=SHORT))
        target = settings.target("openai:x", "test")
        with pytest.raises(UpstreamError) as caught:
            in_time(
                lambda: client.call(target, prompt(), Timeouts(TIMEOUT, 10 * TIMEOUT), AnswerListener(received.append))
            )
    assert caught.value.error_class is ErrorClass.TIMEOUT
    assert received == ["One ", "One "]


def test_the_bound_between_two_events_is_thirty_seconds_as_shipped() -> None:
    assert settings_for().limits.stream_stall_seconds == 30
