"""Whatever a provider sends, whole or streamed: an answer that can be stored and sent back, or UpstreamError."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentos.domain import Completion, Message
from agentos.kernel.errors import ErrorClass, UpstreamError
from tests.providers.conversations import ASKED, with_tools
from tests.providers.recordings import (
    OTHER_FORMATS,
    Wire,
    all_cases,
    an_answer,
    model_of,
    provider_of,
    recording,
)
from tests.providers.streamed import SPLIT, framed
from tests.support.odd_json import ODD, as_bytes, damaged, in_pieces, spoilt
from tests.support.properties import examples

FORMATS = ("anthropic", "bedrock", "gemini", "openai", "openai-responses")
STREAM_TYPES = {"bedrock": "application/vnd.amazon.eventstream"}
ANSWER_IN = {
    "anthropic": "content",
    "bedrock": "output",
    "gemini": "candidates",
    "openai": "choices",
    "openai-responses": "output",
}
"""The field of an answer without which it is none."""

ERRORS: dict[str, dict[str, Any]] = {
    "anthropic": {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
    "bedrock": {"throttlingException": {"message": "Too many tokens per day"}},
    "gemini": {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [{"reason": "x"}]}},
    "openai-responses": {"type": "error", "code": "server_error", "message": "no", "param": None},
    "openai": {"error": {"code": 502, "message": "no", "metadata": {"raw": '{"error": {"code": 1}}'}}},
}
"""An event that reports an error."""


def format_of(case: str) -> str:
    return provider if (provider := provider_of(case)) in OTHER_FORMATS else "openai"


CASES = {name: [case for case in all_cases() if format_of(case) == name] for name in FORMATS}
ANSWERS = {
    name: [case for case in cases if isinstance(body := recording(case).body, dict) and body.get(ANSWER_IN[name])]
    for name, cases in CASES.items()
}


class Pieces(httpx.SyncByteStream):
    """A body in pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces


def stream_of(wire_format: str, events: Any) -> bytes:
    """The bytes of a stream of these events, whatever they are."""
    if not isinstance(events, list):
        return as_bytes(events)
    if wire_format != "bedrock":
        return b"".join(b"data: " + as_bytes(event) + b"\n\n" for event in events)
    objects = [event for event in events if isinstance(event, dict)]  # a frame has a type and a payload
    return b"".join(framed(kind, what, as_bytes) for event in objects for kind, what in event.items())


def check(wire: Wire, call: Callable[[], Completion]) -> None:
    """The call gives an answer that can be stored, and sent back to any provider; or it raises UpstreamError."""
    try:
        completion = call()
    except UpstreamError as error:
        assert error.tokens is None or error.tokens.model_dump_json()
        return
    answered = completion.text.strip() or completion.refusal or completion.tool_calls
    assert answered or completion.finish_reason == "length"
    assert len({call.id for call in completion.tool_calls}) == len(completion.tool_calls)
    completion.model_dump_json()  # this fails for a lone surrogate
    cost = completion.tokens.cost
    assert cost is None or 0 <= float(cost) < 1e12
    results = (Message(role="tool", content="", tool_call_id=call.id) for call in completion.tool_calls)
    answer = Message(role="assistant", content=completion.text, tool_calls=completion.tool_calls)
    history = with_tools(ASKED, answer, *results, ASKED)
    for wire_format in FORMATS if completion.tool_calls else ():
        wire.reply(an_answer(model_of(wire_format)))
        wire.ask(model_of(wire_format), history)


def check_reply(wire: Wire, case: str) -> None:
    """The same of the reply that the wire has."""
    check(wire, lambda: wire.ask(model_of(case), with_tools(ASKED)))


def check_stream(wire: Wire, case: str, pieces: list[bytes]) -> None:
    """The same of a stream, whose text reaches the listener as it stands in the answer."""
    headers = {"content-type": STREAM_TYPES.get(format_of(case), "text/event-stream")}
    wire.answer = lambda _: httpx.Response(200, headers=headers, stream=Pieces(pieces))
    received: list[str] = []

    def call() -> Completion:
        completion = wire.ask(model_of(case), with_tools(ASKED), listen=received.append)
        assert "".join(received) == completion.text
        return completion

    check(wire, call)
    "".join(received).encode()


@pytest.mark.parametrize("wire_format", FORMATS)
@examples(150)
@given(data=st.data())
def test_a_reply_with_odd_values_in_any_place(data: st.DataObject, wire_format: str, shared_wire: Wire) -> None:
    case = data.draw(st.sampled_from(CASES[wire_format]))
    recorded = recording(case)
    shared_wire.reply(as_bytes(data.draw(spoilt(recorded.body))), recorded.status)
    check_reply(shared_wire, case)


@pytest.mark.parametrize("wire_format", FORMATS)
@examples(60)
@given(body=ODD, status=st.sampled_from([200, 400, 404, 429, 500, 529]))
def test_a_reply_that_is_any_json(body: Any, status: int, wire_format: str, shared_wire: Wire) -> None:
    shared_wire.reply(as_bytes(body), status)
    check_reply(shared_wire, f"{wire_format}/answer")


@pytest.mark.parametrize("wire_format", FORMATS)
@examples(60)
@given(data=st.data())
def test_a_reply_whose_bytes_are_damaged(data: st.DataObject, wire_format: str, shared_wire: Wire) -> None:
    case = data.draw(st.sampled_from(CASES[wire_format]))
    recorded = recording(case)
    shared_wire.reply(data.draw(damaged(recorded.content)), recorded.status)
    check_reply(shared_wire, case)


