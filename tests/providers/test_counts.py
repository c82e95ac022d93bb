"""Tokens of calls that gave no answer: discarded answers and broken streams are billed."""

import json
from decimal import Decimal
from typing import Any

import pytest

from agentos.domain import TokenCount
from agentos.kernel.errors import ErrorClass, UpstreamError
from tests.providers.recordings import Wire, model_of, recording
from tests.providers.streamed import anthropic, openai
from tests.providers.test_text import GEMINI, OPENAI, gemini_reply, openai_reply

ANTHROPIC = "anthropic:claude-haiku-5-5"
USAGE = {"prompt_tokens": 30, "completion_tokens": 7}
GEMINI_USAGE = {"promptTokenCount": 30, "candidatesTokenCount": 7}
COUNTED = TokenCount(prompt=30, completion=7)


def failure(wire: Wire, model: str, body: bytes, listener: list[str] | None = None) -> UpstreamError:
    headers = {"content-type": "application/json" if listener is None else "text/event-stream"}
    wire.reply(body, 200, headers)
    with pytest.raises(UpstreamError) as caught:
        wire.ask(model, listen=None if listener is None else listener.append)
    return caught.value


def refusal(content: list[Any]) -> bytes:
    usage = {"input_tokens": 30, "output_tokens": 7}
    return json.dumps({"content": content, "stop_reason": "refusal", "usage": usage}).encode()


@pytest.mark.parametrize(("model", "body", "error_class", "counted"), [
    (OPENAI, openai_reply("x", "content_filter", USAGE), ErrorClass.CONTENT_FILTER, COUNTED),
    (OPENAI, openai_reply(None, "stop", USAGE, tool_calls=[{"id": "a", "function": {"name": None}}]),
     ErrorClass.BAD_RESPONSE, COUNTED),
    (OPENAI, openai_reply("x", "error", USAGE), ErrorClass.BAD_RESPONSE, COUNTED),
    (OPENAI, openai_reply("x", "error"), ErrorClass.BAD_RESPONSE, None),
    (OPENAI, openai_reply("x", "error", {"prompt_tokens": 0, "completion_tokens": 0}), ErrorClass.BAD_RESPONSE, None),
    (GEMINI, gemini_reply([{"text": "x"}], "MALFORMED_FUNCTION_CALL", GEMINI_USAGE), ErrorClass.BAD_RESPONSE, COUNTED),
    (GEMINI, gemini_reply([], "SAFETY", {"promptTokenCount": 30, "totalTokenCount": 30}), ErrorClass.CONTENT_FILTER,
     TokenCount(prompt=30, completion=0)),
    (ANTHROPIC, refusal([{"type": "text", "text": "I"}]), ErrorClass.CONTENT_FILTER, COUNTED),
    (ANTHROPIC, refusal([]), ErrorClass.CONTENT_FILTER, None),  # before the first text, and so not billed
    (OPENAI, b"<html>", ErrorClass.BAD_RESPONSE, None),
])  # fmt: skip
def test_a_discarded_answer_has_its_counted_tokens(
    model: str, body: bytes, error_class: ErrorClass, counted: TokenCount | None, wire: Wire
) -> None:
    error = failure(wire, model, body)
    assert (error.error_class, error.tokens) == (error_class, counted)


def sse(events: list[dict[str, Any]]) -> bytes:
    return b"".join(b"data: %s\n\n" % json.dumps(event).encode() for event in events)


def test_a_broken_stream_has_the_tokens_counted_so_far(wire: Wire) -> None:
    whole = {**recording("openai/answer").body, "usage": USAGE}
    chunks = [{**chunk, "usage": USAGE} for chunk in openai(whole)[:-2]]
    received: list[str] = []
    assert failure(wire, OPENAI, sse(chunks), received).tokens == COUNTED
    assert received

    received = []
    assert failure(wire, OPENAI, sse(openai(whole)[:-2]), received).tokens is None
    assert received


def test_the_count_at_the_start_of_a_message_does_not_include_its_answer(wire: Wire) -> None:
    events = anthropic(recording("anthropic/answer_thought_and_cached").body)
    received: list[str] = []
    tokens = failure(wire, ANTHROPIC, sse(events[:-2]), received).tokens
    assert received
    assert (tokens.prompt, tokens.completion, tokens.cached, tokens.cache_write) == (21 + 188 + 1024, None, 1024, 188)


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": 0, "completion_tokens": 0}])
def test_an_answer_cut_before_its_first_word_may_be_uncounted(usage: Any, wire: Wire) -> None:
    wire.reply(openai_reply(None, "length", usage))
    completion = wire.ask(OPENAI)
    assert (completion.text, completion.finish_reason) == ("", "length")
    assert completion.tokens.prompt is None


@pytest.mark.parametrize(
    ("case", "cost"), [("xai/answer", "0.0006366"), ("openai-responses/answer_of_xai", "0.0006453")]
)
def test_ticks_of_xai_are_an_exact_cost(case: str, cost: str, wire: Wire) -> None:
    recorded = recording(case)
    wire.reply(recorded.content, recorded.status, recorded.headers)
    assert wire.ask(model_of(case)).tokens.cost == Decimal(cost)


@pytest.mark.parametrize("ticks", [-1, "x", None, True, 10**17])
def test_ticks_that_make_no_sense_are_no_cost(ticks: Any, wire: Wire) -> None:
    wire.reply(openai_reply("Hello.", "stop", {**USAGE, "cost_in_usd_ticks": ticks}))
    assert wire.ask(OPENAI).tokens.cost is None
