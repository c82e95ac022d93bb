"""Streamed answers equal whole ones, however they are cut. Failures have the same classes."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from agentos.domain import AnswerListener, Completion, Prompt
from agentos.kernel.clock import Timeouts
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.registry import adapter
from tests.providers.calls import in_time
from tests.providers.recordings import (
    OTHER_FORMATS,
    REPLY_BYTES,
    Wire,
    all_cases,
    model_of,
    prompt,
    provider_of,
    recording,
)
from tests.providers.streamed import SPLIT, Events, on_the_wire

FORMATS = ["openai", "openai-responses", "gemini", "anthropic", "bedrock"]
TYPES = {"bedrock": "application/vnd.amazon.eventstream"}
ANSWERS = [
    case
    for case in all_cases()
    if recording(case).status == 200 and isinstance(body := recording(case).body, dict) and not body.get("error")
]


class Pieces(httpx.SyncByteStream):
    """A body in pieces of so many bytes. It may break off."""

    def __init__(self, body: bytes, size: int, broken: Exception | None = None) -> None:
        self._body, self._size, self._broken = body, size, broken

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._body), self._size):
            yield self._body[start : start + self._size]
        if self._broken:
            raise self._broken


def format_of(provider: str) -> str:
    return provider if provider in OTHER_FORMATS else "openai"


def stream(
    wire: Wire, provider: str, body: bytes, size: int = 1 << 20, broken: Exception | None = None, **reply: Any
) -> tuple[Completion, list[str]]:
    """The completion and the pieces of text that the listener received. Raises UpstreamError."""
    kind = TYPES.get(format_of(provider), "text/event-stream; charset=utf-8")
    headers = {"content-type": kind, **reply.get("headers", {})}
    wire.answer = lambda _: httpx.Response(reply.get("status", 200), headers=headers, stream=Pieces(body, size, broken))
    received: list[str] = []
    completion = ask(wire, provider, received)
    return completion, received


def ask(wire: Wire, provider: str, received: list[str], asked: Prompt | None = None) -> Completion:
    target = wire.settings.target(model_of(provider), "test")
    settings = wire.settings.providers[target.provider].in_format(target.facts.format)
    wanted = asked or prompt()
    made = adapter(settings.settings.format)
    listener = AnswerListener(received.append)
    return made.stream(settings, target, wanted, wire.http.open, Timeouts(20, 20), listener)


def events_of(case: str) -> Events:
    return SPLIT[format_of(provider_of(case))](recording(case).body)


def sent(case: str) -> bytes:
    return on_the_wire(format_of(provider_of(case)), events_of(case))


def without_ids(completion: Completion) -> Any:
    """Calls that come without an id get a random one."""
    received = completion.model_dump()
    for call in received["tool_calls"]:
        call["id"] = None
    return received


def outcome(call: Any) -> Any:
    try:
        return without_ids(call())
    except UpstreamError as error:
        return error.error_class


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
@pytest.mark.parametrize("case", ANSWERS)
def test_every_recorded_answer_is_the_same_when_streamed(wire: Wire, case: str, size: int) -> None:
    provider, whole = provider_of(case), recording(case)
    wire.reply(whole.content, whole.status, whole.headers)
    expected = outcome(lambda: wire.ask(model_of(provider)))
    received: list[str] = []

    def streamed() -> Completion:
        completion, pieces = stream(wire, provider, sent(case), size)
        received.extend(pieces)
        return completion

    assert outcome(streamed) == expected
    if isinstance(expected, dict):
        assert "".join(received) == expected["text"]
        assert len(received) > 1 or len(expected["text"]) <= 3, "it arrives in pieces"


@pytest.mark.parametrize("provider", FORMATS)
def test_a_stream_and_its_usage_are_requested(wire: Wire, provider: str) -> None:
    stream(wire, provider, sent(f"{provider}/answer"))
    asked, body = wire.sent, wire.sent_json
    streamed = {
        "openai": body.get("stream") is True and body.get("stream_options") == {"include_usage": True},
        "openai-responses": body.get("stream") is True and "stream_options" not in body,
        "anthropic": body.get("stream") is True,
        "gemini": str(asked.url).endswith(":streamGenerateContent?alt=sse") and "stream" not in body,
        "bedrock": asked.url.path.endswith("/converse-stream") and "stream" not in body,
    }
    assert streamed[provider]
    assert asked.headers["accept"] == TYPES.get(provider, "text/event-stream")


def test_usage_is_not_requested_where_that_is_refused(wire: Wire) -> None:
    stream(wire, "mistral", sent("openai/answer"))
    assert wire.sent_json["stream"] is True
    assert "stream_options" not in wire.sent_json


@pytest.mark.parametrize("provider", FORMATS)
def test_an_end_without_a_finish_reason_is_no_answer(wire: Wire, provider: str) -> None:
    events = events_of(f"{provider}/answer")
    last = {"openai": -2, "openai-responses": -1, "gemini": -1, "anthropic": -2, "bedrock": -2}[provider]
    with pytest.raises(UpstreamError) as caught:
        stream(wire, provider, on_the_wire(provider, events[:last]))
    assert caught.value.error_class is ErrorClass.BAD_RESPONSE


@pytest.mark.parametrize("provider", FORMATS)
def test_a_connection_that_breaks_is_a_failure_unless_the_answer_is_whole(wire: Wire, provider: str) -> None:
    whole, broken = sent(f"{provider}/answer"), httpx.ReadError("reset")
    with pytest.raises(UpstreamError) as caught:
        stream(wire, provider, whole[: len(whole) // 3], 16, broken)
    assert caught.value.error_class is ErrorClass.CONNECT
    completion, received = stream(wire, provider, whole, 16, broken)
    assert "".join(received) == completion.text != ""


def test_an_unexpected_error_is_raised_at_once(wire: Wire) -> None:
    body = sent("openai/answer")[:200]
    with pytest.raises(ZeroDivisionError):
        in_time(lambda: stream(wire, "openai", body, broken=ZeroDivisionError()))


@pytest.mark.parametrize("provider", FORMATS)
def test_nothing_and_nonsense_are_no_answers(wire: Wire, provider: str) -> None:
    for body in (b"", b"data: {\n\n", b"data: 5\n\n", b"<html>Sign in</html>", b"\x00" * 64, b": alive\n\n" * 50):
        with pytest.raises(UpstreamError) as caught:
            stream(wire, provider, body)
        assert caught.value.error_class is ErrorClass.BAD_RESPONSE, body


@pytest.mark.parametrize(("provider", "error", "expected"), [
    ("openai", {"error": {"message": "No.", "type": "server_error", "code": None}}, ErrorClass.BAD_RESPONSE),
    ("openai", {"error": {"message": "No.", "code": "rate_limit_exceeded"}}, ErrorClass.RATE_LIMITED),
    ("openai", {"error": {"message": "No.", "code": 502}, "choices": []}, ErrorClass.SERVER),
    ("openai-responses", {"type": "error", "code": "server_error", "message": "No.", "param": None}, ErrorClass.SERVER),
    ("openai-responses", {"type": "error", "code": "insufficient_quota", "message": "No."}, ErrorClass.QUOTA),
    ("openai-responses", {"type": "error", "code": "ERR_SOMETHING", "message": "No."}, ErrorClass.BAD_RESPONSE),
    ("openai-responses", {"type": "error", "error": {"type": "invalid_request_error", "code": None, "message": "No."}},
     ErrorClass.REJECTED),
    ("openai-responses", {"type": "error", "error": {"type": "tokens", "code": "rate_limit_exceeded"}},
     ErrorClass.RATE_LIMITED),
    ("openai-responses", {"type": "response.failed", "response": recording("openai-responses/failed").body},
     ErrorClass.SERVER),
    ("openai-responses", {"type": "response.failed", "response": {"status": "failed", "output": []}},
     ErrorClass.BAD_RESPONSE),
    ("gemini", {"error": {"code": 503, "status": "UNAVAILABLE", "message": "No."}}, ErrorClass.SERVER),
    ("gemini", {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "No."}}, ErrorClass.RATE_LIMITED),
    ("anthropic", {"type": "error", "error": {"type": "overloaded_error"}}, ErrorClass.RATE_LIMITED),
    ("anthropic", {"type": "error", "error": {"type": "api_error"}}, ErrorClass.BAD_RESPONSE),
    ("bedrock", {"throttlingException": {"message": "No."}}, ErrorClass.RATE_LIMITED),
    ("bedrock", {"modelStreamErrorException": {"message": "No."}}, ErrorClass.SERVER),
])  # fmt: skip
def test_an_error_in_mid_stream_has_its_own_class(
    wire: Wire, provider: str, error: dict[str, Any], expected: ErrorClass
) -> None:
    with pytest.raises(UpstreamError) as caught:
        stream(wire, provider, on_the_wire(provider, [*events_of(f"{provider}/answer")[:4], error]))
    assert caught.value.error_class is expected


@pytest.mark.parametrize("case", [case for case in all_cases() if recording(case).status >= 400])
def test_a_refusal_is_the_same_as_without_streaming(wire: Wire, case: str) -> None:
    provider, refused = provider_of(case), recording(case)
    wire.reply(refused.content, refused.status, refused.headers)
    with pytest.raises(UpstreamError) as whole:
        wire.ask(model_of(provider))
    with pytest.raises(UpstreamError) as streamed:
        stream(wire, provider, refused.content, 5, status=refused.status, headers=dict(refused.headers))
    assert streamed.value.error_class is whole.value.error_class
    assert streamed.value.headers == whole.value.headers


def test_a_server_that_does_not_stream_is_understood(wire: Wire) -> None:
    whole = recording("openai/answer")
    completion, received = stream(wire, "openai", whole.content, headers={"content-type": "application/json"})
    assert received == [completion.text]


def openai_chunks(*deltas: dict[str, Any], reason: str = "stop") -> bytes:
    chunks: Events = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    return on_the_wire("openai", [*chunks, {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}])


def test_leading_white_space_is_held_back_until_text_comes(wire: Wire) -> None:
    _, received = stream(
        wire, "openai", openai_chunks({"content": "\n"}, {"content": " "}, {"content": "Yes"}, {"content": " "})
    )
    assert received == ["\n Yes", " "]
    with pytest.raises(UpstreamError):
        stream(wire, "openai", openai_chunks({"content": "\n"}, {"content": " "}))


def test_the_halves_of_an_emoji_are_joined(wire: Wire) -> None:
    texts = (r"a\ud83d", r"\ude00b", r"c\ud83d\n", r"d\ud83d")
    events = [f'data: {{"choices":[{{"delta":{{"content":"{text}"}}}}]}}\n\n' for text in texts]
    end = 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
    completion, received = stream(wire, "openai", "".join([*events, end]).encode())
    assert received == ["a", "😀b", "c\ufffd\n", "d", "\ufffd"]
    assert completion.text == "a😀bc\ufffd\nd\ufffd"


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_lines_end_as_the_standard_says(wire: Wire, ends: str) -> None:
    text = "one\u2028two\u0085three"
    body = ": hello\nevent: x\nid: 7\nretry: 10\ndata: " + json.dumps({"choices": []}) + "\n\n"
    body += "data: " + json.dumps(
        {"choices": [{"delta": {"content": text}, "finish_reason": "stop"}]}, ensure_ascii=False
    )
    for size in (1, 3, 1 << 20):  # the last event has no blank line
        assert stream(wire, "openai", body.replace("\n", ends).encode(), size)[1] == [text]


def test_a_very_long_line_is_read_and_an_endless_one_is_not(wire: Wire) -> None:
    long = "word " * 100_000
    assert "".join(stream(wire, "openai", openai_chunks({"content": long}), 512)[1]) == long
    for endless in (b"x" * (2 * REPLY_BYTES + 1), b"x\ndata: " * (2 * REPLY_BYTES + 1)):
        with pytest.raises(UpstreamError) as caught:
            stream(wire, "openai", b"data: " + endless, 4096)
        assert caught.value.error_class is ErrorClass.BAD_RESPONSE


def test_the_text_is_bounded_and_not_the_events_around_it(wire: Wire) -> None:
    words = ["word "] * 20_000
    body = openai_chunks(*({"role": "assistant", "content": word} for word in words))
    assert len(body) > REPLY_BYTES
    assert "".join(stream(wire, "openai", body, 65536)[1]) == "".join(words)

    received: list[str] = []
    wire.reply(openai_chunks(*[{"content": "x" * 1000}] * 1001), headers={"content-type": "text/event-stream"})
    with pytest.raises(UpstreamError) as caught:
        ask(wire, "openai", received)
    assert caught.value.error_class is ErrorClass.BAD_RESPONSE
    assert len("".join(received)) == REPLY_BYTES


def call_piece(arguments: str, **others: Any) -> dict[str, Any]:
    function = {"arguments": arguments, **({"name": others.pop("name")} if "name" in others else {})}
    return {"tool_calls": [{**others, "function": function}]}


@pytest.mark.parametrize("numbers", [(0, 1), (0, 0), (None, None)])
def test_calls_are_distinguished_however_they_are_numbered(wire: Wire, numbers: tuple[int | None, int | None]) -> None:
    first, second = ({} if number is None else {"index": number} for number in numbers)
    completion, received = stream(
        wire,
        "openai",
        openai_chunks(
            call_piece('{"city":', id="a1", name="weather", **first),
            call_piece('"Paris"}', **first),
            call_piece('{"city":', id="b2", name="weather", **second),
            call_piece('"Rome"}', **second),
            reason="tool_calls",
        ),
    )
    assert [(call.id, call.arguments) for call in completion.tool_calls] == [
        ("a1", {"city": "Paris"}),
        ("b2", {"city": "Rome"}),
    ]
    assert received == []


@pytest.mark.parametrize("broken", [b"\x00\x00\x00\x10garbage-garbage", b"\xff" * 40])
def test_broken_framing_is_no_answer(wire: Wire, broken: bytes) -> None:
    with pytest.raises(UpstreamError) as caught:
        stream(wire, "bedrock", broken)
    assert caught.value.error_class is ErrorClass.BAD_RESPONSE


def test_echo_speaks_word_by_word(wire: Wire) -> None:
    received: list[str] = []
    settings = wire.settings
    completion = adapter("echo").stream(
        settings.providers["echo"], settings.target("echo:any", "test"), prompt("Hello  there."), wire.http.open,
        Timeouts(1, 1), AnswerListener(received.append),
    )  # fmt: skip
    assert received == ["You ", "said: ", "Hello  ", "there."]
    assert "".join(received) == completion.text