@pytest.mark.parametrize("wire_format", FORMATS)
@examples(150)
@given(data=st.data())
def test_a_stream_with_odd_values_in_any_event(data: st.DataObject, wire_format: str, shared_wire: Wire) -> None:
    case = data.draw(st.sampled_from(ANSWERS[wire_format]))
    events = SPLIT[wire_format](recording(case).body)
    if data.draw(st.booleans()):
        events.insert(data.draw(st.integers(0, len(events))), ERRORS[wire_format])
    content = stream_of(wire_format, data.draw(spoilt(events)))
    check_stream(shared_wire, case, data.draw(in_pieces(content)))


@pytest.mark.parametrize("wire_format", FORMATS)
@examples(60)
@given(data=st.data())
def test_a_stream_whose_bytes_are_damaged(data: st.DataObject, wire_format: str, shared_wire: Wire) -> None:
    case = data.draw(st.sampled_from(ANSWERS[wire_format]))
    content = data.draw(damaged(stream_of(wire_format, SPLIT[wire_format](recording(case).body))))
    check_stream(shared_wire, case, data.draw(in_pieces(content)))


@pytest.mark.parametrize("wire_format", FORMATS)
@examples(40)
@given(pieces=st.lists(st.binary(max_size=40), max_size=5))
def test_a_stream_of_any_bytes(pieces: list[bytes], wire_format: str, shared_wire: Wire) -> None:
    check_stream(shared_wire, f"{wire_format}/answer", pieces)


def thinking(wire_format: str, thoughts: Any) -> dict[str, Any]:
    """A recorded answer with calls, and with these thoughts before them."""
    body: dict[str, Any] = copy.deepcopy(recording(f"{wire_format}/tool_calls_parallel").body)
    match wire_format:
        case "anthropic":
            body["content"].insert(0, {"type": "thinking", "thinking": "Hm.", "signature": thoughts})
        case "bedrock":
            body["output"]["message"]["content"].insert(0, {"reasoningContent": {"reasoningText": {"text": thoughts}}})
        case "openai-responses":
            body["output"][0]["summary"] = [{"type": "summary_text", "text": thoughts}]
        case _:
            body["choices"][0]["message"]["reasoning_details"] = [{"type": "reasoning.text", "text": thoughts}]
    return body


@pytest.mark.parametrize(
    "thoughts", ["nested 70", "nested 800", *map("nested {}".format, range(970, 990)), float("nan")]
)
@pytest.mark.parametrize("wire_format", ["anthropic", "bedrock", "openai", "openai-responses"])
def test_thoughts_that_could_not_be_sent_back_are_refused_at_once(
    thoughts: Any, wire_format: str, shared_wire: Wire
) -> None:
    """Else every further turn of the session would fail."""
    shared_wire.reply(as_bytes(thinking(wire_format, thoughts)))
    with pytest.raises(UpstreamError) as caught:
        shared_wire.ask(model_of(wire_format), with_tools(ASKED))
    assert caught.value.error_class is ErrorClass.BAD_RESPONSE
    shared_wire.reply(as_bytes(thinking(wire_format, "nested 3")))
    check_reply(shared_wire, f"{wire_format}/answer")


@pytest.mark.parametrize("cost", ["9e999999", 1e308, "1000001"])
@pytest.mark.parametrize("upstream", ["9e999999", 1e308, 0, None])
def test_an_absurd_cost_is_unknown(cost: Any, upstream: Any, shared_wire: Wire) -> None:
    body = copy.deepcopy(recording("openrouter/answer").body)
    body["usage"] |= {"cost": cost, "is_byok": True, "cost_details": {"upstream_inference_cost": upstream}}
    shared_wire.reply(as_bytes(body))
    assert shared_wire.ask(model_of("openrouter/answer")).tokens.cost is None


@pytest.mark.parametrize("piece", [None, 5, True, ["x"], {"text": "x"}])
@pytest.mark.parametrize("wire_format", FORMATS)
def test_a_piece_of_text_that_is_none_is_not_passed_on(piece: Any, wire_format: str, shared_wire: Wire) -> None:
    events = {
        "anthropic": [
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}},
        ],
        "bedrock": [{"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": piece}}}],
        "gemini": [{"candidates": [{"content": {"parts": [{"text": piece}]}}]}],
        "openai": [{"choices": [{"delta": {"content": piece}}]}],
        "openai-responses": [
            {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": piece}
        ],
    }[wire_format]
    headers = {"content-type": STREAM_TYPES.get(wire_format, "text/event-stream")}
    shared_wire.reply(stream_of(wire_format, events), headers=headers)
    received: list[str] = []
    with pytest.raises(UpstreamError) as caught:
        shared_wire.ask(model_of(wire_format), listen=received.append)
    assert caught.value.error_class is ErrorClass.BAD_RESPONSE
    assert not received


@pytest.mark.parametrize("wire_format", ["anthropic", "bedrock", "openai-responses"])
def test_text_that_comes_out_of_order_is_a_bad_response(wire_format: str, shared_wire: Wire) -> None:
    """It would be stored otherwise than it was passed on."""
    events = SPLIT[wire_format](recording(f"{wire_format}/answer").body)
    texts = [event for event in events if "text" in str(event.get("delta", event.get("contentBlockDelta", "")))]
    if wire_format == "openai-responses":
        next(event for event in events if "output_text.delta" in event["type"])["content_index"] = 1
    elif wire_format == "bedrock":
        texts[0]["contentBlockDelta"]["contentBlockIndex"] = 1
    else:
        begun = {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}
        events.insert(events.index(texts[1]), begun)
        events.insert(events.index(texts[1]), copy.deepcopy(texts[0]) | {"index": 1})
    headers = {"content-type": STREAM_TYPES.get(wire_format, "text/event-stream")}
    shared_wire.reply(stream_of(wire_format, events), headers=headers)
    with pytest.raises(UpstreamError, match="out of order"):
        shared_wire.ask(model_of(wire_format), listen=lambda _: None)
